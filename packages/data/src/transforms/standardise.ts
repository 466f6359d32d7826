import { checkOptions, OptionError, option, ShapeError } from '@cnn/tensor';
import { type ImageShape, sizeOf } from '../dataset.js';
import type { Transform } from './transform.js';

/** Options of {@link subtractMeanImage}. */
export interface SubtractMeanImageOptions {
  /** The mean image, `[c · h · w]`, as `pixelStatistics` gives it. */
  readonly mean: readonly number[];
}

/** Options of {@link standardise}: one number for each value of an image, as `pixelStatistics` gives them. */
export interface StandardiseOptions extends SubtractMeanImageOptions {
  /** Standard deviations, `[c · h · w]`; where one is 0, values are only centred. */
  readonly deviation: readonly number[];
}

/**
 * x - mean, with a mean image, as AlexNet. Give it after `toFloat`. (For one mean for each channel, as in VGG: `normalise` with deviations of 1.)
 *
 * @throws {ShapeError} for images of another size.
 */
export function subtractMeanImage(options: SubtractMeanImageOptions): Transform {
  checkOptions('subtractMeanImage', options, { mean: option.list(option.number) }, ['mean']);
  return perValue('subtractMeanImage', options.mean, (value, i) => value - options.mean[i]!);
}

/**
 * (x - mean) / deviation at each place of the image: every value has mean 0 and deviation 1 over the training set. Give it after
 * `toFloat`. A place where all training images are equal is only centred, as in scikit-learn's StandardScaler.
 *
 * @throws {OptionError} if the lists differ in length or a deviation is below 0.
 * @throws {ShapeError} for images of another size.
 */
export function standardise(options: StandardiseOptions): Transform {
  checkOptions('standardise', options, { mean: option.list(option.number), deviation: option.list(option.nonNegative) }, [
    'mean',
    'deviation',
  ]);
  const { mean, deviation } = options;
  if (mean.length !== deviation.length)
    throw new OptionError('standardise', 'deviation', deviation, `as many numbers as in 'mean', ${mean.length}`);
  return perValue('standardise', mean, (value, i) => (value - mean[i]!) / (deviation[i]! || 1));
}

function perValue(name: string, mean: readonly number[], change: (value: number, i: number) => number): Transform {
  return {
    name,
    shape: (shape: ImageShape) => {
      if (sizeOf(shape) !== mean.length)
        throw new ShapeError(`${name}: ${mean.length} means for images [${shape.join(', ')}] with ${sizeOf(shape)} values`);
      return shape;
    },
    apply: batch => {
      for (let i = 0; i < batch.images.length; i++) batch.images[i] = change(batch.images[i]!, i % mean.length);
      return batch;
    },
  };
}
