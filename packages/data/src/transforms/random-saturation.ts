import { checkOptions } from '@cnn/tensor';
import { colourOnly, luma, photometric } from './photometric.js';
import { aroundOne, type RandomRange, rangeOfFactors } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomSaturation}. */
export interface RandomSaturationOptions {
  /** 0 is the grey image, 1 the image. Default 0.4: from 0.6 to 1.4. */
  readonly factor?: RandomRange;
}

/**
 * Paler or more colourful: f x + (1 - f) g, clipped to 0 to 1, where g is the pixel's grey. Give it between `toFloat` and
 * `normalise`. As torchvision's `adjust_saturation`.
 *
 * @throws {ShapeError} for images that have not 3 channels.
 */
export function randomSaturation(options: RandomSaturationOptions = {}): Transform {
  checkOptions('randomSaturation', options, { factor: rangeOfFactors });
  return {
    shape: colourOnly('randomSaturation'),
    ...photometric('randomSaturation', aroundOne(options.factor ?? 0.4), (image, factor, [, height, width]) => {
      const plane = height * width;
      for (let i = 0; i < plane; i++) {
        const grey = (1 - factor) * luma(image[i]!, image[plane + i]!, image[2 * plane + i]!);
        for (let at = i; at < image.length; at += plane) image[at] = factor * image[at]! + grey;
      }
    }),
  };
}
