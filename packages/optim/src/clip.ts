/** Gradients kept from being too large. */
import { OptionError, option, type Tensor, tidy, UsageError } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** What {@link clipByGlobalNorm} gives. */
export interface Clipped {
  /** In the order of the gradients that were given; the caller disposes them. */
  readonly grads: Tensor[];
  /** The norm of all of them together before the clipping: a scalar. */
  readonly norm: Tensor;
}

/**
 * Scales gradients together so that their common L2 norm is at most `maxNorm` (Pascanu et al., 2013): each times
 * min(1, maxNorm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`. Nothing is read back from the device.
 *
 * A norm that is not finite makes every clipped gradient NaN, so that a guard on the loss or on `norm` sees it: an infinite one
 * would otherwise turn the finite gradients into zeros and the step into one that does nothing.
 *
 * @throws {OptionError} unless `maxNorm` is above 0. @throws {UsageError} for no gradients at all.
 */
export function clipByGlobalNorm(grads: readonly Tensor[], maxNorm: number): Clipped {
  if (!option.positive.accepts(maxNorm)) throw new OptionError('clipByGlobalNorm', 'maxNorm', maxNorm, option.positive.allowed);
  if (grads.length === 0) throw new UsageError('clipByGlobalNorm: no gradients');
  return tidy(() => {
    const norm = ops.sqrt(grads.map(gradient => ops.sum(ops.square(gradient))).reduce(ops.add));
    const coefficient = ops.minimum(ops.div(maxNorm, ops.add(norm, 1e-6)), 1);
    const scale = ops.where(ops.isFinite(norm), coefficient, Number.NaN);
    return { grads: grads.map(gradient => ops.mul(gradient, scale)), norm };
  });
}

/**
 * Cuts every number of the gradients to [-maxValue, maxValue], as PyTorch's `clip_grad_value_`. NaN stays NaN.
 *
 * @throws {OptionError} unless `maxValue` is above 0.
 */
export function clipByValue(grads: readonly Tensor[], maxValue: number): Tensor[] {
  if (!option.positive.accepts(maxValue)) throw new OptionError('clipByValue', 'maxValue', maxValue, option.positive.allowed);
  return tidy(() => grads.map(gradient => ops.clip(gradient, { low: -maxValue, high: maxValue })));
}
