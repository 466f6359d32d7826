import { type ImageShape, sizeOf } from '../dataset.js';
import type { Batch } from './transform.js';

/** Where in an image a pixel of the result comes from; whole numbers are pixel centres. */
export type SourceOf = (x: number, y: number) => readonly [x: number, y: number];

/**
 * Every geometric transform: each pixel of the result is read from somewhere in the image, between pixels by bilinear
 * interpolation. Outside of the image everything is `fill`.
 *
 * @param sourceOf - Gives the map of an image of the batch.
 * @returns a batch of images `[c, height, width]`.
 */
export function warp(
  batch: Batch,
  [height, width]: readonly [height: number, width: number],
  fill: number,
  sourceOf: (image: number) => SourceOf,
): Batch {
  const [channels, fromHeight, fromWidth] = batch.shape;
  const shape: ImageShape = [channels, height, width];
  const images = new Float32Array(batch.size * sizeOf(shape));
  const plane = fromHeight * fromWidth;
  const valueAt = (start: number, x: number, y: number): number =>
    x < 0 || y < 0 || x >= fromWidth || y >= fromHeight ? fill : batch.images[start + y * fromWidth + x]!;
  for (let image = 0; image < batch.size; image++) {
    const source = sourceOf(image);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [sourceX, sourceY] = source(x, y);
        const left = Math.floor(sourceX);
        const top = Math.floor(sourceY);
        const right = sourceX - left;
        const down = sourceY - top;
        for (let channel = 0; channel < channels; channel++) {
          const start = (image * channels + channel) * plane;
          const upper = (1 - right) * valueAt(start, left, top) + right * valueAt(start, left + 1, top);
          const lower = (1 - right) * valueAt(start, left, top + 1) + right * valueAt(start, left + 1, top + 1);
          images[((image * channels + channel) * height + y) * width + x] = (1 - down) * upper + down * lower;
        }
      }
    }
  }
  return { ...batch, images, shape };
}
