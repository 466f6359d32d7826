/** Changes of element type. */
import type { CastAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type DType, isFloat } from '../spec.js';
import { alias, checkBackendHas, type Tensor } from '../tensor.js';
import { checkTensor, one } from './common.js';

/** The op of {@link cast}. */
export const castOp: Op<CastAttrs> = {
  name: 'cast',
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  vjp: ([dy], { inputs: [x], attrs }) => [isFloat(attrs.dtype) && isFloat(x!.dtype) ? cast(dy!, x!.dtype) : undefined],
  saves: [],
};

/**
 * The numbers in another dtype. In whole numbers fractions are cut off, NaN is 0 and what is too large wraps around; anything but 0
 * is true. Gradients flow between float32 and float64.
 */
export const cast = (x: Tensor, dtype: DType): Tensor => {
  checkTensor('cast', x);
  checkBackendHas('cast', x.backend, dtype);
  return x.dtype === dtype ? alias(x) : one(castOp, [x], { dtype });
};
