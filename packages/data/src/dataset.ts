import { checkOptions, DTypeError, OptionError, option, ShapeError } from '@cnn/tensor';

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** Images and their labels, held on the host. */
export interface Dataset {
  /** What the set is called in messages. */
  readonly name: string;
  /** How many images it holds. */
  readonly length: number;
  /** The shape of every image, `[c, h, w]`. */
  readonly shape: ImageShape;
  /** Class names; labels are indices into this list. */
  readonly classes: readonly string[];
  /**
   * Items by index, in the order asked for.
   *
   * @returns images as bytes 0 to 255, `[n, c, h, w]`, in memory of their own, and labels `[n]`.
   * @throws {OptionError} for an index outside the set.
   */
  read(indices: ArrayLike<number>): Promise<{ images: Uint8Array; labels: Int32Array }>;
  /** One item after the other, from the first. */
  [Symbol.asyncIterator](): AsyncIterator<{ image: Uint8Array; label: number }>;
}

/** A training set and the test set that belongs to it: the same shape, the same classes. */
export interface DatasetPair {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** What {@link arrayDataset} makes a dataset of. */
export interface ArrayDatasetOptions {
  readonly name: string;
  /** Bytes 0 to 255, `[n, c, h, w]`. Held, not copied. */
  readonly images: Uint8Array;
  /** `[n]`, each an index into `classes`. */
  readonly labels: ArrayLike<number>;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
}

/**
 * A dataset over arrays in memory.
 *
 * @throws {DTypeError} for images that are not bytes 0 to 255 in a Uint8Array.
 * @throws {ShapeError} if the number of bytes is not that of as many images as there are labels.
 * @throws {OptionError} for an impossible shape or a label that is no class; it names the item.
 */
export function arrayDataset(options: ArrayDatasetOptions): Dataset {
  checkOptions(
    'arrayDataset',
    options,
    {
      name: option.text,
      images: option.any,
      labels: option.any,
      shape: option.list(option.count, 3),
      classes: option.list(option.text),
    },
    ['name', 'images', 'labels', 'shape', 'classes'],
  );
  const { name, images, shape, classes } = options;
  // Numbers from 0 to 1 would all become 0.
  if (!(images instanceof Uint8Array)) throw new DTypeError(`${name}: the images must be bytes 0 to 255 in a Uint8Array`);
  const labels = Int32Array.from(options.labels);
  const itemSize = sizeOf(shape);
  if (images.length !== labels.length * itemSize) {
    throw new ShapeError(
      `${name}: ${labels.length} labels of images [${shape.join(', ')}] need ${labels.length * itemSize} bytes; there are ${images.length}`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    const label = options.labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes.length) {
      throw new OptionError('arrayDataset', `labels[${i}]`, label, `a whole number from 0 to ${classes.length - 1} (${name})`);
    }
  }
  return new HostDataset(name, labels.length, shape, classes, indices => {
    const picked = { images: new Uint8Array(indices.length * itemSize), labels: new Int32Array(indices.length) };
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i]!;
      picked.images.set(images.subarray(from * itemSize, (from + 1) * itemSize), i * itemSize);
      picked.labels[i] = labels[from]!;
    }
    return Promise.resolve(picked);
  });
}

/**
 * Some items of a dataset, in the order of their indices. Nothing is copied.
 *
 * @param name - What the subset is called. Default: as the dataset.
 * @throws {OptionError} for an index outside the set.
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>, name = dataset.name): Dataset {
  checkIndices(dataset, indices);
  const chosen = Float64Array.from(indices);
  return new HostDataset(name, chosen.length, dataset.shape, dataset.classes, picked =>
    dataset.read(Array.from(picked, i => chosen[i]!)),
  );
}

/** The first `count` items of a dataset, or all where it has fewer. */
export function limit(dataset: Dataset, count: number): Dataset {
  checkOptions('limit', { count }, { count: option.count });
  if (count >= dataset.length) return dataset;
  return subset(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  );
}

/**
 * Mean and standard deviation of each channel over a whole dataset, of bytes divided by 255: what `normalise` takes.
 * MNIST's training images give 0.1307 and 0.3081.
 *
 * @throws {ShapeError} for an empty dataset.
 */
export async function statistics(dataset: Dataset): Promise<{ mean: number[]; deviation: number[] }> {
  const [channels, height, width] = dataset.shape;
  if (dataset.length === 0) throw new ShapeError(`${dataset.name}: statistics of no images`);
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for await (const { image } of dataset) {
    for (let channel = 0; channel < channels; channel++) {
      const end = (channel + 1) * height * width;
      for (let i = channel * height * width; i < end; i++) {
        const value = image[i]!;
        sums[channel]! += value;
        squares[channel]! += value * value;
      }
    }
  }
  const count = dataset.length * height * width;
  // The sums are whole numbers below 2^53, so the subtraction loses nothing.
  const variance = Array.from(squares, (square, channel) => (square - sums[channel]! ** 2 / count) / count);
  return { mean: Array.from(sums, sum => sum / count / 255), deviation: variance.map(value => Math.sqrt(value) / 255) };
}

/** The number of values in one image. */
export function sizeOf([channels, height, width]: ImageShape): number {
  return channels * height * width;
}

function checkIndices(dataset: Pick<Dataset, 'name' | 'length'>, indices: ArrayLike<number>): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= dataset.length) {
      throw new OptionError(dataset.name, `indices[${i}]`, index, `a whole number from 0 to ${dataset.length - 1}`);
    }
  }
}

const ITERATED_AT_ONCE = 256;

class HostDataset implements Dataset {
  constructor(
    readonly name: string,
    readonly length: number,
    readonly shape: ImageShape,
    readonly classes: readonly string[],
    private readonly pick: Dataset['read'],
  ) {}

  async read(indices: ArrayLike<number>): Promise<{ images: Uint8Array; labels: Int32Array }> {
    checkIndices(this, indices);
    return this.pick(indices);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ image: Uint8Array; label: number }> {
    const itemSize = sizeOf(this.shape);
    for (let start = 0; start < this.length; start += ITERATED_AT_ONCE) {
      const length = Math.min(ITERATED_AT_ONCE, this.length - start);
      const { images, labels } = await this.read(Array.from({ length }, (_, i) => start + i));
      for (let i = 0; i < length; i++) yield { image: images.subarray(i * itemSize, (i + 1) * itemSize), label: labels[i]! };
    }
  }
}
