import { checkOptions, option, randomBernoulli } from '@cnn/tensor';
import { sizeOf } from '../dataset.js';
import type { Transform } from './transform.js';

/** Options of {@link randomHorizontalFlip} and {@link randomVerticalFlip}. */
export interface RandomFlipOptions {
  /** How likely an image is flipped. Default 0.5. */
  readonly probability?: number;
}

/** Left and right changed, for each image by chance. */
export function randomHorizontalFlip(options: RandomFlipOptions = {}): Transform {
  return flip('randomHorizontalFlip', options, (image, _, width) => {
    // #region flip
    for (let row = 0; row < image.length; row += width) image.subarray(row, row + width).reverse();
    // #endregion flip
  });
}

/** Top and bottom changed, for each image by chance. */
export function randomVerticalFlip(options: RandomFlipOptions = {}): Transform {
  return flip('randomVerticalFlip', options, (image, height, width) => {
    for (let plane = 0; plane < image.length; plane += height * width) {
      for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
        const upper = image.slice(plane + top * width, plane + (top + 1) * width);
        image.copyWithin(plane + top * width, plane + bottom * width, plane + (bottom + 1) * width);
        image.set(upper, plane + bottom * width);
      }
    }
  });
}

function flip(
  name: string,
  options: RandomFlipOptions,
  turn: (image: Float32Array, height: number, width: number) => void,
): Transform {
  checkOptions(name, options, { probability: option.between(0, 1) });
  const { probability = 0.5 } = options;
  return {
    name,
    apply: (batch, key) => {
      const flipped = randomBernoulli(batch.size, key, probability);
      const [, height, width] = batch.shape;
      const size = sizeOf(batch.shape);
      flipped.forEach((isFlipped, i) => {
        if (isFlipped) turn(batch.images.subarray(i * size, (i + 1) * size), height, width);
      });
      return batch;
    },
  };
}
