import { checkOptions, OptionError, option, randomKey, randomNormal, randomPermutation, ShapeError } from '@cnn/tensor';
import { classCount, featureCount, rowCount, type Samples } from './samples.js';

/** A linear classifier: plain data. Its scores are W x + b. */
export interface LinearClassifier {
  readonly classes: number;
  /** How many features it takes. */
  readonly size: number;
  /** `[classes, size]`. */
  readonly weights: Float64Array;
  /** `[classes]`. */
  readonly bias: Float64Array;
}

/** Options of {@link fitLinearClassifier}. */
export interface LinearClassifierOptions {
  /** 'svm': the multiclass hinge loss Σ max(0, sⱼ - s_y + 1) over j ≠ y (Weston and Watkins, 1999); 'softmax': cross-entropy -log softmax(s)_y. */
  readonly loss: 'svm' | 'softmax';
  /** The step of SGD; it falls evenly to 0. */
  readonly learningRate: number;
  /** How often each sample is seen. */
  readonly epochs: number;
  /** Samples per step. Default 64. */
  readonly batchSize?: number;
  /** λ of the penalty λ / 2 · Σ W². Default 0. */
  readonly regularisation?: number;
  /** Names the first weights and the order of samples. Default 0. */
  readonly seed?: number;
}

/** A loss's value and its derivative by the scores of one sample. */
interface ScoreLoss {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/**
 * A linear classifier by stochastic gradient descent from small random weights (deviation 0.01), the mean loss of a batch plus the
 * penalty. On the host in float64. Features work best centred and of like size.
 *
 * @throws {ShapeError} if the features do not fit the labels.
 * @throws {OptionError} for an unknown or impossible option, or a label that is no whole number from 0.
 */
export function fitLinearClassifier(samples: Samples, options: LinearClassifierOptions): LinearClassifier {
  checkOptions(
    'fitLinearClassifier',
    options,
    {
      loss: option.oneOf('svm', 'softmax'),
      learningRate: option.positive,
      epochs: option.count,
      batchSize: option.count,
      regularisation: option.nonNegative,
      seed: option.integer,
    },
    ['loss', 'learningRate', 'epochs'],
  );
  const { loss, learningRate, epochs, batchSize = 64, regularisation = 0, seed = 0 } = options;
  const size = featureCount('fitLinearClassifier', samples);
  const classes = classCount('fitLinearClassifier', samples.labels);
  const count = samples.labels.length;
  const weights = randomNormal(classes * size, randomKey('linear classifier', seed, 'weights'), 0, 0.01);
  const classifier: LinearClassifier = { classes, size, weights, bias: new Float64Array(classes) };
  const batches = Math.ceil(count / batchSize);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = randomPermutation(count, randomKey('linear classifier', seed, 'order', epoch));
    for (let batch = 0; batch < batches; batch++) {
      const chosen = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      const rate = learningRate * (1 - (epoch * batches + batch) / (epochs * batches));
      const gradient = linearGradient(classifier, samples, chosen, loss, regularisation);
      // #region step
      for (let i = 0; i < weights.length; i++) weights[i]! -= rate * gradient.weights[i]!;
      for (let i = 0; i < classes; i++) classifier.bias[i]! -= rate * gradient.bias[i]!;
      // #endregion step
    }
  }
  if (!weights.every(Number.isFinite))
    throw new OptionError('fitLinearClassifier', 'learningRate', learningRate, 'less: the weights grew beyond all bounds');
  return classifier;
}

/** The mean loss of some samples with the penalty, and its derivatives by weights and bias. */
export function linearGradient(
  classifier: LinearClassifier,
  { features, labels }: Samples,
  chosen: ArrayLike<number>,
  loss: 'svm' | 'softmax',
  regularisation: number,
): { loss: number; weights: Float64Array; bias: Float64Array } {
  const { classes, size } = classifier;
  const weights = classifier.weights.map(weight => regularisation * weight);
  const bias = new Float64Array(classes);
  let total = (regularisation / 2) * classifier.weights.reduce((sum, weight) => sum + weight * weight, 0);
  // #region gradient
  for (let i = 0; i < chosen.length; i++) {
    const start = chosen[i]! * size;
    const scores = scoresOf(classifier, features, start);
    const { loss: value, gradient } = (loss === 'svm' ? hinge : crossEntropy)(scores, labels[chosen[i]!]!);
    total += value / chosen.length;
    for (let c = 0; c < classes; c++) {
      const slope = gradient[c]! / chosen.length;
      if (slope === 0) continue;
      bias[c]! += slope;
      for (let j = 0; j < size; j++) weights[c * size + j]! += slope * features[start + j]!;
    }
  }
  // #endregion gradient
  return { loss: total, weights, bias };
}

// #region hinge
function hinge(scores: Float64Array, label: number): ScoreLoss {
  const gradient = new Float64Array(scores.length);
  let loss = 0;
  scores.forEach((score, c) => {
    const excess = score - scores[label]! + 1;
    if (c === label || excess <= 0) return;
    loss += excess;
    gradient[c]!++;
    gradient[label]!--;
  });
  return { loss, gradient };
}
// #endregion hinge

// #region cross-entropy
function crossEntropy(scores: Float64Array, label: number): ScoreLoss {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const gradient = scores.map(score => Math.exp(score - most));
  const sum = gradient.reduce((a, b) => a + b);
  gradient.forEach((value, c) => {
    gradient[c] = value / sum - (c === label ? 1 : 0);
  });
  return { loss: Math.log(sum) - (scores[label]! - most), gradient };
}
// #endregion cross-entropy

// #region scores
function scoresOf({ classes, size, weights, bias }: LinearClassifier, features: ArrayLike<number>, start: number): Float64Array {
  const scores = bias.slice();
  for (let c = 0; c < classes; c++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += weights[c * size + j]! * features[start + j]!;
    scores[c]! += sum;
  }
  return scores;
}
// #endregion scores

/**
 * The class of the highest score for each row of features.
 *
 * @param features - `[m, d]`.
 * @returns classes `[m]`.
 * @throws {ShapeError} if the features are no whole number of rows.
 */
export function predictLinear(classifier: LinearClassifier, features: ArrayLike<number>): Int32Array {
  const rows = rowCount('predictLinear', features, classifier.size);
  return Int32Array.from({ length: rows }, (_, row) => {
    const scores = scoresOf(classifier, features, row * classifier.size);
    return scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
  });
}

/**
 * What a classifier of pixels looks for: each class's weights as an image, from the least, 0, to the largest, 255.
 *
 * @param shape - The shape of the images, `[c, h, w]`.
 * @returns bytes `[classes, c, h, w]`.
 * @throws {ShapeError} if such images have another number of values than the classifier takes.
 */
export function templates(
  classifier: LinearClassifier,
  shape: readonly [channels: number, height: number, width: number],
): Uint8Array {
  const { classes, size, weights } = classifier;
  if (shape[0] * shape[1] * shape[2] !== size)
    throw new ShapeError(`templates: images [${shape.join(', ')}] have not the ${size} values of the classifier`);
  const images = new Uint8Array(classes * size);
  for (let start = 0; start < images.length; start += size) {
    const own = weights.subarray(start, start + size);
    const least = own.reduce((a, b) => Math.min(a, b));
    const range = own.reduce((a, b) => Math.max(a, b)) - least;
    own.forEach((weight, i) => {
      images[start + i] = range === 0 ? 0 : Math.round((255 * (weight - least)) / range);
    });
  }
  return images;
}
