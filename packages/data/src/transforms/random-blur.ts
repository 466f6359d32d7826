import { checkOptions, randomUniform } from '@cnn/tensor';
import { blurPlane } from './gaussian.js';
import { positiveRange } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomBlur}. */
export interface RandomBlurOptions {
  /** The deviation of the Gaussian in pixels. Default [0.1, 2]. */
  readonly sigma?: readonly [low: number, high: number];
}

/**
 * Blurred by a Gaussian, exp(-d² / 2σ²) of the distance d, cut off at 3σ; the image is mirrored at its edges. As torchvision's
 * GaussianBlur with a kernel of 2⌈3σ⌉ + 1 pixels.
 */
export function randomBlur(options: RandomBlurOptions = {}): Transform {
  checkOptions('randomBlur', options, { sigma: positiveRange() });
  const [low, high] = options.sigma ?? [0.1, 2];
  return {
    name: 'randomBlur',
    apply: (batch, key) => {
      const [channels, height, width] = batch.shape;
      const sigmas = randomUniform(batch.size, key, low, high);
      const plane = height * width;
      for (let i = 0; i < batch.size * channels; i++)
        blurPlane(batch.images.subarray(i * plane, (i + 1) * plane), height, width, sigmas[Math.floor(i / channels)]!);
      return batch;
    },
  };
}
