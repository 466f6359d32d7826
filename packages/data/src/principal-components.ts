import { checkOptions, OptionError, option, ShapeError } from '@cnn/tensor';
import { type Dataset, type ImageShape, sizeOf } from './dataset.js';
import { symmetricEigen } from './eigen.js';

/** The principal components of a dataset: plain data, so `JSON.stringify` saves them and `JSON.parse` reads them back. */
export interface PrincipalComponents {
  /** The shape of the images, `[c, h, w]`. */
  readonly shape: ImageShape;
  /** The mean image, `[c · h · w]`. */
  readonly mean: readonly number[];
  /** The variance along each component, the largest first, `[k]`. */
  readonly variances: readonly number[];
  /** `[k][c · h · w]`: directions of length 1, at right angles to each other; the largest entry of each is positive. */
  readonly components: readonly (readonly number[])[];
}

/** Options of {@link fitPrincipalComponents}. */
export interface PrincipalComponentsOptions {
  /** How many components are kept. Default: as many as an image has values. */
  readonly components?: number;
}

const MOST_VALUES = 3072;
const AT_ONCE = 64;

/**
 * PCA: the eigenvectors of the covariance Σ (x - m)(x - m)ᵀ / n of a dataset's images, of bytes divided by 255, by decreasing
 * eigenvalue (Pearson, 1901). For `projectToComponents`, `whiten` and `zcaWhiten`. On the host in float64: an image has at most 3,072 values (3x32x32), and
 * the time grows with the third power of their number (784 values take seconds, 3,072 minutes). A part of the data gives nearly the same: `limit(dataset, 10000)`.
 *
 * @throws {ShapeError} for an empty dataset and for larger images.
 * @throws {OptionError} for more components than an image has values.
 */
export async function fitPrincipalComponents(
  dataset: Dataset,
  options: PrincipalComponentsOptions = {},
): Promise<PrincipalComponents> {
  checkOptions('fitPrincipalComponents', options, { components: option.count });
  const size = sizeOf(dataset.shape);
  const { components = size } = options;
  if (dataset.length === 0) throw new ShapeError(`${dataset.name}: principal components of no images`);
  if (size > MOST_VALUES)
    throw new ShapeError(
      `fitPrincipalComponents: images [${dataset.shape.join(', ')}] have ${size} values; at most ${MOST_VALUES} are taken`,
    );
  if (components > size)
    throw new OptionError('fitPrincipalComponents', 'components', components, `at most the ${size} values of an image`);
  const sums = new Float64Array(size);
  const products = Array.from({ length: size }, () => new Float64Array(size));
  let rows: Uint8Array[] = [];
  for await (const { image } of dataset) {
    rows.push(image);
    for (let i = 0; i < size; i++) sums[i]! += image[i]!;
    if (rows.length === AT_ONCE) {
      addProducts(products, rows);
      rows = [];
    }
  }
  addProducts(products, rows);
  const { values, vectors } = symmetricEigen(covariance(products, sums, dataset.length));
  return {
    shape: dataset.shape,
    mean: Array.from(sums, sum => sum / dataset.length / 255),
    // A variance of 0 may come out below it.
    variances: Array.from(values.subarray(0, components), value => Math.max(0, value)),
    components: vectors.slice(0, components).map(vector => Array.from(vector)),
  };
}

/** Adds x xᵀ of some images, its lower triangle; many at once, so that a row of the sum is read once for all of them. */
function addProducts(products: readonly Float64Array[], images: readonly Uint8Array[]): void {
  products.forEach((row, i) => {
    for (const image of images) {
      const value = image[i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) row[j]! += value * image[j]!;
    }
  });
}

/** From the lower triangle of Σ x xᵀ, whole numbers below 2^53, so that the subtraction loses nothing. */
function covariance(products: readonly Float64Array[], sums: Float64Array, count: number): readonly Float64Array[] {
  products.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      row[j] = (row[j]! - (sums[i]! * sums[j]!) / count) / count / 255 ** 2;
      products[j]![i] = row[j]!;
    }
  });
  return products;
}

/** The principal components of a dataset's colours, plain data; what `colourPcaJitter` takes. */
export interface ColourPca {
  /** The deviation along each component, the largest first: three numbers. */
  readonly deviations: readonly number[];
  /** Three colours of length 1, at right angles to each other. */
  readonly components: readonly (readonly number[])[];
}

/**
 * The principal components of a dataset's colours, over all pixels of all images, of bytes divided by 255.
 *
 * @throws {ShapeError} unless the images have 3 channels, and for an empty dataset.
 */
export async function fitColourPca(dataset: Dataset): Promise<ColourPca> {
  const [channels, height, width] = dataset.shape;
  if (channels !== 3)
    throw new ShapeError(
      `fitColourPca: images [${dataset.shape.join(', ')}] have ${channels} channels; it takes 3: red, green, blue`,
    );
  if (dataset.length === 0) throw new ShapeError(`${dataset.name}: principal components of no images`);
  const plane = height * width;
  const sums = new Float64Array(3);
  const products = Array.from({ length: 3 }, () => new Float64Array(3));
  for await (const { image } of dataset) {
    for (let i = 0; i < 3; i++) {
      for (let at = 0; at < plane; at++) {
        const value = image[i * plane + at]!;
        sums[i]! += value;
        for (let j = 0; j <= i; j++) products[i]![j]! += value * image[j * plane + at]!;
      }
    }
  }
  const { values, vectors } = symmetricEigen(covariance(products, sums, dataset.length * plane));
  return {
    deviations: Array.from(values, value => Math.sqrt(Math.max(0, value))),
    components: vectors.map(vector => Array.from(vector)),
  };
}
