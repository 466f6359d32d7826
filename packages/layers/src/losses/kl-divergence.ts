import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/**
 * t (log t - x) of log-probabilities x and probabilities t (Kullback and Leibler, 1951), 0 where t is 0, the mean over all elements
 * as in PyTorch. The divergence of a batch of distributions is the sum; divide it by n for their mean.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export const klDivergence = elementLoss('klDivergence', (x, t) => {
  const isZero = ops.equal(t, 0);
  return ops.where(isZero, 0, ops.mul(t, ops.sub(ops.log(ops.where(isZero, 1, t)), x)));
});
