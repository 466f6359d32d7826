import type { Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/**
 * -(t log p + (1 - t) log(1 - p)) of probabilities p and targets t in [0, 1], the mean over all elements. As in PyTorch no logarithm
 * is below -100. At a probability of exactly 0 or 1 the gradient does not flow through the logarithm of 0; from logits,
 * {@link binaryCrossEntropyWithLogits} has neither limit.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export const binaryCrossEntropy = elementLoss('binaryCrossEntropy', (p, t) =>
  ops.neg(ops.add(ops.mul(t, logarithm(p)), ops.mul(ops.sub(1, t), logarithm(ops.sub(1, p))))),
);

function logarithm(p: Tensor): Tensor {
  const isZero = ops.equal(p, 0);
  return ops.clip(ops.where(isZero, -100, ops.log(ops.where(isZero, 1, p))), { low: -100 });
}
