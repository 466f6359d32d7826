/**
 * Convolution and cross-correlation of plain lists, one and two dimensions, as the lectures begin with them. (Networks use `ops.conv2d` of
 * `@cnn/tensor`, which is a cross-correlation.)
 */
import { OptionError, ShapeError } from '@cnn/tensor';

/** A list of numbers. */
export type Signal = readonly number[];
/** Rows of numbers, all of one length. */
export type Picture = readonly (readonly number[])[];

/**
 * How much of the result is kept. 'full': wherever signal and kernel meet, n + k - 1 numbers, with zeros around the signal; 'same': the middle n of them;
 * 'valid': where the kernel lies within the signal, n - k + 1.
 */
export type ConvolutionExtent = 'full' | 'same' | 'valid';

/** The Sobel filter that finds edges between left and right, given as {@link crossCorrelate2d} takes it (Sobel and Feldman, 1968). */
export const SOBEL_X: Picture = [
  [-1, 0, 1],
  [-2, 0, 2],
  [-1, 0, 1],
];

/** The Sobel filter that finds edges between top and bottom. */
export const SOBEL_Y: Picture = [
  [-1, -2, -1],
  [0, 0, 0],
  [1, 2, 1],
];

/**
 * (x * w)[i] = Σ x[i - j] w[j]: the kernel is flipped. It commutes and associates in full extent, and moves with the signal.
 *
 * @param extent - Default 'full', as numpy's `convolve`.
 * @throws {ShapeError} for empty lists, and for 'valid' where the kernel is longer than the signal. @throws {OptionError} for an unknown extent.
 */
export function convolve(signal: Signal, kernel: Signal, extent: ConvolutionExtent = 'full'): number[] {
  return convolve2d([signal], [kernel], extent)[0]!;
}

/**
 * Σ x[i + j] w[j]: the kernel slides over the signal as it is. That is a convolution with the flipped kernel.
 *
 * @param extent - Default 'valid'.
 * @throws {ShapeError} for empty lists, and for 'valid' where the kernel is longer than the signal. @throws {OptionError} for an unknown extent.
 */
export function crossCorrelate(signal: Signal, kernel: Signal, extent: ConvolutionExtent = 'valid'): number[] {
  return convolve(signal, [...kernel].reverse(), extent);
}

/**
 * Convolution of a picture, Σ x[y - i][x - j] w[i][j]: the kernel is flipped along both axes. The extent holds for each axis.
 *
 * @param extent - Default 'full'.
 * @throws {ShapeError} for rows of different lengths, empty pictures, and for 'valid' where the kernel is larger. @throws {OptionError} for an unknown extent.
 */
export function convolve2d(picture: Picture, kernel: Picture, extent: ConvolutionExtent = 'full'): number[][] {
  const [height, width] = sidesOf('the picture', picture);
  const [kernelHeight, kernelWidth] = sidesOf('the kernel', kernel);
  const rows = range(height, kernelHeight, extent);
  const columns = range(width, kernelWidth, extent);
  return Array.from({ length: rows.length }, (_, row) =>
    Array.from({ length: columns.length }, (__, column) => {
      const [y, x] = [rows.start + row, columns.start + column];
      // #region convolve
      let sum = 0;
      for (let i = Math.max(0, y - height + 1); i <= Math.min(y, kernelHeight - 1); i++) {
        for (let j = Math.max(0, x - width + 1); j <= Math.min(x, kernelWidth - 1); j++) {
          sum += picture[y - i]![x - j]! * kernel[i]![j]!;
        }
      }
      return sum;
      // #endregion convolve
    }),
  );
}

/**
 * Cross-correlation of a picture, Σ x[y + i][x + j] w[i][j]: what CNNs call convolution.
 *
 * @param extent - Default 'valid'.
 * @throws {ShapeError} for rows of different lengths, empty pictures, and for 'valid' where the kernel is larger. @throws {OptionError} for an unknown extent.
 */
export function crossCorrelate2d(picture: Picture, kernel: Picture, extent: ConvolutionExtent = 'valid'): number[][] {
  return convolve2d(
    picture,
    [...kernel].reverse().map(row => [...row].reverse()),
    extent,
  );
}

function sidesOf(what: string, picture: Picture): readonly [height: number, width: number] {
  const width = picture[0]?.length ?? 0;
  if (width === 0) throw new ShapeError(`convolution: ${what} is empty`);
  const other = picture.findIndex(row => row.length !== width);
  if (other >= 0)
    throw new ShapeError(`convolution: row ${other} of ${what} has ${picture[other]!.length} numbers, row 0 has ${width}`);
  return [picture.length, width];
}

/** Which numbers of the full result are kept along an axis. */
function range(length: number, kernel: number, extent: ConvolutionExtent): { readonly start: number; readonly length: number } {
  switch (extent) {
    case 'full':
      return { start: 0, length: length + kernel - 1 };
    case 'same':
      return { start: Math.floor((kernel - 1) / 2), length };
    case 'valid':
      if (kernel > length) throw new ShapeError(`convolution: a kernel of ${kernel} does not fit into ${length}`);
      return { start: kernel - 1, length: length - kernel + 1 };
    default:
      throw new OptionError('convolution', 'extent', extent, "'full', 'same', 'valid'");
  }
}
