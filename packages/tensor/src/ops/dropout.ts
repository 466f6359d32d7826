/** Dropout. */
import { OptionError } from '../errors.js';
import type { DropoutAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type RandomKey, randomBernoulli } from '../random.js';
import { alias, type Tensor, tensor } from '../tensor.js';
import { mul } from './binary.js';
import { checkFloat, one } from './common.js';
import { where } from './select.js';

const isKey = (key: unknown): boolean => Array.isArray(key) && key.length === 2 && key.every(Number.isInteger);

/** The op of {@link dropout}. The same key drops the same elements, so the gradient is dropout of dy. */
export const dropoutOp: Op<DropoutAttrs> = {
  name: 'dropout',
  infer: ([x], { rate, key }) => {
    checkFloat('dropout', x!);
    if (!isKey(key)) throw new OptionError('dropout', 'key', key, 'a key as randomKey makes it');
    if (!(rate >= 0 && rate < 1)) throw new OptionError('dropout', 'rate', rate, 'a number in [0, 1)');
    return [x!];
  },
  compose: ([x], { rate, key }) => {
    if (rate === 0) return [alias(x!)];
    // #region dropout
    const keep = tensor(x!.backend, randomBernoulli(x!.size, key, 1 - rate), { shape: x!.shape, dtype: 'bool' });
    return [where(keep, mul(x!, 1 / (1 - rate)), 0)];
    // #endregion dropout
  },
  vjp: ([dy], { attrs }) => [one(dropoutOp, [dy!], attrs)],
  saves: [],
};

/** Each element 0 with probability `rate`, otherwise divided by 1 - rate, so that its expectation stays (Srivastava et al., 2014). The key chooses which. */
export const dropout = (x: Tensor, rate: number, key: RandomKey): Tensor => one(dropoutOp, [x], { rate, key });
