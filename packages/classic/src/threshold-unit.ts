import { checkOptions, OptionError, option } from '@cnn/tensor';
import { featureCount, rowCount, type Samples } from './samples.js';

/** One unit with two answers: plain data. It says 1 where w·x + b > 0, otherwise 0. */
export interface ThresholdUnit {
  /** `[d]`. */
  readonly weights: Float64Array;
  readonly bias: number;
  /** How many samples of each epoch were answered wrongly before their step. */
  readonly mistakes: readonly number[];
}

/** Options of {@link fitPerceptron} and {@link fitAdaline}. */
export interface ThresholdUnitOptions {
  /** The step. Default 1 for the perceptron, where it does not matter from zero weights; 0.01 for Adaline. */
  readonly learningRate?: number;
  /** The most times that each sample is seen. Default 100. */
  readonly epochs?: number;
}

/**
 * The perceptron (Rosenblatt, 1958): from zero weights, one sample after the other, a wrong answer moves the weights by the
 * sample: w + η (t - y) x, where t and y are 0 or 1. It ends after an epoch without mistakes, which comes if a plane separates the classes (Novikoff, 1962).
 *
 * @param samples - With labels 0 and 1.
 * @throws {ShapeError} if the features do not fit the labels.
 * @throws {OptionError} for another label or an impossible option.
 */
export function fitPerceptron(samples: Samples, options: ThresholdUnitOptions = {}): ThresholdUnit {
  return fit(
    'fitPerceptron',
    samples,
    { learningRate: 1, ...options },
    (target, sum) => target - Number(sum > 0),
    mistakes => mistakes.at(-1) === 0,
  );
}

/**
 * Adaline, the adaptive linear neuron (Widrow and Hoff, 1960): as the perceptron, but the error is taken before the threshold, so that
 * right answers move the weights, too: w + η (t - (w·x + b)) x with t = -1 or 1. That is the gradient of the squared error; it makes it least where classes
 * overlap as well.
 *
 * @param samples - With labels 0 and 1.
 * @throws {ShapeError} if the features do not fit the labels.
 * @throws {OptionError} for another label, an impossible option, or a learning rate at which the weights grow beyond all bounds.
 */
export function fitAdaline(samples: Samples, options: ThresholdUnitOptions = {}): ThresholdUnit {
  return fit(
    'fitAdaline',
    samples,
    { learningRate: 0.01, ...options },
    (target, sum) => 2 * target - 1 - sum,
    () => false,
  );
}

function fit(
  name: string,
  samples: Samples,
  options: ThresholdUnitOptions & { readonly learningRate: number },
  error: (target: number, sum: number) => number,
  isDone: (mistakes: readonly number[]) => boolean,
): ThresholdUnit {
  checkOptions(name, options, { learningRate: option.positive, epochs: option.count });
  const { learningRate, epochs = 100 } = options;
  const size = featureCount(name, samples);
  const { features, labels } = samples;
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== 0 && labels[i] !== 1) throw new OptionError(name, `labels[${i}]`, labels[i], '0 or 1');
  const weights = new Float64Array(size);
  const mistakes: number[] = [];
  let bias = 0;
  for (let epoch = 0; epoch < epochs && !isDone(mistakes); epoch++) {
    let wrong = 0;
    for (let i = 0; i < labels.length; i++) {
      // #region rule
      const sum = weights.reduce((total, weight, j) => total + weight * features[i * size + j]!, bias);
      if (Number(sum > 0) !== labels[i]) wrong++;
      const step = learningRate * error(labels[i]!, sum);
      for (let j = 0; j < size; j++) weights[j]! += step * features[i * size + j]!;
      bias += step;
      // #endregion rule
    }
    mistakes.push(wrong);
  }
  if (!Number.isFinite(bias) || !weights.every(Number.isFinite))
    throw new OptionError(name, 'learningRate', learningRate, 'less: the weights grew beyond all bounds');
  return { weights, bias, mistakes };
}

/**
 * What a unit says to each row of features.
 *
 * @param features - `[m, d]`.
 * @returns 0 or 1, `[m]`.
 * @throws {ShapeError} if the features are no whole number of rows.
 */
export function predictUnit(unit: Pick<ThresholdUnit, 'weights' | 'bias'>, features: ArrayLike<number>): Int32Array {
  const size = unit.weights.length;
  const rows = rowCount('predictUnit', features, size);
  return Int32Array.from({ length: rows }, (_, row) =>
    Number(unit.weights.reduce((total, weight, j) => total + weight * features[row * size + j]!, unit.bias) > 0),
  );
}
