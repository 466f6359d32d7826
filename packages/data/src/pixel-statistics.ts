import { ShapeError } from '@cnn/tensor';
import { type Dataset, sizeOf } from './dataset.js';

/** The mean image of a dataset and the deviation at each place; plain data, for `standardise` and `subtractMeanImage`. */
export interface PixelStatistics {
  /** `[c · h · w]`. */
  readonly mean: readonly number[];
  /** `[c · h · w]`; 0 where all images have the same value. */
  readonly deviation: readonly number[];
}

/**
 * The mean image, and the standard deviation over the images at each place, of bytes divided by 255. (`statistics` has one mean for
 * each channel instead.)
 *
 * @throws {ShapeError} for an empty dataset.
 */
export async function pixelStatistics(dataset: Dataset): Promise<PixelStatistics> {
  if (dataset.length === 0) throw new ShapeError(`${dataset.name}: statistics of no images`);
  const size = sizeOf(dataset.shape);
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  for await (const { image } of dataset) {
    for (let i = 0; i < size; i++) {
      sums[i]! += image[i]!;
      squares[i]! += image[i]! ** 2;
    }
  }
  // #region statistics
  // The sums are whole numbers below 2^53, so the subtraction loses nothing.
  const variance = Array.from(squares, (square, i) => (square - sums[i]! ** 2 / dataset.length) / dataset.length);
  return {
    mean: Array.from(sums, sum => sum / dataset.length / 255),
    deviation: variance.map(value => Math.sqrt(Math.max(0, value)) / 255),
  };
  // #endregion statistics
}
