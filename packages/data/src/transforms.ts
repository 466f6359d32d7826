import {
  checkOptions,
  OptionError,
  option,
  type RandomKey,
  randomBernoulli,
  randomBits,
  randomKey,
  ShapeError,
  show,
  UsageError,
} from '@cnn/tensor';
import { type ImageShape, sizeOf } from './dataset.js';

/** Some images of a dataset, ready for a model. */
export interface Batch {
  /** `[size, c, h, w]`; bytes 0 to 255 until `toFloat` scales them. */
  readonly images: Float32Array;
  /** `[size]`, each an index into the dataset's classes. */
  readonly labels: Int32Array;
  /** `[size, classes]`, where a transform makes them: one-hot or soft labels. */
  readonly targets?: Float32Array;
  /** How many images the batch holds. */
  readonly size: number;
  /** The shape of one image, `[c, h, w]`. */
  readonly shape: ImageShape;
  /** `[size]`, which items of the dataset these are. */
  readonly indices: Int32Array;
}

/** A change made to whole batches: scaling, augmentation, other labels. */
export interface Transform {
  /** What it is called in messages. */
  readonly name: string;
  /** The shape it makes of images of a shape; absent where it keeps the shape. Throws a ShapeError for one it cannot take. */
  shape?(shape: ImageShape): ImageShape;
  /** The changed batch. The batch it gets is its own: it may write into it and return it. All chance comes from `key`. */
  apply(batch: Batch, key: RandomKey): Batch;
}

/**
 * Transforms one after the other as one; each gets a key of its own, so that adding one at the end changes none before it.
 *
 * @throws {UsageError} for something that is no transform, as `toFloat` instead of `toFloat()`.
 */
export function compose(...transforms: readonly Transform[]): Transform {
  transforms.forEach((transform, i) => {
    // A function has an `apply`, too.
    if (typeof transform !== 'object' || typeof transform?.apply !== 'function')
      throw new UsageError(`transform ${i} is ${show(transform)}, not a transform as toFloat() gives it`);
  });
  return {
    name: transforms.map(transform => transform.name).join(', '),
    shape: shape => transforms.reduce((current, transform) => transform.shape?.(current) ?? current, shape),
    apply: (batch, key) =>
      transforms.reduce((current, transform, position) => transform.apply(current, randomKey(...key, position)), batch),
  };
}

/** Bytes to numbers from 0 to 1: x / 255, as PyTorch's ToTensor. */
export function toFloat(): Transform {
  return {
    name: 'toFloat',
    apply: batch => {
      const { images } = batch;
      for (let i = 0; i < images.length; i++) images[i] = images[i]! / 255;
      return batch;
    },
  };
}

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

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** Zeros set around the image on every side before cropping, in pixels. */
  readonly padding: number;
  /** Height and width of the crop, or one number for both. Default: the image's own size. */
  readonly size?: number | readonly [height: number, width: number];
}

/**
 * A window at a random place of the image padded with zeros; each image of a batch has its own place. Every place is as
 * likely. Give it before {@link normalise}, so that the padding is black.
 *
 * @throws {ShapeError} if the crop is larger than the padded image.
 */
export function randomCrop(options: RandomCropOptions): Transform {
  checkOptions(
    'randomCrop',
    options,
    { padding: option.index, size: option.either(option.count, option.list(option.count, 2)) },
    ['padding'],
  );
  const { padding, size } = options;
  const cropped = ([channels, height, width]: ImageShape): ImageShape => {
    if (size === undefined) return [channels, height, width];
    return typeof size === 'number' ? [channels, size, size] : [channels, ...size];
  };
  return {
    name: 'randomCrop',
    shape: shape => {
      const [channels, height, width] = cropped(shape);
      if (height > shape[1] + 2 * padding || width > shape[2] + 2 * padding) {
        throw new ShapeError(
          `randomCrop: a crop of ${height}x${width} does not fit into ${shape[1]}x${shape[2]} with padding ${padding} on each side`,
        );
      }
      return [channels, height, width];
    },
    apply: (batch, key) => {
      const shape = cropped(batch.shape);
      const [channels, height, width] = shape;
      const [, fromHeight, fromWidth] = batch.shape;
      const images = new Float32Array(batch.size * sizeOf(shape));
      const places = randomBits(2 * batch.size, key);
      const place = (bits: number, choices: number): number => Math.floor((bits / 2 ** 32) * choices) - padding;
      for (let image = 0; image < batch.size; image++) {
        const top = place(places[2 * image]!, fromHeight + 2 * padding - height + 1);
        const left = place(places[2 * image + 1]!, fromWidth + 2 * padding - width + 1);
        const firstColumn = Math.max(0, left);
        const endColumn = Math.min(fromWidth, left + width);
        if (endColumn <= firstColumn) continue;
        for (let channel = 0; channel < channels; channel++) {
          for (let row = Math.max(0, top); row < Math.min(fromHeight, top + height); row++) {
            const from = ((image * channels + channel) * fromHeight + row) * fromWidth;
            const to = ((image * channels + channel) * height + row - top) * width - left;
            images.set(batch.images.subarray(from + firstColumn, from + endColumn), to + firstColumn);
          }
        }
      }
      return { ...batch, images, shape };
    },
  };
}

/** Options of {@link randomHorizontalFlip}. */
export interface RandomHorizontalFlipOptions {
  /** How likely an image is flipped. Default 0.5. */
  readonly probability?: number;
}

/** Left and right changed, for each image by chance. */
export function randomHorizontalFlip(options: RandomHorizontalFlipOptions = {}): Transform {
  checkOptions('randomHorizontalFlip', options, { probability: option.between(0, 1) });
  const { probability = 0.5 } = options;
  return {
    name: 'randomHorizontalFlip',
    apply: (batch, key) => {
      const flipped = randomBernoulli(batch.size, key, probability);
      const width = batch.shape[2];
      const size = sizeOf(batch.shape);
      for (let image = 0; image < batch.size; image++) {
        if (!flipped[image]) continue;
        for (let row = image * size; row < (image + 1) * size; row += width) batch.images.subarray(row, row + width).reverse();
      }
      return batch;
    },
  };
}

/** Options of {@link oneHot}. */
export interface OneHotOptions {
  /** How many classes there are. */
  readonly classes: number;
}

/**
 * Sets `targets` `[size, classes]`: 1 at the label, 0 elsewhere.
 *
 * @throws {OptionError} for a label that is not below `classes`.
 */
export function oneHot(options: OneHotOptions): Transform {
  checkOptions('oneHot', options, { classes: option.count }, ['classes']);
  const { classes } = options;
  return {
    name: 'oneHot',
    apply: batch => {
      const targets = new Float32Array(batch.size * classes);
      batch.labels.forEach((label, i) => {
        if (label >= classes) throw new OptionError('oneHot', 'classes', classes, `more than the label ${label}`);
        targets[i * classes + label] = 1;
      });
      return { ...batch, targets };
    },
  };
}
