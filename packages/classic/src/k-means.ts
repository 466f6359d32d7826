import { checkOptions, OptionError, option, type RandomKey, randomKey, randomUniform } from '@cnn/tensor';
import { rowCount } from './samples.js';

/** Options of {@link kMeans}. */
export interface KMeansOptions {
  /** How many clusters there are. */
  readonly k: number;
  /** How many features a row has. */
  readonly size: number;
  /** The most rounds. Default 100. */
  readonly rounds?: number;
  /** Names the first centres. Default 0. */
  readonly seed?: number;
}

/** Centres of clusters: plain data. */
export interface Clusters {
  readonly k: number;
  readonly size: number;
  /** `[k, size]`. */
  readonly centres: Float64Array;
}

/**
 * k-means (Lloyd, 1957): each row belongs to the nearest centre, each centre is the mean of its rows, until nothing changes. The first centres are rows,
 * the farther from those taken already the likelier (k-means++, Arthur and Vassilvitskii, 2007). A centre without rows stays where it is.
 *
 * @param features - `[n, size]`.
 * @throws {ShapeError} if the features are no whole number of rows.
 * @throws {OptionError} for more clusters than rows.
 */
export function kMeans(features: ArrayLike<number>, options: KMeansOptions): Clusters {
  checkOptions('kMeans', options, { k: option.count, size: option.count, rounds: option.count, seed: option.integer }, [
    'k',
    'size',
  ]);
  const { k, size, rounds = 100, seed = 0 } = options;
  const rows = rowCount('kMeans', features, size);
  if (k > rows) throw new OptionError('kMeans', 'k', k, `at most the number of rows, ${rows}`);
  const clusters: Clusters = { k, size, centres: firstCentres(features, rows, size, k, randomKey('k-means', seed)) };
  let before: Int32Array | undefined;
  for (let round = 0; round < rounds; round++) {
    const nearest = nearestCentres(clusters, features);
    if (before?.every((centre, row) => centre === nearest[row])) break;
    moveCentres(clusters, features, nearest);
    before = nearest;
  }
  return clusters;
}

/**
 * The nearest centre of each row.
 *
 * @param features - `[n, size]`.
 * @returns centres by number, `[n]`.
 * @throws {ShapeError} if the features are no whole number of rows.
 */
export function nearestCentres({ k, size, centres }: Clusters, features: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: rowCount('nearestCentres', features, size) }, (_, row) => {
    let [nearest, least] = [0, Number.POSITIVE_INFINITY];
    for (let centre = 0; centre < k; centre++) {
      const distance = squaredDistance(features, row * size, centres, centre * size, size);
      if (distance < least) [nearest, least] = [centre, distance];
    }
    return nearest;
  });
}

function firstCentres(features: ArrayLike<number>, rows: number, size: number, k: number, key: RandomKey): Float64Array {
  const centres = new Float64Array(k * size);
  const chances = randomUniform(k, key);
  const distances = new Float64Array(rows).fill(1);
  for (let centre = 0; centre < k; centre++) {
    const total = distances.reduce((sum, distance) => sum + distance, 0);
    const row = total === 0 ? centre : drawRow(distances, chances[centre]! * total);
    for (let i = 0; i < size; i++) centres[centre * size + i] = features[row * size + i]!;
    for (let other = 0; other < rows; other++) {
      const distance = squaredDistance(features, other * size, centres, centre * size, size);
      distances[other] = centre === 0 ? distance : Math.min(distances[other]!, distance);
    }
  }
  return centres;
}

/** The first row up to which the distances add up to more than `target`. */
function drawRow(distances: Float64Array, target: number): number {
  let sum = 0;
  for (let row = 0; row < distances.length; row++) {
    sum += distances[row]!;
    if (sum > target) return row;
  }
  return distances.length - 1;
}

function moveCentres({ k, size, centres }: Clusters, features: ArrayLike<number>, nearest: Int32Array): void {
  const sums = new Float64Array(k * size);
  const counts = new Int32Array(k);
  nearest.forEach((centre, row) => {
    counts[centre]!++;
    for (let i = 0; i < size; i++) sums[centre * size + i]! += features[row * size + i]!;
  });
  sums.forEach((sum, i) => {
    const count = counts[Math.floor(i / size)]!;
    if (count > 0) centres[i] = sum / count;
  });
}

function squaredDistance(a: ArrayLike<number>, startA: number, b: ArrayLike<number>, startB: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (a[startA + i]! - b[startB + i]!) ** 2;
  return sum;
}
