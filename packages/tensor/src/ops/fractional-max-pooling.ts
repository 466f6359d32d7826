/** Pooling by a factor that is no whole number. */
import { ShapeError } from '../errors.js';
import { checkOptions, option } from '../options.js';
import { type Tensor, tensor, tidy } from '../tensor.js';
import { checkFloat, checkRank } from './common.js';
import { take } from './gather.js';
import { max } from './reduce.js';
import { reshape } from './shape.js';
import { type PerAxis, perAxis } from './window.js';

/** Options of {@link fractionalMaxPool2d}. */
export interface FractionalMaxPoolOptions {
  /** Height and width of the output. */
  readonly outputSize: PerAxis;
  /** Where the sequences of rows and columns begin, two numbers in [0, 1): Graham's u. */
  readonly offset: readonly [number, number];
}

/** Where `count` windows of `kernel` start on an axis of `n`: steps of two sizes, whose order the offset decides. */
function windowStarts(n: number, kernel: number, count: number, offset: number): number[] {
  const step = (n - kernel) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, i) =>
    i === count - 1 ? n - kernel : Math.floor((i + offset) * step) - Math.floor(offset * step),
  );
}

/**
 * Fractional max pooling (Graham, 2014, pseudorandom sequences): the largest element of each of `outputSize` windows whose distances
 * differ by at most one pixel, so that [n, c, h, w] becomes [n, c, ...outputSize] for any sizes. Row i starts at
 * floor((i + u) α) - floor(u α) with α = (h - kernel) / (oh - 1), as in PyTorch; all planes share the windows.
 *
 * @param kernelSize - Height and width of each window.
 * @throws {ShapeError} where so many windows do not fit. @throws {OptionError} for an impossible option.
 */
export function fractionalMaxPool2d(x: Tensor, kernelSize: PerAxis, options: FractionalMaxPoolOptions): Tensor {
  checkOptions(
    'fractionalMaxPool2d',
    options,
    { outputSize: option.any, offset: option.list(option.between(0, 1, { openEnd: true }), 2) },
    ['outputSize', 'offset'],
  );
  checkFloat('fractionalMaxPool2d', x);
  checkRank('fractionalMaxPool2d', x, 4, 'images [n, c, h, w]');
  const [kh, kw] = perAxis('fractionalMaxPool2d', 'kernelSize', kernelSize, 2, 1) as [number, number];
  const [oh, ow] = perAxis('fractionalMaxPool2d', 'outputSize', options.outputSize, 2, 1) as [number, number];
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (oh + kh - 1 > h || ow + kw - 1 > w) {
    throw new ShapeError(
      `fractionalMaxPool2d: ${oh} by ${ow} windows of ${kh} by ${kw} do not fit ${h} by ${w}: output + kernel - 1 may be no larger`,
    );
  }
  const along = (size: number, kernel: number, count: number, offset: number): Tensor => {
    const pixels = windowStarts(size, kernel, count, offset).flatMap(start =>
      Array.from({ length: kernel }, (_, k) => start + k),
    );
    return tensor(x.backend, pixels, { dtype: 'int32' });
  };
  return tidy(() => {
    const rows = take(x, along(h, kh, oh, options.offset[0]), 2);
    const windows = take(rows, along(w, kw, ow, options.offset[1]), 3);
    return max(reshape(windows, [n, c, oh, kh, ow, kw]), [3, 5]);
  });
}
