import { checkOptions, option, ShapeError } from '@cnn/tensor';

/** Options of {@link colourHistogram}. */
export interface ColourHistogramOptions {
  /** Into how many equal parts each channel's range is divided. Default 8. */
  readonly bins?: number;
}

/**
 * How often each colour occurs: the share of pixels in each of bins³ boxes of red, green and blue (Swain and Ballard, "Color indexing", 1991). Where
 * the pixels are does not matter.
 *
 * @param image - Bytes 0 to 255, `[3, h, w]`.
 * @returns shares `[bins · bins · bins]`, blue fastest, which add up to 1.
 * @throws {ShapeError} for values that are not three planes.
 */
export function colourHistogram(image: ArrayLike<number>, options: ColourHistogramOptions = {}): Float32Array {
  checkOptions('colourHistogram', options, { bins: option.count });
  const { bins = 8 } = options;
  if (image.length === 0 || image.length % 3 !== 0)
    throw new ShapeError(`colourHistogram: ${image.length} values are not three planes, red, green and blue`);
  const plane = image.length / 3;
  const histogram = new Float32Array(bins ** 3);
  const bin = (at: number): number => Math.min(bins - 1, Math.floor((image[at]! * bins) / 256));
  for (let pixel = 0; pixel < plane; pixel++)
    histogram[(bin(pixel) * bins + bin(plane + pixel)) * bins + bin(2 * plane + pixel)]!++;
  return histogram.map(count => count / plane);
}
