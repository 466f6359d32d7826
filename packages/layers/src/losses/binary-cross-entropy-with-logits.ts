import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/**
 * -(t log σ(x) + (1 - t) log(1 - σ(x))) of logits x and targets t in [0, 1], the mean over all elements. It is computed as
 * t softplus(-x) + (1 - t) softplus(x), which is exact for logits of any size.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export const binaryCrossEntropyWithLogits = elementLoss('binaryCrossEntropyWithLogits', (x, t) =>
  ops.add(ops.mul(t, ops.softplus(ops.neg(x))), ops.mul(ops.sub(1, t), ops.softplus(x))),
);
