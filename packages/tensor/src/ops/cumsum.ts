/** Running sums. */

import type { CumsumAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import type { Tensor } from '../tensor.js';
import { axisOf, checkDType, checkTensor, one } from './common.js';

/** The op of {@link cumsum}. */
export const cumsumOp: Op<CumsumAttrs> = {
  name: 'cumsum',
  infer: ([x]) => {
    checkDType('cumsum', ['float32', 'float64', 'int32'], x!);
    return [x!];
  },
  vjp: ([dy], { attrs }) => [one(cumsumOp, [dy!], { ...attrs, reverse: !attrs.reverse })],
  saves: [],
};

/** The sum of each element and those before it along an axis; without the element itself if `exclusive`, from the end if `reverse`. */
export function cumsum(x: Tensor, axis = -1, options: { exclusive?: boolean; reverse?: boolean } = {}): Tensor {
  checkTensor('cumsum', x);
  checkOptions('cumsum', options, { exclusive: option.boolean, reverse: option.boolean });
  const { exclusive = false, reverse = false } = options;
  return one(cumsumOp, [x], { axis: axisOf('cumsum', axis, x.shape.length), exclusive, reverse });
}
