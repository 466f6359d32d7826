/** Convolution over three spatial axes, as volumes and films have. */
import { OptionError, ShapeError } from '../errors.js';
import { sameShape, showShape, sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { add } from './binary.js';
import { checkFloat, checkOneOf, checkRank, one } from './common.js';
import type { ConvolutionOptions } from './convolution.js';
import { matmul } from './matmul.js';
import { reshape } from './shape.js';
import { pad } from './slice.js';
import { unfoldOp, windowAttrs, windowCounts } from './window.js';

/** Options of {@link conv3d}. */
export type Convolution3dOptions = Omit<ConvolutionOptions, 'activation'>;

/**
 * Convolution over three spatial axes (Tran et al., 2015):
 * y[n, o, i, j, k] = b[o] + Σ x[n, c, i s - p + t d, j s - p + u d, k s - p + v d] w[o, c, t, u, v].
 *
 * @param x - Volumes [n, c, d, h, w].
 * @param weight - [filters, c / groups, kernel depth, kernel height, kernel width].
 * @param bias - [filters], or none.
 * @returns [n, filters, od, oh, ow], each size as in `conv2d`.
 * @throws {ShapeError} where channels, groups or window do not fit. @throws {OptionError} for an impossible option.
 */
export function conv3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { groups = 1, paddingMode = 'zeros', ...options }: Convolution3dOptions = {},
): Tensor {
  checkRank('conv3d', x, 5, 'volumes [n, c, d, h, w]');
  checkRank('conv3d', weight, 5, 'a weight [filters, c / groups, kernel depth, kernel height, kernel width]');
  checkFloat('conv3d', x, weight, ...(bias ? [bias] : []));
  checkOneOf('conv3d', 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
  if (!Number.isSafeInteger(groups) || groups < 1) throw new OptionError('conv3d', 'groups', groups, 'a whole number >= 1');
  const [n, channels, ...size] = x.shape as [number, number, ...number[]];
  const [filters, perGroup, ...kernelSize] = weight.shape as [number, number, ...number[]];
  if (channels !== perGroup * groups || filters % groups !== 0) {
    throw new ShapeError(
      `conv3d: ${channels} channels and a weight ${showShape(weight.shape)} do not make ${groups} groups of ${perGroup} channels`,
    );
  }
  if (bias && !sameShape(bias.shape, [filters]))
    throw new ShapeError(`conv3d: the bias is ${showShape(bias.shape)}; it must be [${filters}]`);
  const window = windowAttrs('conv3d', size, kernelSize, options);
  const out = windowCounts('conv3d', size, window);
  return tidy(() => {
    const windows =
      paddingMode === 'zeros'
        ? one(unfoldOp, [x], { ...window, padValue: 0 })
        : one(unfoldOp, [pad(x, window.padding, { mode: paddingMode })], {
            ...window,
            padding: size.map((): [number, number] => [0, 0]),
            padValue: 0,
          });
    const taps = perGroup * sizeOf(kernelSize);
    const columns = reshape(windows, [n, groups, taps, sizeOf(out)]);
    const rows = reshape(weight, [groups, filters / groups, taps]);
    const y = reshape(matmul(rows, columns), [n, filters, ...out]);
    return bias ? add(y, reshape(bias, [filters, 1, 1, 1])) : y;
  });
}
