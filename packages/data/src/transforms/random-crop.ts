import { checkOptions, option, randomBits, ShapeError } from '@cnn/tensor';
import { type ImageShape, sizeOf } from '../dataset.js';
import type { Transform } from './transform.js';

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** Zeros set around the image on every side before cropping, in pixels. */
  readonly padding: number;
  /** Height and width of the crop, or one number for both. Default: the image's own size. */
  readonly size?: number | readonly [height: number, width: number];
}

/**
 * A window at a random place of the image padded with zeros; each image of a batch has its own place. Every place is as
 * likely. Give it before {@link normalise}, so that the padding is black.
 *
 * @throws {ShapeError} if the crop is larger than the padded image.
 */
export function randomCrop(options: RandomCropOptions): Transform {
  checkOptions(
    'randomCrop',
    options,
    { padding: option.index, size: option.either(option.count, option.list(option.count, 2)) },
    ['padding'],
  );
  const { padding, size } = options;
  const cropped = ([channels, height, width]: ImageShape): ImageShape => {
    if (size === undefined) return [channels, height, width];
    return typeof size === 'number' ? [channels, size, size] : [channels, ...size];
  };
  return {
    name: 'randomCrop',
    shape: shape => {
      const [channels, height, width] = cropped(shape);
      if (height > shape[1] + 2 * padding || width > shape[2] + 2 * padding) {
        throw new ShapeError(
          `randomCrop: a crop of ${height}x${width} does not fit into ${shape[1]}x${shape[2]} with padding ${padding} on each side`,
        );
      }
      return [channels, height, width];
    },
    apply: (batch, key) => {
      const shape = cropped(batch.shape);
      const [channels, height, width] = shape;
      const [, fromHeight, fromWidth] = batch.shape;
      const images = new Float32Array(batch.size * sizeOf(shape));
      const places = randomBits(2 * batch.size, key);
      const place = (bits: number, choices: number): number => Math.floor((bits / 2 ** 32) * choices) - padding;
      for (let image = 0; image < batch.size; image++) {
        const top = place(places[2 * image]!, fromHeight + 2 * padding - height + 1);
        const left = place(places[2 * image + 1]!, fromWidth + 2 * padding - width + 1);
        const firstColumn = Math.max(0, left);
        const endColumn = Math.min(fromWidth, left + width);
        if (endColumn <= firstColumn) continue;
        for (let channel = 0; channel < channels; channel++) {
          for (let row = Math.max(0, top); row < Math.min(fromHeight, top + height); row++) {
            const from = ((image * channels + channel) * fromHeight + row) * fromWidth;
            const to = ((image * channels + channel) * height + row - top) * width - left;
            images.set(batch.images.subarray(from + firstColumn, from + endColumn), to + firstColumn);
          }
        }
      }
      return { ...batch, images, shape };
    },
  };
}
