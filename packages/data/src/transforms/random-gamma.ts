import { checkOptions } from '@cnn/tensor';
import { photometric } from './photometric.js';
import { positiveRange } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomGamma}. */
export interface RandomGammaOptions {
  /** The exponent: below 1 shadows become lighter, above 1 darker. Default [0.7, 1.5]. */
  readonly gamma?: readonly [low: number, high: number];
}

/** Gamma correction: x^γ. Give it between `toFloat` and `normalise`. As torchvision's `adjust_gamma`. */
export function randomGamma(options: RandomGammaOptions = {}): Transform {
  checkOptions('randomGamma', options, { gamma: positiveRange() });
  return photometric('randomGamma', options.gamma ?? [0.7, 1.5], (image, gamma) => {
    // A fraction's power of the -1e-7 that interpolation may leave would be NaN.
    for (let i = 0; i < image.length; i++) image[i] = Math.max(0, image[i]!) ** gamma;
  });
}
