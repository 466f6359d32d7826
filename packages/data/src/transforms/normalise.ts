import { checkOptions, OptionError, option, ShapeError } from '@cnn/tensor';
import type { Transform } from './transform.js';

/** Options of {@link normalise}: one number per channel. */
export interface NormaliseOptions {
  readonly mean: readonly number[];
  /** Standard deviations, above 0. */
  readonly deviation: readonly number[];
}

/**
 * (x - mean) / deviation per channel. Give it after {@link toFloat}, with the numbers of `statistics`.
 *
 * @throws {OptionError} if the lists differ in length or a deviation is not above 0.
 * @throws {ShapeError} for images with another number of channels.
 */
export function normalise(options: NormaliseOptions): Transform {
  checkOptions('normalise', options, { mean: option.list(option.number), deviation: option.list(option.positive) }, [
    'mean',
    'deviation',
  ]);
  const { mean, deviation } = options;
  if (mean.length !== deviation.length) {
    throw new OptionError('normalise', 'deviation', deviation, `as many numbers as in 'mean', ${mean.length}`);
  }
  return {
    name: 'normalise',
    shape: shape => {
      if (shape[0] !== mean.length) {
        throw new ShapeError(`normalise: ${mean.length} means for images [${shape.join(', ')}] with ${shape[0]} channels`);
      }
      return shape;
    },
    apply: batch => {
      const { images, shape } = batch;
      const plane = shape[1] * shape[2];
      for (let start = 0, channel = 0; start < images.length; start += plane, channel = (channel + 1) % shape[0]) {
        const shift = mean[channel]!;
        const scale = deviation[channel]!;
        for (let i = start; i < start + plane; i++) images[i] = (images[i]! - shift) / scale;
      }
      return batch;
    },
  };
}
