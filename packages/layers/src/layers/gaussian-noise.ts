import { option, randomNormal, tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseConfig {
  /** The deviation of the noise. */
  readonly deviation: number;
}

/** In training x plus normal noise of mean 0 (Sietsma and Dow, 1991; Bishop, 1995); otherwise x, [n, ...]. */
export const gaussianNoise = defineLayer({
  type: 'gaussianNoise',
  options: { deviation: option.nonNegative },
  required: ['deviation'],
  forward: (x, _, { deviation }: GaussianNoiseConfig, { training, key }) =>
    training ? ops.add(x, tensor(x.backend, randomNormal(x.size, key, 0, deviation), { shape: x.shape, dtype: x.dtype })) : x,
});
