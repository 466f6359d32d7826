/** Channels as pixels. */
import { OptionError, ShapeError } from '../errors.js';
import { showShape } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { checkRank } from './common.js';
import { permute, reshape } from './shape.js';

/**
 * Pixel shuffle (Shi et al., 2016): r² channels become squares of r by r pixels, [n, c r², h, w] as [n, c, h r, w r] with
 * y[n, c, h r + i, w r + j] = x[n, c r² + i r + j, h, w].
 *
 * @param upscaleFactor - The r.
 * @throws {ShapeError} where r² does not divide the channels. @throws {OptionError} for an r that is no whole number from 1.
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  checkRank('pixelShuffle', x, 4, 'images [n, c, h, w]');
  const r = upscaleFactor;
  if (!Number.isSafeInteger(r) || r < 1) throw new OptionError('pixelShuffle', 'upscaleFactor', r, 'a whole number >= 1');
  const [n, channels, h, w] = x.shape as [number, number, number, number];
  if (channels % (r * r) !== 0)
    throw new ShapeError(`pixelShuffle: the ${channels} channels of ${showShape(x.shape)} are no multiple of ${r} * ${r}`);
  const c = channels / (r * r);
  return tidy(() => reshape(permute(reshape(x, [n, c, r, r, h, w]), [0, 1, 4, 2, 5, 3]), [n, c, h * r, w * r]));
}
