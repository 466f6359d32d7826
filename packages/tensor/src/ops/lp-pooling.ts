/** Pooling by a norm. */
import { OptionError } from '../errors.js';
import { sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { notEqual, pow } from './binary.js';
import { checkFloat, checkRank, one } from './common.js';
import { sum } from './reduce.js';
import { where } from './select.js';
import { reshape } from './shape.js';
import { abs } from './unary.js';
import { type PerAxis, unfoldOp, type WindowOptions, windowAttrs } from './window.js';

/** Options of {@link lpPool2d}. */
export interface LpPoolOptions extends WindowOptions {
  /** The p of the norm, 1 or more. Default 2. */
  readonly norm?: number;
}

/**
 * The Lp norm of each window (Sermanet et al., 2012): (Σ |x|^p)^(1/p), x [n, c, h, w] as [n, c, oh, ow]. 1 gives the sum of absolute
 * values, a large p nearly the largest. Where a window is all zeros its gradient is 0.
 *
 * @param kernelSize - Height and width of the window; also its stride, unless the options name one.
 * @throws {OptionError} for a norm below 1.
 */
export function lpPool2d(
  x: Tensor,
  kernelSize: PerAxis,
  { norm = 2, stride = kernelSize, ...options }: LpPoolOptions = {},
): Tensor {
  if (!(norm >= 1 && Number.isFinite(norm))) throw new OptionError('lpPool2d', 'norm', norm, 'a finite number >= 1');
  checkFloat('lpPool2d', x);
  checkRank('lpPool2d', x, 4, 'images [n, c, h, w]');
  const window = windowAttrs('lpPool2d', x.shape.slice(2), kernelSize, { stride, ...options });
  return tidy(() => {
    const windows = one(unfoldOp, [pow(abs(x), norm)], { ...window, padValue: 0 });
    const [n, c] = x.shape as [number, number];
    const total = sum(reshape(windows, [n, c, sizeOf(window.kernelSize), ...windows.shape.slice(4)]), 2);
    // The root has no slope at 0, and infinity times 0 would be NaN.
    const isSome = notEqual(total, 0);
    return where(isSome, pow(where(isSome, total, 1), 1 / norm), 0);
  });
}
