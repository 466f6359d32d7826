/** Activation functions composed of simpler ops. */
import { type Tensor, tidy } from '../tensor.js';
import { greater, minimum, mul } from './binary.js';
import { where } from './select.js';
import { reshape } from './shape.js';
import { expm1, sigmoid } from './unary.js';

/** x above 0, `negativeSlope` x below (Maas et al., 2013). Default slope 0.01. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => tidy(() => where(greater(x, 0), x, mul(x, negativeSlope)));

/** x above 0, α (e^x - 1) below (Clevert et al., 2015). Default α 1. */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  // The argument is kept from overflowing on the side that is not used: inf times a zero gradient would be NaN.
  tidy(() => where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha)));

/** min(max(x, 0), 6) (Krizhevsky, 2010). The derivative at 0 and 6 is 0. */
export const relu6 = (x: Tensor): Tensor => tidy(() => where(greater(x, 0), where(greater(6, x), x, 6), 0));

/** x σ(x), also called swish (Ramachandran et al., 2017). */
export const silu = (x: Tensor): Tensor => tidy(() => mul(x, sigmoid(x)));

/** x above 0, x times its channel's weight below (He et al., 2015): x [n, c, ...], weight [c]. */
export const prelu = (x: Tensor, weight: Tensor): Tensor =>
  tidy(() => where(greater(x, 0), x, mul(x, reshape(weight, [weight.size, ...x.shape.slice(2).map(() => 1)]))));
