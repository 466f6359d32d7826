/** Order along an axis. */

import { apply } from '../apply.js';
import { OptionError } from '../errors.js';
import type { SortAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { type Tensor, tidy } from '../tensor.js';
import { axisOf, checkDType, checkTensor } from './common.js';
import { fill } from './create.js';
import { scatterAdd } from './gather.js';
import { slice } from './slice.js';

/** The op of {@link sort}. */
export const sortOp: Op<SortAttrs> = {
  name: 'sort',
  infer: ([x]) => {
    checkDType('sort', ['float32', 'float64', 'int32'], x!);
    return [x!, { shape: x!.shape, dtype: 'int32' }];
  },
  vjp: ([dy], { outputs: [, indices], attrs: { axis } }) => [
    dy && scatterAdd(fill(dy.backend, dy.shape, 0, dy.dtype), indices!, dy, axis),
  ],
  saves: ['outputs.1'],
};

/** Sorted elements and where they came from. */
export interface Sorted {
  readonly values: Tensor;
  /** int32. */
  readonly indices: Tensor;
}

/** The elements in order along an axis; equal ones keep theirs. NaN comes last, or first if descending. */
export function sort(x: Tensor, axis = -1, options: { descending?: boolean } = {}): Sorted {
  checkTensor('sort', x);
  checkOptions('sort', options, { descending: option.boolean });
  const { descending = false } = options;
  const [values, indices] = apply(sortOp, [x], { axis: axisOf('sort', axis, x.shape.length), descending });
  return { values: values!, indices: indices! };
}

/** The k largest elements along an axis, largest first; the smallest, smallest first, if `largest` is false. */
export function topK(x: Tensor, k: number, axis = -1, options: { largest?: boolean } = {}): Sorted {
  checkTensor('topK', x);
  checkOptions('topK', options, { largest: option.boolean });
  const { largest = true } = options;
  const at = axisOf('topK', axis, x.shape.length);
  if (!Number.isSafeInteger(k) || k < 0 || k > x.shape[at]!)
    throw new OptionError('topK', 'k', k, `a whole number in [0, ${x.shape[at]}]`);
  return tidy(() => {
    const { values, indices } = sort(x, at, { descending: largest });
    const first = (y: Tensor): Tensor =>
      slice(
        y,
        y.shape.map((n, i) => [0, i === at ? k : n]),
      );
    return { values: first(values), indices: first(indices) };
  });
}
