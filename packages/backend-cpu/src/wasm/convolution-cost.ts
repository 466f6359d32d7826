/**
 * What the algorithms of a convolution cost, to choose one by. A cost is a number of multiplications of the direct algorithm.
 *
 * The numbers were fitted on 2026-11-28 to the shortest times of all algorithms at 744 random sizes, with kernels of 3 x 3 and
 * 5 x 5, on one x86-64 core with Node 20 and the relaxed build: 1 to 64 images of 4 x 4 to 56 x 56 pixels, 1 to 512 channels and
 * 4 to 512 filters. With the algorithms that they choose, all sizes together take 0.6 % (forward), 1.3 % (input gradient) and
 * 0.5 % (weight gradient) more time than with the fastest at each size; 26 of the 2,232 choices are slower than the fastest by
 * more than a fifth. Direct sums alone would take 1.8, 1.7 and 2 times as long.
 */
import { type ConvolutionAlgorithm, type Geometry, transposed } from './convolution-geometry.js';
import { panelTilesOf, type Transform, tilesOf } from './convolution-winograd.js';

type Pass = keyof ConvolutionAlgorithm;

/** For each number of the image and of the output, for each number of the weight, and for a call. */
interface DirectCost {
  readonly image: number;
  readonly output: number;
  readonly weight: number;
  readonly call: number;
}

const directCosts: Readonly<Record<Pass, DirectCost>> = {
  forward: { image: 10, output: 3.5, weight: 14, call: 22_000 },
  inputGrad: { image: 30, output: 6, weight: 16, call: 22_000 },
  weightGrad: { image: 6, output: 1, weight: 9, call: 50_000 },
};

/** What direct sums cost. */
export function directCost(g: Geometry, pass: Pass): number {
  const sizes = pass === 'inputGrad' ? transposed(g) : g;
  const { image, output, weight, call } = directCosts[pass];
  const { channels, filters, images } = sizes;
  const pixels = images * sizes.outHeight * sizes.outWidth;
  const weights = channels * filters * sizes.kernelHeight * sizes.kernelWidth;
  // Weight gradients take a row of pixels four at a time, and unfold their sums for each image.
  const taken = pass === 'weightGrad' ? images * sizes.outHeight * 4 * Math.ceil(sizes.outWidth / 4) : pixels;
  const repeats = pass === 'weightGrad' ? images : 1;
  return taken * weights + pixels * (image * channels + output * filters) + weight * weights * repeats + call;
}

/**
 * For each number of a transformed window, of a transformed output and of a transformed kernel; `cold` is added for those kernels
 * that leave the second-level cache; and for a call. The multiplications themselves cost 1.
 */
const transformCosts = {
  forward: { window: 10, output: 12, kernel: 7, cold: 6, call: 90_000 },
  inputGrad: { window: 10, output: 11, kernel: 7, cold: 6, call: 90_000 },
  weightGrad: { window: 9.5, output: 7, kernel: 10, cold: 0, call: 85_000 },
} as const satisfies Readonly<Record<Pass, object>>;
const WARM_NUMBERS = 150_000;

/** What Winograd's algorithm costs with a transform. */
export function winogradCost(transform: Transform, g: Geometry, pass: Pass): number {
  const sizes = pass === 'inputGrad' ? transposed(g) : g;
  const { window, output, kernel, cold, call } = transformCosts[pass];
  const positions = (transform.tile + transform.kernel - 1) ** 2;
  // The weight gradient multiplies any number of tiles in blocks of channels, the others whole panels of tiles.
  const isGradient = pass === 'weightGrad';
  const tiles = isGradient ? tilesOf(transform, sizes) : panelTilesOf(transform, sizes);
  const channels = isGradient ? 8 * Math.ceil(sizes.channels / 8) : sizes.channels;
  const filters = isGradient ? 4 * Math.ceil(sizes.filters / 4) : sizes.filters;
  const kernels = positions * sizes.channels * sizes.filters;
  const tileCost = positions * (channels * filters + window * channels + output * filters);
  return tiles * tileCost + kernel * kernels + cold * Math.max(0, kernels - WARM_NUMBERS) + call;
}
