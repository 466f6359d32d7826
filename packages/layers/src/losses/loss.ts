/** What losses share. */
import { DTypeError, option, ShapeError, sameShape, showShape, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** The loss of predictions for targets: a scalar, or the losses of all examples where the options say so. */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

/** Options that every loss has. */
export interface LossOptions {
  /** How many losses become one: 'mean' (default), 'sum', or not at all. */
  readonly reduction?: ops.Reduction;
}

/** What `reduction` may be. */
export const reductionOption = option.oneOf('mean', 'sum', 'none');

/** The mean or the sum of losses, or all of them. */
export function reduce(losses: Tensor, reduction: ops.Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? ops.mean(losses) : ops.sum(losses);
}

/** Of equal shapes only: [n, 1] and [n] would broadcast to [n, n] and give a wrong loss without a word. @throws {ShapeError} */
export function checkSameShape(who: string, prediction: Tensor, target: Tensor): void {
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(`${who}: predictions ${showShape(prediction.shape)} for targets ${showShape(target.shape)}`);
}

/** Labels are whole numbers, one for each place of scores [n, classes, ...spatial]. @throws {ShapeError | DTypeError} */
export function checkLabels(who: string, scores: Tensor, labels: Tensor): void {
  if (scores.shape.length < 2)
    throw new ShapeError(`${who}: the scores are ${showShape(scores.shape)}; they must be [n, classes, ...]`);
  if (labels.dtype !== 'int32') throw new DTypeError(`${who}: the labels are ${labels.dtype}, not int32; use cast`);
  const expected = scores.shape.toSpliced(1, 1);
  if (!sameShape(labels.shape, expected))
    throw new ShapeError(
      `${who}: labels ${showShape(labels.shape)} for scores ${showShape(scores.shape)}; they must be ${showShape(expected)}`,
    );
}

/** The score of each label: [n, classes, ...spatial] gives [n, ...spatial]. A label out of range gives NaN. */
export const scoreOfLabel = (scores: Tensor, labels: Tensor): Tensor =>
  ops.squeeze(ops.gather(scores, ops.expandDims(labels, 1), 1), 1);
