import { type RandomKey, randomKey, show, UsageError } from '@cnn/tensor';
import type { ImageShape } from '../dataset.js';

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
