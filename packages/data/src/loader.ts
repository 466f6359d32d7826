import { checkOptions, OptionError, option, randomKey, randomPermutation, ShapeError, show, UsageError } from '@cnn/tensor';
import type { Dataset } from './dataset.js';
import { toFloat } from './transforms/to-float.js';
import { type Batch, compose, type Transform } from './transforms/transform.js';

/** Options of {@link loader}. */
export interface LoaderOptions {
  /** Images per batch. */
  readonly batchSize: number;
  /** A new random order in each epoch; otherwise the dataset's order. Default false. */
  readonly shuffle?: boolean;
  /** Names the random order and the augmentation. Default 0. */
  readonly seed?: number;
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropLast?: boolean;
  /** What is done to each batch, in order. Default `[toFloat()]`. */
  readonly transforms?: readonly Transform[];
  /** How many batches are read ahead of the one in use. Default 2. */
  readonly prefetch?: number;
}

/** Options of one epoch of a {@link Loader}. */
export interface EpochOptions {
  /** The first batch to give; the ones before are not read. Default 0. */
  readonly startBatch?: number;
}

/** A dataset in batches. */
export interface Loader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** Batches in an epoch. */
  readonly batches: number;
  /** The shape of a full batch's images, `[batchSize, c, h, w]`. */
  readonly batchShape: readonly [size: number, channels: number, height: number, width: number];
  /** What else decides the batches, as plain JSON: two loaders of one dataset that differ here give others. */
  readonly settings: { readonly shuffle: boolean; readonly seed: number; readonly transforms: string };
  /**
   * The batches of one epoch. Their order and contents are a function of the loader's options, `epoch` and the batch's
   * position alone, so a run that goes on in the middle sees the same bits as one that was never stopped.
   *
   * @throws {OptionError} for an epoch that is no whole number from 0, or a `startBatch` beyond the number of batches.
   */
  epoch(epoch: number, options?: EpochOptions): AsyncIterable<Batch>;
}

/**
 * Cuts a dataset into batches of float32 images.
 *
 * @throws {OptionError} for an unknown or impossible option.
 * @throws {ShapeError} if a transform cannot take the images, or if there is no batch at all. @throws {UsageError} for what is no dataset.
 */
export function loader(dataset: Dataset, options: LoaderOptions): Loader {
  checkOptions(
    'loader',
    options,
    {
      batchSize: option.count,
      shuffle: option.boolean,
      seed: option.integer,
      dropLast: option.boolean,
      transforms: option.any,
      prefetch: option.index,
    },
    ['batchSize'],
  );
  const { batchSize, shuffle = false, seed = 0, dropLast = false, transforms = [toFloat()], prefetch = 2 } = options;
  if (!Array.isArray(dataset?.shape))
    throw new UsageError(`loader: ${show(dataset)} is not a dataset; of a pair { train, test } it takes one`);
  const transform = compose(...transforms);
  const shape = transform.shape!(dataset.shape);
  const batches = dropLast ? Math.floor(dataset.length / batchSize) : Math.ceil(dataset.length / batchSize);
  if (batches === 0) {
    throw new ShapeError(`loader: ${dataset.name} has ${dataset.length} images, which make no batch of ${batchSize}`);
  }

  const load = async (order: Int32Array, epoch: number, position: number): Promise<Batch> => {
    const indices = order.slice(position * batchSize, (position + 1) * batchSize);
    const { images, labels } = await dataset.read(indices);
    const batch: Batch = { images: new Float32Array(images), labels, size: indices.length, shape: dataset.shape, indices };
    return transform.apply(batch, randomKey('loader', seed, 'transforms', epoch, position));
  };

  async function* iterate(epoch: number, startBatch: number): AsyncGenerator<Batch> {
    const order = shuffle
      ? randomPermutation(dataset.length, randomKey('loader', seed, 'order', epoch))
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    const ahead: Promise<Batch>[] = [];
    for (let next = startBatch; ahead.length > 0 || next < batches; ) {
      while (next < batches && ahead.length <= prefetch) {
        const loading = load(order, epoch, next++);
        // A failure is thrown when its batch's turn comes; until then, or if the epoch is left early, it is no unhandled rejection.
        loading.catch(() => {});
        ahead.push(loading);
      }
      yield await ahead.shift()!;
    }
  }

  return {
    dataset,
    batchSize,
    batches,
    batchShape: [batchSize, ...shape],
    settings: { shuffle, seed, transforms: transform.name },
    epoch: (epoch, epochOptions = {}) => {
      checkOptions('epoch', { epoch, ...epochOptions }, { epoch: option.index, startBatch: option.index });
      const { startBatch = 0 } = epochOptions;
      if (startBatch > batches)
        throw new OptionError('epoch', 'startBatch', startBatch, `at most the ${batches} batches of an epoch`);
      return iterate(epoch, startBatch);
    },
  };
}
