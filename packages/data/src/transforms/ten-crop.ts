import { checkOptions, option, ShapeError } from '@cnn/tensor';
import { type ImageShape, sizeOf } from '../dataset.js';
import type { Batch } from './transform.js';

/** Options of {@link tenCrop}. */
export interface TenCropOptions {
  /** Height and width of the crops, or one number for both. */
  readonly size: number | readonly [height: number, width: number];
}

const CROPS = 10;

/**
 * Ten views of each image for the test: the four corners and the middle, and the same flipped (Krizhevsky et al., 2012, section 4.1). Crops
 * of one image follow each other, with its label; predict with all, then {@link averageCrops}.
 *
 * @returns a batch of 10 times the size.
 * @throws {ShapeError} if the crop is larger than the image.
 */
export function tenCrop(batch: Batch, options: TenCropOptions): Batch {
  checkOptions('tenCrop', options, { size: option.either(option.count, option.list(option.count, 2)) }, ['size']);
  const [channels, fromHeight, fromWidth] = batch.shape;
  const [height, width] = typeof options.size === 'number' ? [options.size, options.size] : options.size;
  if (height > fromHeight || width > fromWidth)
    throw new ShapeError(`tenCrop: a crop of ${height}x${width} does not fit into ${fromHeight}x${fromWidth}`);
  const [bottom, right] = [fromHeight - height, fromWidth - width];
  const places = [
    [0, 0],
    [0, right],
    [bottom, 0],
    [bottom, right],
    [Math.round(bottom / 2), Math.round(right / 2)],
  ] as const;
  const shape: ImageShape = [channels, height, width];
  const images = new Float32Array(CROPS * batch.size * sizeOf(shape));
  let to = 0;
  for (let image = 0; image < batch.size; image++) {
    for (const isFlipped of [false, true]) {
      for (const [top, left] of places) {
        for (let channel = 0; channel < channels; channel++) {
          for (let row = top; row < top + height; row++, to += width) {
            const from = ((image * channels + channel) * fromHeight + row) * fromWidth + left;
            images.set(batch.images.subarray(from, from + width), to);
            if (isFlipped) images.subarray(to, to + width).reverse();
          }
        }
      }
    }
  }
  // What goes with an image goes with each of its crops; `length` values belong to one image.
  const originOf = (i: number, length: number): number => Math.floor(i / (CROPS * length)) * length + (i % length);
  const repeated = (values: Int32Array): Int32Array =>
    Int32Array.from({ length: CROPS * values.length }, (_, i) => values[originOf(i, 1)]!);
  const { targets, ...rest } = batch;
  const classes = (targets?.length ?? 0) / batch.size;
  return {
    ...rest,
    images,
    labels: repeated(batch.labels),
    indices: repeated(batch.indices),
    size: CROPS * batch.size,
    shape,
    ...(targets && {
      targets: Float32Array.from({ length: CROPS * targets.length }, (_, i) => targets[originOf(i, classes)]!),
    }),
  };
}

/**
 * The mean of what a model says to the ten crops of each image. As in AlexNet, give it probabilities, after the softmax.
 *
 * @param scores - `[10 n, classes]`, as {@link tenCrop} orders them.
 * @returns `[n, classes]`.
 * @throws {ShapeError} if there are not ten rows for each image.
 */
export function averageCrops(scores: ArrayLike<number>, classes: number): Float32Array {
  checkOptions('averageCrops', { classes }, { classes: option.count });
  if (scores.length % (CROPS * classes) !== 0)
    throw new ShapeError(`averageCrops: ${scores.length} scores are no whole number of ${CROPS} crops of ${classes} classes`);
  const means = new Float64Array(scores.length / CROPS);
  for (let i = 0; i < scores.length; i++) {
    means[Math.floor(i / (CROPS * classes)) * classes + (i % classes)]! += scores[i]! / CROPS;
  }
  return Float32Array.from(means);
}
