/** Winograd's convolution F(4x4, 3x3): the kernels of `assembly/winograd.ts`. */
import { type ConvolutionAlgorithm, type Geometry, outputsOf, transposed } from './convolution-geometry.js';
import { type Runtime, zeros } from './kernel.js';

const POSITIONS = 36;
/** Tiles whose windows are transformed before they are multiplied: many enough for the transformed kernels to be read seldom. */
const BLOCK = 64;
/** The same for the weight gradient, whose sums over a block stay in registers. */
const WEIGHT_GRADIENT_BLOCK = 128;

/** Only for what {@link isWinograd} takes. */
export const winograd: ConvolutionAlgorithm = {
  forward(runtime, g, x, { pointer: weight }, bias, y, relu) {
    convolve(runtime, g, x, weight, [9 * g.channels, 9, 1], bias ?? zeros(runtime, g.filters), y);
    if (relu) runtime.exports.relu(outputsOf(g), y, y);
  },

  /** A convolution of dy by kernels that are turned over, as with the direct algorithm. */
  inputGrad(runtime, g, dy, { pointer: weight }, dx) {
    convolve(runtime, transposed(g), dy, weight + 4 * 8, [9, 9 * g.channels, -1], zeros(runtime, g.channels), dx);
  },

  weightGrad(runtime, g, x, dy, dw) {
    const block = Math.min(WEIGHT_GRADIENT_BLOCK, panelTilesOf(g));
    const filters = 4 * Math.ceil(g.filters / 4);
    const channels = 8 * Math.ceil(g.channels / 8);
    const matrices = { operand: block * filters, windows: block * channels, products: filters * channels };
    const plan = writePlan(runtime, g, block, matrices, 8);
    runtime.exports.winogradWeightGrad(plan, x, dy, dw);
  },
};

/** Whether the algorithm exists for these sizes. */
export const isWinograd = (g: Geometry): boolean =>
  g.groups === 1 &&
  g.kernelHeight === 3 &&
  g.kernelWidth === 3 &&
  g.strideHeight === 1 &&
  g.strideWidth === 1 &&
  g.dilationHeight === 1 &&
  g.dilationWidth === 1 &&
  g.left >= 0 &&
  g.left <= 2 &&
  // Rows are read four columns at a time.
  g.width >= 4 &&
  g.outWidth >= 4 &&
  g.images > 0 &&
  g.channels > 0 &&
  g.filters > 0;

/**
 * What the algorithm costs for each input and output channel, in multiplications of the direct one, which has 9 for each pixel:
 * `tile` for each tile, `transform` for each tile over the channels, `kernel` for the kernel (or its gradient), `coldKernel`
 * instead where the transformed kernels leave the second-level cache.
 *
 * Fitted on 2026-11-22 to the shortest times of both algorithms on one x86-64 core with Node 20: 279 sizes in the relaxed build,
 * 93 of them in the other, 1 to 64 images of 4 x 4 to 28 x 28 pixels, 1 to 1024 channels. Of the 837 choices in the relaxed
 * build, 8 are slower than the other algorithm by more than a fifth. How many times as fast as the direct one it was there:
 *
 * | images x channels x pixels -> filters | forward | input gradient | weight gradient |
 * | 16 x 64 x 16 x 16 -> 64               | 2.8     | 2.9            | 2.9             |
 * | 64 x 16 x 28 x 28 -> 16               | 2.0     | 2.0            | 2.1             |
 * | 16 x 16 x 7 x 7 -> 16                 | 1.5     | 1.5            | 1.9             |
 * | 16 x 512 x 7 x 7 -> 512               | 2.3     | 2.3            | 2.9             |
 * | 1 x 512 x 7 x 7 -> 512                | 0.65    | 0.8            | 0.87            |
 */
const costs = {
  forward: { tile: 29, transform: 250, kernel: 200, coldKernel: 500 },
  weightGrad: { tile: 29, transform: 300, kernel: 0, coldKernel: 300 },
};
const COLD_KERNELS = 2 ** 15;

/** Whether the algorithm is the fastest for these sizes. */
export function winogradPays(g: Geometry, pass: keyof ConvolutionAlgorithm): boolean {
  if (!isWinograd(g)) return false;
  const sizes = pass === 'inputGrad' ? transposed(g) : g;
  const { channels, filters } = sizes;
  const cost = pass === 'weightGrad' ? costs.weightGrad : costs.forward;
  const tiles = tilesOf(sizes);
  // The weight gradient multiplies any number of tiles, the others whole panels.
  const multiplied = pass === 'weightGrad' ? tiles : panelTilesOf(sizes);
  const kernel = channels * filters > COLD_KERNELS ? cost.coldKernel : cost.kernel;
  const winogradCost = cost.tile * multiplied + cost.transform * tiles * (1 / channels + 1 / filters) + kernel;
  return winogradCost < 9 * sizes.images * sizes.outHeight * sizes.outWidth;
}

const tilesOf = (g: Geometry): number => g.images * Math.ceil(g.outHeight / 4) * Math.ceil(g.outWidth / 4);

/** Tiles, in panels of 8. */
const panelTilesOf = (g: Geometry): number => 8 * Math.ceil(tilesOf(g) / 8);

/** The forward kernel. `strides` of the weight are those of [filter, channel, tap], in elements, from where `weight` points. */
function convolve(
  runtime: Runtime,
  g: Geometry,
  x: number,
  weight: number,
  strides: readonly [number, number, number],
  bias: number,
  y: number,
): void {
  const block = Math.min(BLOCK, panelTilesOf(g));
  // Behind the last panel of kernels there is room for three more channels of at most six filters.
  const matrices = { operand: g.filters * g.channels + 18, windows: block * g.channels, products: block * g.filters };
  const plan = writePlan(runtime, g, block, matrices, 1);
  runtime.exports.winogradKernels(plan, weight, ...strides);
  runtime.exports.winogradConvolution(plan, x, bias, y);
}

/**
 * Writes the `WinogradPlan` of `assembly/winograd.ts` with the memory that it needs: `matrices` are the numbers of each at one
 * position, `buffers` the channels that are transformed at a time: the weight gradient takes four of x and four of dy.
 */
function writePlan(
  { memory, scratch }: Runtime,
  g: Geometry,
  block: number,
  matrices: { operand: number; windows: number; products: number },
  buffers: number,
): number {
  const across = Math.ceil(g.outWidth / 4);
  const segments = Math.min(block, Math.ceil(block / across) + 1);
  const rowBytes = 16 * Math.ceil(Math.max(4 * across + 2, g.left + g.width) / 4);
  const channelRowBytes = 6 * segments * rowBytes;
  const zeroBytes = 64 * Math.ceil(Math.max(g.width, g.outWidth) / 16);
  const cleared = scratch(zeroBytes + buffers * channelRowBytes);
  const rows = cleared + zeroBytes;
  const matrix = (numbers: number): [pointer: number, step: number] => {
    // An odd number of cache lines apart.
    const step = 64 * (Math.ceil(numbers / 16) | 1);
    return [scratch(POSITIONS * step), step];
  };
  const plan = scratch(4 * 24);
  const fields = [
    ...[g.images, g.channels, g.height, g.width, g.filters, g.outHeight, g.outWidth, g.top, g.left, block],
    ...[scratch(16 * segments), scratch(16 * block), cleared, rows, rowBytes, channelRowBytes, rows + 4 * channelRowBytes],
    ...[...matrix(matrices.operand), ...matrix(matrices.windows), ...matrix(matrices.products)],
    scratch(640),
  ];
  memory.i32.set(fields, plan / 4);
  memory.u8.fill(0, cleared, rows + buffers * channelRowBytes);
  return plan;
}
