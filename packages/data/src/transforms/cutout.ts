import { checkOptions, option, randomUniform } from '@cnn/tensor';
import { fillRectangle, rectangleAround } from './rectangle.js';
import type { Transform } from './transform.js';

/** Options of {@link cutout}. */
export interface CutoutOptions {
  /** The side of the square in pixels. */
  readonly size: number;
  /** What is put in its place. Default 0. */
  readonly value?: number;
}

/**
 * Occlusion by a square around a random pixel; what is beyond the edge is cut off (DeVries and Taylor, "Improved regularization of
 * convolutional neural networks with cutout", 2017; for CIFAR-10 size 16). Give it after `normalise`, so that the square has the mean.
 */
export function cutout(options: CutoutOptions): Transform {
  checkOptions('cutout', options, { size: option.count, value: option.number }, ['size']);
  const { size, value = 0 } = options;
  return {
    name: 'cutout',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      const places = randomUniform(2 * batch.size, key);
      for (let image = 0; image < batch.size; image++) {
        const x = Math.floor(places[2 * image]! * width);
        const y = Math.floor(places[2 * image + 1]! * height);
        fillRectangle(batch.images, image, batch.shape, rectangleAround(x, y, size, size, batch.shape), value);
      }
      return batch;
    },
  };
}
