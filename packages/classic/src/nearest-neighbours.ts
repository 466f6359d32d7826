import { type AnyBackend, checkOptions, OptionError, ops, option, type Tensor, tensor } from '@cnn/tensor';
import { classCount, featureCount, rowCount, type Samples } from './samples.js';

/** Options of {@link nearestNeighbours}. */
export interface NearestNeighboursOptions {
  /** How many neighbours vote. Default 1. */
  readonly k?: number;
  /** 'L1': Σ |aᵢ - bᵢ|; 'L2': √Σ (aᵢ - bᵢ)². Default 'L2'. */
  readonly distance?: 'L1' | 'L2';
}

/** A classifier that remembers all samples. */
export interface NearestNeighbours {
  /**
   * The class that most of the k nearest samples have; of several, the one whose nearest sample is nearest.
   *
   * @param features - `[m, d]`.
   * @returns classes `[m]`.
   * @throws {ShapeError} if the features are no whole number of rows.
   */
  predict(features: ArrayLike<number>): Promise<Int32Array>;
  /** Frees the samples. */
  dispose(): void;
}

/** Distances of this many numbers at most are held at once, 32 MiB. */
const DISTANCES_AT_ONCE = 2 ** 22;

/**
 * The k nearest neighbours (Cover and Hart, 1967). To fit is to keep the samples; to predict costs a comparison with each of them. L2 distances are taken
 * by a product of matrices on the backend, |a - b|² = |a|² - 2 a·b + |b|², in float32; L1 distances on the host.
 *
 * @param backend - Where samples are kept for 'L2'.
 * @throws {ShapeError} if the features do not fit the labels.
 * @throws {OptionError} for a `k` above the number of samples, or a label that is no whole number from 0.
 */
export function nearestNeighbours(
  backend: AnyBackend,
  samples: Samples,
  options: NearestNeighboursOptions = {},
): NearestNeighbours {
  checkOptions('nearestNeighbours', options, { k: option.count, distance: option.oneOf('L1', 'L2') });
  const { k = 1, distance = 'L2' } = options;
  const size = featureCount('nearestNeighbours', samples);
  const classes = classCount('nearestNeighbours', samples.labels);
  const count = samples.labels.length;
  if (k > count) throw new OptionError('nearestNeighbours', 'k', k, `at most the number of samples, ${count}`);
  const kept = Float32Array.from(samples.features);
  const labels = Int32Array.from(samples.labels);
  const squared = distance === 'L2' ? squaredDistances(backend, kept, count, size) : undefined;
  return {
    predict: async features => {
      const rows = rowCount('nearestNeighbours', features, size);
      const all = Float32Array.from(features);
      const predicted = new Int32Array(rows);
      const atOnce = Math.max(1, Math.floor(DISTANCES_AT_ONCE / count));
      for (let start = 0; start < rows; start += atOnce) {
        const some = all.subarray(start * size, Math.min(rows, start + atOnce) * size);
        const distances = squared ? await squared.from(some) : absoluteDistances(some, kept, size);
        for (let row = 0; row < some.length / size; row++)
          predicted[start + row] = vote(nearest(distances.subarray(row * count, (row + 1) * count), k), labels, classes);
      }
      return predicted;
    },
    dispose: () => squared?.dispose(),
  };
}

/** |b|² - 2 a·b for each pair: what |a - b|² is but for |a|², which is the same for all b. */
function squaredDistances(backend: AnyBackend, samples: Float32Array, count: number, size: number) {
  const kept = tensor(backend, samples, { shape: [count, size] });
  const squares = Float64Array.from({ length: count }, (_, sample) => {
    let sum = 0;
    for (let i = sample * size; i < (sample + 1) * size; i++) sum += samples[i]! ** 2;
    return sum;
  });
  return {
    from: async (features: Float32Array): Promise<Float64Array> => {
      const products = await takeData(() => {
        const rows = tensor(backend, features, { shape: [features.length / size, size] });
        try {
          return ops.matmul(rows, kept, { transposeB: true });
        } finally {
          rows.dispose();
        }
      });
      // #region l2
      const distances = new Float64Array(products.length);
      for (let row = 0; row < products.length; row += count) {
        for (let sample = 0; sample < count; sample++) distances[row + sample] = squares[sample]! - 2 * products[row + sample]!;
      }
      // #endregion l2
      return distances;
    },
    dispose: () => kept.dispose(),
  };
}

/** A tensor's numbers; the tensor is disposed of. */
async function takeData(make: () => Tensor): Promise<ArrayLike<number>> {
  const made = make();
  try {
    return await made.data();
  } finally {
    made.dispose();
  }
}

function absoluteDistances(features: Float32Array, samples: Float32Array, size: number): Float64Array {
  const count = samples.length / size;
  return Float64Array.from({ length: (features.length / size) * count }, (_, pair) => {
    const row = Math.floor(pair / count) * size;
    const sample = (pair % count) * size;
    // #region l1
    let sum = 0;
    for (let i = 0; i < size; i++) sum += Math.abs(features[row + i]! - samples[sample + i]!);
    // #endregion l1
    return sum;
  });
}

/** The positions of the k smallest numbers, the smallest first; of equal ones, those that come first. */
function nearest(distances: Float64Array, k: number): number[] {
  const found: number[] = [];
  for (let sample = 0; sample < distances.length; sample++) {
    if (found.length === k && distances[sample]! >= distances[found[k - 1]!]!) continue;
    let place = found.length;
    while (place > 0 && distances[found[place - 1]!]! > distances[sample]!) place--;
    found.splice(place, 0, sample);
    if (found.length > k) found.pop();
  }
  return found;
}

// #region vote
function vote(neighbours: readonly number[], labels: Int32Array, classes: number): number {
  const votes = new Int32Array(classes);
  for (const neighbour of neighbours) votes[labels[neighbour]!]!++;
  const most = Math.max(...votes);
  return labels[neighbours.find(neighbour => votes[labels[neighbour]!] === most)!]!;
}
// #endregion vote
