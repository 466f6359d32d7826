import { checkOptions, OptionError } from '@cnn/tensor';
import { luma, photometric } from './photometric.js';
import { positiveRange } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomJpeg}. */
export interface RandomJpegOptions {
  /** JPEG quality from 1, the worst, to 100. Default [20, 80]. */
  readonly quality?: readonly [low: number, high: number];
}

/**
 * The artefacts of JPEG: blocks of 8x8 pixels are rounded in the cosine domain, by the tables of ITU-T T.81, Annex K, scaled to a quality
 * as the Independent JPEG Group does. Three channels are taken for red, green and blue and go by way of YCbCr, unsampled; any other
 * number for grey planes. Give it between `toFloat` and `normalise`.
 */
export function randomJpeg(options: RandomJpegOptions = {}): Transform {
  checkOptions('randomJpeg', options, { quality: positiveRange(100) });
  const { quality = [20, 80] } = options;
  if (quality[0] < 1) throw new OptionError('randomJpeg', 'quality', quality, '[low, high] from 1');
  return photometric('randomJpeg', quality, (image, drawn, [channels, height, width]) => {
    const plane = height * width;
    const isColour = channels === 3;
    if (isColour) changeColours(image, plane, toYCbCr);
    for (let channel = 0; channel < channels; channel++) {
      const table = isColour && channel > 0 ? CHROMA : LUMA;
      roundBlocks(image.subarray(channel * plane, (channel + 1) * plane), height, width, scaled(table, drawn));
    }
    if (isColour) changeColours(image, plane, toRgb);
  });
}

/** Annex K, table K.1. */
export const LUMA = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();

/** Annex K, table K.2. */
export const CHROMA = [
  [17, 18, 24, 47, 99, 99, 99, 99],
  [18, 21, 26, 66, 99, 99, 99, 99],
  [24, 26, 56, 99, 99, 99, 99, 99],
  [47, 66, 99, 99, 99, 99, 99, 99],
  [99, 99, 99, 99, 99, 99, 99, 99],
  [99, 99, 99, 99, 99, 99, 99, 99],
  [99, 99, 99, 99, 99, 99, 99, 99],
  [99, 99, 99, 99, 99, 99, 99, 99],
].flat();

/** A table at a quality, as libjpeg's `jpeg_quality_scaling` and `jpeg_add_quant_table`: whole numbers from 1 to 255. */
export function scaled(table: readonly number[], quality: number): number[] {
  const whole = Math.round(quality);
  const percent = whole < 50 ? Math.floor(5000 / whole) : 200 - 2 * whole;
  return table.map(step => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}

const SIDE = 8;

/** The discrete cosine transform of eight values as a matrix `[frequency, position]`; its transpose is its inverse. */
const COSINES = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [frequency, position] = [Math.floor(i / SIDE), i % SIDE];
  const scale = frequency === 0 ? Math.sqrt(1 / SIDE) : Math.sqrt(2 / SIDE);
  return scale * Math.cos(((2 * position + 1) * frequency * Math.PI) / (2 * SIDE));
});

/** Rounds a plane of values 0 to 1 block by block; blocks that stick out are filled with the last row and column. */
function roundBlocks(plane: Float32Array, height: number, width: number, steps: readonly number[]): void {
  const block = new Float64Array(SIDE * SIDE);
  for (let top = 0; top < height; top += SIDE) {
    for (let left = 0; left < width; left += SIDE) {
      for (let i = 0; i < block.length; i++) {
        const y = Math.min(height - 1, top + Math.floor(i / SIDE));
        const x = Math.min(width - 1, left + (i % SIDE));
        block[i] = Math.round(255 * plane[y * width + x]!) - 128;
      }
      const frequencies = cosineTransform(block, false);
      for (let i = 0; i < block.length; i++) frequencies[i] = Math.round(frequencies[i]! / steps[i]!) * steps[i]!;
      const values = cosineTransform(frequencies, true);
      for (let y = top; y < Math.min(height, top + SIDE); y++) {
        for (let x = left; x < Math.min(width, left + SIDE); x++) {
          const value = Math.round(values[(y - top) * SIDE + x - left]! + 128);
          plane[y * width + x] = Math.min(255, Math.max(0, value)) / 255;
        }
      }
    }
  }
}

/** C B Cᵀ of a block B, or Cᵀ B C for the way back. */
function cosineTransform(block: Float64Array, isInverse: boolean): Float64Array {
  const cosine = (to: number, from: number): number => (isInverse ? COSINES[from * SIDE + to]! : COSINES[to * SIDE + from]!);
  const rows = new Float64Array(block.length);
  const both = new Float64Array(block.length);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) for (let k = 0; k < SIDE; k++) rows[y * SIDE + x]! += cosine(x, k) * block[y * SIDE + k]!;
  }
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) for (let k = 0; k < SIDE; k++) both[y * SIDE + x]! += cosine(y, k) * rows[k * SIDE + x]!;
  }
  return both;
}

type Colour = readonly [number, number, number];

function changeColours(image: Float32Array, plane: number, change: (...colour: Colour) => Colour): void {
  for (let i = 0; i < plane; i++) {
    const [first, second, third] = change(image[i]!, image[plane + i]!, image[2 * plane + i]!);
    image[i] = first;
    image[plane + i] = second;
    image[2 * plane + i] = third;
  }
}

/** ITU-T T.871, with chroma around 128 / 255. */
function toYCbCr(red: number, green: number, blue: number): Colour {
  const y = luma(red, green, blue);
  return [y, (blue - y) / 1.772 + 128 / 255, (red - y) / 1.402 + 128 / 255];
}

function toRgb(y: number, cb: number, cr: number): Colour {
  const red = y + 1.402 * (cr - 128 / 255);
  const blue = y + 1.772 * (cb - 128 / 255);
  return [red, (y - 0.299 * red - 0.114 * blue) / 0.587, blue];
}
