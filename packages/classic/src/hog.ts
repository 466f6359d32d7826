import { checkOptions, option, ShapeError } from '@cnn/tensor';
import { checkFinite } from './samples.js';

/** Options of {@link hog}. */
export interface HogOptions {
  /** The side of a cell in pixels. Default 8. */
  readonly cell?: number;
  /** The side of a block in cells. Default 2. */
  readonly block?: number;
  /** Into how many parts the directions from 0 to 180 degrees are divided. Default 9. */
  readonly bins?: number;
}

/** What no share of a normalised block may exceed (Lowe, 2004). */
const CLIPPED_AT = 0.2;

/**
 * Histograms of oriented gradients (Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005): in each cell, how strong the edges
 * of each direction are. The gradient is [-1, 0, 1] along each axis, of the channel where it is strongest; its length is
 * shared among the two nearest directions and the nearest cells in proportion. Overlapping blocks of cells are divided by their length, clipped
 * at 0.2 and divided again (L2-Hys). Pixels beyond whole cells are left out.
 *
 * @param image - `[c, h, w]`, of any scale.
 * @returns features `[blocks down, blocks across, block, block, bins]`, flat.
 * @throws {ShapeError} if the values are not the shape's, or there is no room for one block.
 * @throws {OptionError} for a value that is not finite.
 */
export function hog(
  image: ArrayLike<number>,
  shape: readonly [channels: number, height: number, width: number],
  options: HogOptions = {},
): Float32Array {
  checkOptions('hog', options, { cell: option.count, block: option.count, bins: option.count });
  const { cell = 8, block = 2, bins = 9 } = options;
  const [channels, height, width] = shape;
  if (image.length !== channels * height * width || image.length === 0)
    throw new ShapeError(`hog: ${image.length} values are not an image [${shape.join(', ')}]`);
  checkFinite('hog', image);
  const [down, across] = [Math.floor(height / cell), Math.floor(width / cell)];
  if (down < block || across < block)
    throw new ShapeError(
      `hog: an image of ${height}x${width} has no room for a block of ${block}x${block} cells of ${cell}x${cell} pixels`,
    );
  const cells = cellHistograms(image, shape, cell, down, across, bins);
  const features = new Float32Array((down - block + 1) * (across - block + 1) * block * block * bins);
  let at = 0;
  for (let row = 0; row + block <= down; row++) {
    for (let column = 0; column + block <= across; column++) {
      const start = at;
      for (let i = row; i < row + block; i++) {
        for (let j = column; j < column + block; j++, at += bins)
          features.set(cells.subarray((i * across + j) * bins, (i * across + j + 1) * bins), at);
      }
      normaliseBlock(features.subarray(start, at));
    }
  }
  return features;
}

/** `[down, across, bins]`. */
function cellHistograms(
  image: ArrayLike<number>,
  [channels, height, width]: readonly [number, number, number],
  cell: number,
  down: number,
  across: number,
  bins: number,
): Float64Array {
  const cells = new Float64Array(down * across * bins);
  const valueAt = (channel: number, y: number, x: number): number =>
    image[(channel * height + Math.min(height - 1, Math.max(0, y))) * width + Math.min(width - 1, Math.max(0, x))]!;
  for (let y = 0; y < down * cell; y++) {
    for (let x = 0; x < across * cell; x++) {
      let [gradientX, gradientY] = [0, 0];
      for (let channel = 0; channel < channels; channel++) {
        const alongX = valueAt(channel, y, x + 1) - valueAt(channel, y, x - 1);
        const alongY = valueAt(channel, y + 1, x) - valueAt(channel, y - 1, x);
        if (Math.hypot(alongX, alongY) > Math.hypot(gradientX, gradientY)) [gradientX, gradientY] = [alongX, alongY];
      }
      const length = Math.hypot(gradientX, gradientY);
      if (length === 0) continue;
      const turn = Math.atan2(gradientY, gradientX) / Math.PI;
      for (const [bin, binShare] of twoNearest((turn - Math.floor(turn)) * bins - 0.5)) {
        for (const [row, rowShare] of twoNearest((y + 0.5) / cell - 0.5)) {
          for (const [column, columnShare] of twoNearest((x + 0.5) / cell - 0.5)) {
            if (row < 0 || column < 0 || row >= down || column >= across) continue;
            cells[(row * across + column) * bins + ((bin + bins) % bins)]! += length * binShare * rowShare * columnShare;
          }
        }
      }
    }
  }
  return cells;
}

/** The whole numbers on both sides of a place, and what falls to each. */
function twoNearest(place: number): readonly [readonly [number, number], readonly [number, number]] {
  const below = Math.floor(place);
  return [
    [below, 1 - (place - below)],
    [below + 1, place - below],
  ];
}

function normaliseBlock(features: Float32Array): void {
  const divide = (): void => {
    const length = Math.sqrt(features.reduce((sum, value) => sum + value * value, 0));
    // A block without any edge stays 0.
    if (length > 0) for (let i = 0; i < features.length; i++) features[i]! /= length;
  };
  divide();
  for (let i = 0; i < features.length; i++) features[i] = Math.min(CLIPPED_AT, features[i]!);
  divide();
}
