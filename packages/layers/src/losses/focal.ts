import { checkOptions, option, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkSameShape, type Loss, type LossOptions, reduce, reductionOption } from './loss.js';

/** Options of {@link focal}. */
export interface FocalOptions extends LossOptions {
  /** Weight of targets 1; targets 0 have 1 - α. In [0, 1]. Default 0.25. */
  readonly alpha?: number;
  /** How much less examples count that are nearly right, from 0. Default 2. */
  readonly gamma?: number;
}

/**
 * -α_t (1 - p_t)^γ log p_t (Lin et al., 2017) of logits x and targets of 0 or 1, the mean over all elements: p_t is the probability
 * that σ(x) gives to the target, α_t the target's weight.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export function focal(options: FocalOptions = {}): Loss {
  checkOptions('focal', options, { alpha: option.between(0, 1), gamma: option.nonNegative, reduction: reductionOption });
  const { alpha = 0.25, gamma = 2, reduction } = options;
  return (x, t) => {
    checkSameShape('focal', x, t);
    return tidy(() => {
      // p_t = σ(z), so -log p_t = softplus(-z) and -log(1 - p_t) = softplus(z), which do not overflow.
      const z = ops.mul(x, ops.sub(ops.mul(t, 2), 1));
      const weight = ops.add(ops.mul(t, 2 * alpha - 1), 1 - alpha);
      const focus = ops.exp(ops.mul(ops.softplus(z), -gamma));
      return reduce(ops.mul(ops.mul(weight, focus), ops.softplus(ops.neg(z))), reduction);
    });
  };
}
