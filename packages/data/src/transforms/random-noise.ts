import { checkOptions, option, randomNormal } from '@cnn/tensor';
import { checkUnitValues, clip } from './photometric.js';
import type { Transform } from './transform.js';

/** Options of {@link randomNoise}. */
export interface RandomNoiseOptions {
  /** The deviation of the noise, where white is 1. Default 0.05. */
  readonly deviation?: number;
}

/** Noise of a normal distribution with mean 0 added to every value, clipped to 0 to 1. Give it between `toFloat` and `normalise`. */
export function randomNoise(options: RandomNoiseOptions = {}): Transform {
  checkOptions('randomNoise', options, { deviation: option.nonNegative });
  const { deviation = 0.05 } = options;
  return {
    name: 'randomNoise',
    apply: (batch, key) => {
      checkUnitValues('randomNoise', batch);
      const noise = randomNormal(batch.images.length, key, 0, deviation);
      noise.forEach((value, i) => {
        batch.images[i]! += value;
      });
      clip(batch.images);
      return batch;
    },
  };
}
