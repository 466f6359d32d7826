import { checkOptions, option, type RandomKey, randomKey, randomUniform } from '@cnn/tensor';
import { positiveRange } from './random-range.js';
import { fillRectangle } from './rectangle.js';
import type { Transform } from './transform.js';

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions {
  /** How likely an image is changed. Default 0.5. */
  readonly probability?: number;
  /** The rectangle's area as a fraction of the image's. Default [0.02, 0.33]. */
  readonly scale?: readonly [low: number, high: number];
  /** The rectangle's height divided by its width, drawn evenly on a logarithmic scale. Default [0.3, 3.3]. */
  readonly ratio?: readonly [low: number, high: number];
  /** What is put in its place. Default 0. */
  readonly value?: number;
}

const TRIES = 10;

/**
 * Occlusion by a rectangle of random size, proportions and place, which lies within the image (Zhong et al., "Random erasing data
 * augmentation", 2017). An image where ten draws give no rectangle that fits stays as it is. As torchvision's RandomErasing.
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  checkOptions('randomErasing', options, {
    probability: option.between(0, 1),
    scale: positiveRange(1),
    ratio: positiveRange(),
    value: option.number,
  });
  const { probability = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  const erase = (images: Float32Array, image: number, shape: readonly [number, number, number], key: RandomKey): void => {
    const [, height, width] = shape;
    const drawn = randomUniform(4 * TRIES, key);
    for (let at = 0; at < 4 * TRIES; at += 4) {
      const area = height * width * (scale[0] + (scale[1] - scale[0]) * drawn[at]!);
      const proportion = ratio[0] * (ratio[1] / ratio[0]) ** drawn[at + 1]!;
      const erasedHeight = Math.round(Math.sqrt(area * proportion));
      const erasedWidth = Math.round(Math.sqrt(area / proportion));
      if (erasedHeight >= height || erasedWidth >= width) continue;
      const top = Math.floor(drawn[at + 2]! * (height - erasedHeight + 1));
      const left = Math.floor(drawn[at + 3]! * (width - erasedWidth + 1));
      fillRectangle(images, image, shape, { top, left, bottom: top + erasedHeight, right: left + erasedWidth }, value);
      return;
    }
  };
  return {
    name: 'randomErasing',
    apply: (batch, key) => {
      const chances = randomUniform(batch.size, randomKey(...key, 'probability'));
      chances.forEach((chance, image) => {
        if (chance < probability) erase(batch.images, image, batch.shape, randomKey(...key, image));
      });
      return batch;
    },
  };
}
