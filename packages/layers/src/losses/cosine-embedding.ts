import { checkOptions, option, ShapeError, sameShape, showShape, type Tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type LossOptions, reduce, reductionOption } from './loss.js';

/** Options of {@link cosineEmbedding}. */
export interface CosineEmbeddingOptions extends LossOptions {
  /** Pairs that are not alike may have a cosine up to this one, in [-1, 1]. Default 0. */
  readonly margin?: number;
}

/**
 * The loss of pairs of vectors a and b [n, features] that are alike (target [n] of 1) or not (-1): 1 - cos(a, b) for the former,
 * max(0, cos(a, b) - margin) for the latter, the mean over the batch. As in PyTorch the cosine is
 * a·b / √((|a|² + 1e-12) (|b|² + 1e-12)), which has a gradient for vectors of zeros.
 *
 * @throws {ShapeError} if the shapes do not go together.
 */
export function cosineEmbedding(options: CosineEmbeddingOptions = {}): (a: Tensor, b: Tensor, target: Tensor) => Tensor {
  checkOptions('cosineEmbedding', options, { margin: option.between(-1, 1), reduction: reductionOption });
  const { margin = 0, reduction } = options;
  return (a, b, target) => {
    const fits = a.shape.length === 2 && sameShape(a.shape, b.shape) && sameShape(target.shape, a.shape.slice(0, 1));
    if (!fits) {
      const shapes = [a, b, target].map(({ shape }) => showShape(shape)).join(', ');
      throw new ShapeError(`cosineEmbedding: the inputs are ${shapes}; they must be [n, features] twice and [n]`);
    }
    return tidy(() => {
      const squaredNorm = (x: Tensor): Tensor => ops.add(ops.sum(ops.square(x), 1), 1e-12);
      const cosine = ops.div(ops.sum(ops.mul(a, b), 1), ops.sqrt(ops.mul(squaredNorm(a), squaredNorm(b))));
      return reduce(ops.where(ops.greater(target, 0), ops.sub(1, cosine), ops.relu(ops.sub(cosine, margin))), reduction);
    });
  };
}
