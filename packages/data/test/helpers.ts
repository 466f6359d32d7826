import { readFileSync } from 'node:fs';
import type { Batch, ImageShape } from '../src/index.js';

/** A batch with an image for each label. */
export const batchOf = (shape: ImageShape, images: number[], labels: number[]): Batch => ({
  images: Float32Array.from(images),
  labels: Int32Array.from(labels),
  size: labels.length,
  shape,
  indices: Int32Array.from(labels.keys()),
});

/** What torchvision 0.14, Pillow and numpy compute; made by fixtures/make-transforms.py. */
export const torchvision = JSON.parse(readFileSync(new URL('./fixtures/transforms.json', import.meta.url), 'utf8')) as {
  /** `[3, 9, 7]`, 0 to 1. */
  small: number[];
  /** `[3, 24, 24]`, bytes. */
  bytes: number[];
  /** `[3, 19, 21]`, bytes. */
  smooth: number[];
  /** Where the perspective moves the corners of `small`, clockwise from the top left. */
  corners: [[number, number], [number, number], [number, number], [number, number]];
  results: Record<string, number[]>;
  /** libjpeg's quantisation tables of luma and chroma by quality, row by row. */
  jpegTables: Record<string, [number[], number[]]>;
  pca: {
    images: number[];
    mean: number[];
    deviation: number[];
    variances: number[];
    components: number[][];
    epsilon: number;
    zca: number[];
  };
};

/** The largest difference between two lists of the same length. */
export function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) throw new Error(`${found.length} values, ${expected.length} expected`);
  return Array.from(found, (value, i) => Math.abs(value - expected[i]!)).reduce((most, value) => Math.max(most, value), 0);
}
