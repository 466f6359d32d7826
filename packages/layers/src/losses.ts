/** Losses: how wrong a prediction is, as one number. */
import { ops, ShapeError, sameShape, showShape, type Tensor, tidy } from '@cnn/tensor';

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

/** The mean of (prediction - target)² over all elements. @throws {ShapeError} if the shapes differ. */
export const meanSquaredError = (): Loss => (prediction, target) =>
  tidy(() => ops.mean(ops.square(difference('meanSquaredError', prediction, target))));

/** The mean of |prediction - target| over all elements. @throws {ShapeError} if the shapes differ. */
export const meanAbsoluteError = (): Loss => (prediction, target) =>
  tidy(() => ops.mean(ops.abs(difference('meanAbsoluteError', prediction, target))));

/** Of equal shapes only: [n, 1] and [n] would broadcast to [n, n] and give a wrong loss without a word. */
function difference(who: string, prediction: Tensor, target: Tensor): Tensor {
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(`${who}: predictions ${showShape(prediction.shape)} for targets ${showShape(target.shape)}`);
  return ops.sub(prediction, target);
}
