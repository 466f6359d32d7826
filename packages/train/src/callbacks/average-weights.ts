import type { Loader } from '@cnn/data';
import { WeightAverage } from '@cnn/optim';
import { checkOptions, FormatError, option, show } from '@cnn/tensor';
import type { Callback } from '../callback.js';
import { type CallbackState, captureVariables, restorer } from '../checkpoint.js';
import { loaderOption } from '../option-rules.js';
import { recomputeStatistics } from '../statistics.js';

/** Options of {@link averageWeights}. */
export interface AverageWeightsOptions {
  /** β of an exponential average, as 0.999. Default: none; the mean of all is taken. */
  readonly decay?: number;
  /** What is averaged: the weights after each step or after each epoch. Default 'step'. */
  readonly every?: 'step' | 'epoch';
  /** Epochs before the first one that counts. Default 0. */
  readonly startEpoch?: number;
  /** Running statistics are recomputed over these images at the end. Default: they are averaged as the weights are. */
  readonly data?: Loader;
}

/**
 * Averages the net's weights while it is trained, and leaves it with the averages when the run has ended: Polyak's mean
 * (Polyak and Juditsky, 1992), or with `decay` an exponential one. Stochastic weight averaging (SWA; Izmailov et al., 2018) is
 * `averageWeights({ every: 'epoch', startEpoch, data })`, with a learning rate that stays high. A run that is aborted keeps the
 * weights that it goes on with.
 *
 * @throws {OptionError} for an unknown or impossible option.
 */
export function averageWeights(options: AverageWeightsOptions = {}): Callback {
  checkOptions('averageWeights', options, {
    decay: option.between(0, 1, { openEnd: true }),
    every: option.oneOf('step', 'epoch'),
    startEpoch: option.index,
    data: loaderOption,
  });
  const { decay, every = 'step', startEpoch = 0, data } = options;
  let average: WeightAverage | undefined;
  let saved: { readonly count: number; readonly arrays: NonNullable<CallbackState['arrays']> } | undefined;

  return {
    name: 'averageWeights',
    onEvent(event, { net }) {
      if (event.type === 'start') {
        average = new WeightAverage(net.variables, decay === undefined ? {} : { decay });
        if (saved) resume(average, saved);
      }
      const counts = event.type === (every === 'step' ? 'step' : 'epochEnd');
      if (counts && event.epoch > startEpoch) average?.update();
    },
    // After the others, so that what they save at the end is the run as it went.
    async afterEvent(event, { net }) {
      if (event.type !== 'end' || event.reason === 'aborted' || !average || average.count === 0) return;
      average.swap();
      if (data) await recomputeStatistics(net, data);
    },
    async save() {
      if (!average) return { data: { count: 0 } };
      const captured = await captureVariables(average.averages);
      const arrays = Object.fromEntries([...captured].map(([name, { data }]) => [name, data]));
      return { data: { count: average.count }, arrays };
    },
    restore({ data, arrays = {} }) {
      const { count } = Object(data) as { count?: unknown };
      if (!option.index.accepts(count))
        throw new FormatError('checkpoint', `what 'averageWeights' saved is damaged: ${show(data)}`);
      saved = { count: count as number, arrays };
    },
    dispose() {
      average?.dispose();
      average = undefined;
    },
  };
}

/** Before the first update the averages are the net's weights, which are restored by themselves. */
function resume(
  average: WeightAverage,
  { count, arrays }: { count: number; arrays: NonNullable<CallbackState['arrays']> },
): void {
  if (count === 0) return;
  const captured = average.averages.flatMap(({ name, value }) => {
    const data = arrays[name];
    return data ? [[name, { shape: value.shape, data }] as const] : [];
  });
  restorer(average.averages, new Map(captured), 'averageWeights')();
  average.count = count;
}
