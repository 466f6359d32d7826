import { checkOptions, option, ShapeError, sameShape, showShape, type Tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type LossOptions, reduce, reductionOption } from './loss.js';

/** Options of {@link triplet}. */
export interface TripletOptions extends LossOptions {
  /** By how much the negative is to be farther away than the positive. Default 1. */
  readonly margin?: number;
}

/**
 * max(0, |a - p| - |a - n| + margin) of an anchor a, a positive p and a negative n, each [batch, features] (Balntas et al., 2016; with
 * squared distances: Schroff et al., 2015), the mean over the batch. As in PyTorch 1e-6 is added to every difference, so that
 * equal vectors have a gradient.
 *
 * @throws {ShapeError} if the shapes differ or are not of rank 2.
 */
export function triplet(options: TripletOptions = {}): (anchor: Tensor, positive: Tensor, negative: Tensor) => Tensor {
  checkOptions('triplet', options, { margin: option.nonNegative, reduction: reductionOption });
  const { margin = 1, reduction } = options;
  return (anchor, positive, negative) => {
    const fits = [anchor, positive, negative].every(({ shape }) => shape.length === 2 && sameShape(shape, anchor.shape));
    if (!fits) {
      const shapes = [anchor, positive, negative].map(({ shape }) => showShape(shape)).join(', ');
      throw new ShapeError(`triplet: the inputs are ${shapes}; they must be [n, features] all three`);
    }
    return tidy(() => {
      const distance = (x: Tensor): Tensor => ops.sqrt(ops.sum(ops.square(ops.add(ops.sub(anchor, x), 1e-6)), 1));
      return reduce(ops.relu(ops.add(ops.sub(distance(positive), distance(negative)), margin)), reduction);
    });
  };
}
