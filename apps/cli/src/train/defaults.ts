/** What `cnn train` does when it is not told: chosen so that the small models reach their usual accuracy. */

const epochsFor: Readonly<Record<string, number>> = { digits: 6, mnist: 3, 'fashion-mnist': 5, cifar10: 10, folder: 10 };

/** Passes over a dataset. */
export const defaultEpochs = (data: string): number => epochsFor[data] ?? 10;

const rateFor: Readonly<Record<string, number>> = { sgd: 0.05, adam: 0.002, adamW: 0.002, adadelta: 1 };

/** The learning rate that an optimizer starts with. */
export const defaultLearningRate = (optimizer: string): number | undefined => rateFor[optimizer];

/** Options of an optimizer beside its learning rate. */
export const defaultOptimizerOptions: Readonly<Record<string, object>> = { sgd: { momentum: 0.9 } };
