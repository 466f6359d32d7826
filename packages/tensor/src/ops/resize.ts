/** Images in another size. */
import { OptionError, ShapeError } from '../errors.js';
import { showShape } from '../spec.js';
import { type Tensor, tensor, tidy } from '../tensor.js';
import { checkFloat, checkOneOf, checkRank, checkTensor, refuseUnknown } from './common.js';
import { take } from './gather.js';
import { linearMatrix } from './interpolation.js';
import { matmul } from './matmul.js';

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** 'nearest' (default): output i is input floor(i n / m). 'bilinear': between the four pixels around. */
  readonly mode?: 'nearest' | 'bilinear';
  /** For 'bilinear': true maps corner pixels on corner pixels; false (default) maps edges on edges. */
  readonly alignCorners?: boolean;
}

/** Images [n, c, h, w] as [n, c, ...size]. Without antialiasing, as PyTorch's `interpolate`. */
export function resize(
  x: Tensor,
  size: readonly [number, number],
  { mode = 'nearest', alignCorners = false, ...left }: ResizeOptions = {},
): Tensor {
  checkTensor('resize', x);
  refuseUnknown('resize', left);
  checkFloat('resize', x);
  checkRank('resize', x, 4, 'images [n, c, h, w]');
  checkOneOf('resize', 'mode', mode, ['nearest', 'bilinear']);
  if (size.length !== 2 || size.some(n => !Number.isSafeInteger(n) || n < 1))
    throw new OptionError('resize', 'size', size, '[height, width], whole numbers >= 1');
  if (x.shape[2] === 0 || x.shape[3] === 0) throw new ShapeError(`resize: ${showShape(x.shape)} has no pixels`);
  return tidy(() => {
    const [h, w] = x.shape.slice(2) as [number, number];
    if (mode === 'nearest') {
      const along = (n: number, m: number): Tensor =>
        tensor(
          x.backend,
          Int32Array.from({ length: m }, (_, i) => Math.min(n - 1, Math.floor((i * n) / m))),
          { dtype: 'int32' },
        );
      return take(take(x, along(h, size[0]), 2), along(w, size[1]), 3);
    }
    const position = (n: number, m: number) => (i: number) =>
      alignCorners ? (m === 1 ? 0 : (i * (n - 1)) / (m - 1)) : ((i + 0.5) * n) / m - 0.5;
    const rows = linearMatrix(x, size[0], position(h, size[0]), h);
    const columns = linearMatrix(x, size[1], position(w, size[1]), w);
    return matmul(matmul(rows, x), columns, { transposeB: true });
  });
}
