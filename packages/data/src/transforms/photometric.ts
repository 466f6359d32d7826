import { randomUniform, ShapeError, UsageError } from '@cnn/tensor';
import { type ImageShape, sizeOf } from '../dataset.js';
import type { Batch, Transform } from './transform.js';

/**
 * A transform of the values of each image, which are from 0 to 1 before and after.
 *
 * @param range - Where the one number for each image is drawn from.
 * @param change - Writes the changed values into the image `[c, h, w]`; what leaves 0 to 1 is clipped afterwards.
 */
export function photometric(
  name: string,
  [low, high]: readonly [number, number],
  change: (image: Float32Array, amount: number, shape: ImageShape) => void,
): Transform {
  return {
    name,
    apply: (batch, key) => {
      checkUnitValues(name, batch);
      const amounts = randomUniform(batch.size, key, low, high);
      const size = sizeOf(batch.shape);
      amounts.forEach((amount, i) => {
        change(batch.images.subarray(i * size, (i + 1) * size), amount, batch.shape);
      });
      clip(batch.images);
      return batch;
    },
  };
}

/** Refuses bytes and normalised values, which would be clipped to white and black. */
export function checkUnitValues(name: string, { images }: Batch): void {
  for (let i = 0; i < images.length; i++) {
    const value = images[i]!;
    // NaN fails both comparisons.
    if (!(value >= -1e-6 && value <= 1 + 1e-6))
      throw new UsageError(
        `${name}: a value is ${value}; it takes values from 0 to 1: give it after toFloat and before normalise`,
      );
  }
}

/** Values below 0 become 0, values above 1 become 1. */
export function clip(images: Float32Array): void {
  for (let i = 0; i < images.length; i++) images[i] = Math.min(1, Math.max(0, images[i]!));
}

/** Refuses images that are not red, green and blue. */
export const colourOnly =
  (name: string) =>
  (shape: ImageShape): ImageShape => {
    if (shape[0] !== 3)
      throw new ShapeError(`${name}: images [${shape.join(', ')}] have ${shape[0]} channels; it takes 3: red, green, blue`);
    return shape;
  };

/** The grey value of a pixel by the luma of ITU-R BT.601. */
export const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;
