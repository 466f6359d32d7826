import { checkOptions } from '@cnn/tensor';
import { photometric } from './photometric.js';
import { aroundOne, type RandomRange, rangeOfFactors } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomBrightness}. */
export interface RandomBrightnessOptions {
  /** What values are multiplied by: 0 is black, 1 the image. Default 0.4: from 0.6 to 1.4. */
  readonly factor?: RandomRange;
}

/** Lighter or darker: f x, clipped to 0 to 1. Give it between `toFloat` and `normalise`. As torchvision's `adjust_brightness`. */
export function randomBrightness(options: RandomBrightnessOptions = {}): Transform {
  checkOptions('randomBrightness', options, { factor: rangeOfFactors });
  return photometric('randomBrightness', aroundOne(options.factor ?? 0.4), (image, factor) => {
    for (let i = 0; i < image.length; i++) image[i] = factor * image[i]!;
  });
}
