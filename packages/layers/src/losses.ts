/** Losses: how wrong a prediction is, as one number. */
import { ops, type Tensor, tidy } from '@cnn/tensor';

/** The loss of predictions for targets, a scalar. */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

/**
 * Cross-entropy of softmax(prediction): logits [n, classes], targets int32 labels [n] or probabilities like the logits.
 *
 * @param options - `labelSmoothing` in [0, 1), default 0; `reduction` 'mean' (default), 'sum' or 'none'.
 */
export const softmaxCrossEntropy =
  (options: ops.SoftmaxCrossEntropyOptions = {}): Loss =>
  (logits, targets) =>
    ops.softmaxCrossEntropy(logits, targets, options);

/** The mean of (prediction - target)² over all elements. */
export const meanSquaredError = (): Loss => (prediction, target) => tidy(() => ops.mean(ops.square(ops.sub(prediction, target))));

/** The mean of |prediction - target| over all elements. */
export const meanAbsoluteError = (): Loss => (prediction, target) => tidy(() => ops.mean(ops.abs(ops.sub(prediction, target))));
