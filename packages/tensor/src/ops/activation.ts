/** Activation functions composed of simpler ops. */
import { OptionError } from '../errors.js';
import { option } from '../options.js';
import { type Tensor, tidy } from '../tensor.js';
import { add, div, greater, greaterEqual, less, lessEqual, mul } from './binary.js';
import { checkOneOf, checkTensor, refuseUnknown } from './common.js';
import { where } from './select.js';
import { reshape } from './shape.js';
import { abs, erf, expm1, sigmoid, softplus, square, tanh } from './unary.js';

/** x above 0, `negativeSlope` x below (Maas et al., 2013). Default slope 0.01. */
// #region leaky-relu
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => tidy(() => where(greater(x, 0), x, mul(x, negativeSlope)));
// #endregion leaky-relu

/** x above 0, α (e^x - 1) below (Clevert et al., 2015). Default α 1. The derivative at 0 is α. */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  // The argument is kept from overflowing on the side that is not used: inf times a zero gradient would be NaN.
  tidy(() => {
    const above = greater(x, 0);
    return where(above, x, mul(expm1(where(above, 0, x)), alpha));
  });

/**
 * x above 0, α (e^(x / α) - 1) below, whose derivative at 0 is 1 for every α (Barron, 2017). Default α 1.
 *
 * @throws {OptionError} unless α is above 0.
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  if (!option.positive.accepts(alpha)) throw new OptionError('celu', 'alpha', alpha, option.positive.allowed);
  return tidy(() => {
    const above = greater(x, 0);
    return where(above, x, mul(expm1(div(where(above, 0, x), alpha)), alpha));
  });
}

/** Self-normalising {@link elu}: 1.0507… elu(x, 1.6733…), which keeps mean 0 and variance 1 from layer to layer (Klambauer et al., 2017). */
// #region selu
export const selu = (x: Tensor): Tensor => tidy(() => mul(elu(x, 1.6732632423543772), 1.0507009873554805));
// #endregion selu

/** min(max(x, 0), 6) (Krizhevsky, 2010). The derivative at 0 and 6 is 0. NaN stays. */
export const relu6 = (x: Tensor): Tensor => tidy(() => where(lessEqual(x, 0), 0, where(greaterEqual(x, 6), 6, x)));

/** x σ(x), also called swish (Ramachandran et al., 2017). */
export const silu = (x: Tensor): Tensor => tidy(() => mul(x, sigmoid(x)));

/** x tanh(softplus(x)) (Misra, 2019). */
export const mish = (x: Tensor): Tensor => tidy(() => mul(x, tanh(softplus(x))));

/** x / (1 + |x|) (Glorot and Bengio, 2010). */
export const softsign = (x: Tensor): Tensor => tidy(() => div(x, add(abs(x), 1)));

/** min(max(x / 6 + 1/2, 0), 1), a sigmoid of straight lines (Howard et al., 2019). The derivative at -3 and 3 is 0. */
export const hardSigmoid = (x: Tensor): Tensor => tidy(() => div(relu6(add(x, 3)), 6));

/** x min(max(x + 3, 0), 6) / 6 (Howard et al., 2019). The derivative at -3 and 3 is that of the curve between, as in PyTorch. */
export const hardSwish = (x: Tensor): Tensor =>
  tidy(() => where(greater(x, 3), x, where(less(x, -3), 0, mul(x, div(add(x, 3), 6)))));

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** 'none' (default): exact. 'tanh': x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), as some trained networks have it. */
  readonly approximate?: 'none' | 'tanh';
}

/** x Φ(x) with Φ the normal distribution function, x/2 (1 + erf(x / √2)) (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor, { approximate = 'none', ...left }: GeluOptions = {}): Tensor {
  checkTensor('gelu', x);
  refuseUnknown('gelu', left);
  checkOneOf('gelu', 'approximate', approximate, ['none', 'tanh']);
  return tidy(() => {
    // #region gelu
    const inner =
      approximate === 'none'
        ? erf(mul(x, Math.SQRT1_2))
        : tanh(mul(mul(x, add(mul(square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI)));
    return mul(mul(x, 0.5), add(inner, 1));
    // #endregion gelu
  });
}

/** x above 0, x times its channel's weight below (He et al., 2015): x [n, c, ...], weight [c]. */
export const prelu = (x: Tensor, weight: Tensor): Tensor =>
  tidy(() => where(greater(x, 0), x, mul(x, reshape(weight, [weight.size, ...x.shape.slice(2).map(() => 1)]))));
