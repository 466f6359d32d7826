import { checkOptions, option, ShapeError } from '@cnn/tensor';
import { type Clusters, nearestCentres } from './k-means.js';

/** Options of {@link patches}. */
export interface PatchesOptions {
  /** The side of a patch in pixels. */
  readonly size: number;
  /** How far a patch is from the next, in pixels. Default: the side. */
  readonly stride?: number;
}

/**
 * The square windows of an image, from the top left, row by row.
 *
 * @param image - `[c, h, w]`.
 * @returns `[n, c, size, size]`, flat.
 * @throws {ShapeError} if the values are not the shape's, or the image is smaller than a patch.
 */
export function patches(
  image: ArrayLike<number>,
  shape: readonly [channels: number, height: number, width: number],
  options: PatchesOptions,
): Float32Array {
  checkOptions('patches', options, { size: option.count, stride: option.count }, ['size']);
  const { size, stride = size } = options;
  const [channels, height, width] = shape;
  if (image.length !== channels * height * width)
    throw new ShapeError(`patches: ${image.length} values are not an image [${shape.join(', ')}]`);
  if (size > height || size > width)
    throw new ShapeError(`patches: a patch of ${size}x${size} does not fit into ${height}x${width}`);
  const found: number[] = [];
  for (let top = 0; top + size <= height; top += stride) {
    for (let left = 0; left + size <= width; left += stride) {
      for (let channel = 0; channel < channels; channel++) {
        for (let y = top; y < top + size; y++) {
          for (let x = left; x < left + size; x++) found.push(image[(channel * height + y) * width + x]!);
        }
      }
    }
  }
  return Float32Array.from(found);
}

/**
 * A bag of visual words (Csurka et al., "Visual categorization with bags of keypoints", 2004): the share of an image's patches that is nearest to each word of a
 * codebook. Where they are does not matter.
 *
 * @param codebook - What {@link kMeans} makes of patches of many images.
 * @param features - The image's patches, `[n, size]`.
 * @returns shares `[k]`, which add up to 1.
 * @throws {ShapeError} if the features are no whole number of patches, or none.
 */
export function visualWords(codebook: Clusters, features: ArrayLike<number>): Float32Array {
  if (features.length === 0) throw new ShapeError('visualWords: an image without patches');
  const words = nearestCentres(codebook, features);
  const shares = new Float32Array(codebook.k);
  for (const word of words) shares[word]!++;
  return shares.map(count => count / words.length);
}
