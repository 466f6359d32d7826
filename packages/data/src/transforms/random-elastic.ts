import { checkOptions, option, randomKey, randomUniform } from '@cnn/tensor';
import { blurPlane } from './gaussian.js';
import type { Transform } from './transform.js';
import { warp } from './warp.js';

/** Options of {@link randomElastic}. */
export interface RandomElasticOptions {
  /** How strong the displacements are: each is `alpha` times the mean of random numbers from -1 to 1, in pixels. */
  readonly alpha: number;
  /** The deviation of the Gaussian that smooths them, in pixels: small is noise, large a translation. */
  readonly sigma: number;
  /** What is outside of the image. Default 0. */
  readonly fill?: number;
}

/**
 * Each pixel from a place near by, near pixels from like places: random displacements smoothed by a Gaussian (Simard et al.,
 * "Best practices for convolutional neural networks", 2003; for 29x29 digits alpha 34 and sigma 4). Bilinear, the same size.
 */
export function randomElastic(options: RandomElasticOptions): Transform {
  checkOptions('randomElastic', options, { alpha: option.nonNegative, sigma: option.positive, fill: option.number }, [
    'alpha',
    'sigma',
  ]);
  const { alpha, sigma, fill = 0 } = options;
  return {
    name: 'randomElastic',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      const displacements = (image: number, axis: string): Float64Array => {
        const field = randomUniform(height * width, randomKey(...key, image, axis), -1, 1);
        blurPlane(field, height, width, sigma);
        return field;
      };
      return warp(batch, [height, width], fill, image => {
        const right = displacements(image, 'x');
        const down = displacements(image, 'y');
        return (x, y) => [x + alpha * right[y * width + x]!, y + alpha * down[y * width + x]!];
      });
    },
  };
}
