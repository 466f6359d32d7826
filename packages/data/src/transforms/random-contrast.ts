import { checkOptions } from '@cnn/tensor';
import { luma, photometric } from './photometric.js';
import { aroundOne, type RandomRange, rangeOfFactors } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomContrast}. */
export interface RandomContrastOptions {
  /** 0 is plain grey, 1 the image. Default 0.4: from 0.6 to 1.4. */
  readonly factor?: RandomRange;
}

/**
 * Values nearer to the image's mean or farther from it: f x + (1 - f) m, clipped to 0 to 1, where m is the mean of the grey
 * image. Give it between `toFloat` and `normalise`. As torchvision's `adjust_contrast`.
 */
export function randomContrast(options: RandomContrastOptions = {}): Transform {
  checkOptions('randomContrast', options, { factor: rangeOfFactors });
  return photometric('randomContrast', aroundOne(options.factor ?? 0.4), (image, factor, [channels, height, width]) => {
    const plane = height * width;
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += image[i]! * weightOf(Math.floor(i / plane), channels);
    const mean = sum / plane;
    for (let i = 0; i < image.length; i++) image[i] = factor * image[i]! + (1 - factor) * mean;
  });
}

/** What a channel counts in the grey image: luma for colour, otherwise all the same. */
const weightOf = (channel: number, channels: number): number =>
  channels === 3 ? luma(Number(channel === 0), Number(channel === 1), Number(channel === 2)) : 1 / channels;
