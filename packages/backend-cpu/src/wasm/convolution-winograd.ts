/** Winograd's convolutions: the kernels of `assembly/winograd.ts`. */
import type { Part } from '../threads/parallel.js';
import { type ConvolutionAlgorithm, type Geometry, transposed } from './convolution-geometry.js';
import { GRAIN, productsWorth } from './grain.js';
import { prepared, type Runtime, zeros } from './kernel.js';

/** A transform F(tile x tile, kernel x kernel) of `assembly/winograd.gen.mjs`. */
export interface Transform {
  /** Its place in the list there. */
  readonly number: number;
  /** Outputs of a tile, in one dimension. */
  readonly tile: number;
  /** Taps of a kernel, in one dimension. */
  readonly kernel: number;
}

/** The transforms, by the names that they have in `assembly/winograd.gen.mjs`. */
export const transforms = {
  '2x3': { number: 0, tile: 2, kernel: 3 },
  '4x3': { number: 1, tile: 4, kernel: 3 },
  '4x5': { number: 2, tile: 4, kernel: 5 },
} as const satisfies Readonly<Record<string, Transform>>;

/**
 * Tiles whose windows are transformed before they are multiplied: many enough for the transformed kernels to be read seldom, few
 * enough for so many bytes of windows and products, which the second-level cache holds beside other things.
 */
const BLOCK = { least: 16, most: 64, bytes: 2 ** 19 };
/** The same for the weight gradient, whose sums over a block stay in registers, with windows and gradients. */
const GRADIENT_BLOCK = { least: 32, most: 128, bytes: 2 ** 20 };
/** Parts of the tiles of which the weight gradient is summed up first, where the sums take no more bytes: the same for any number of threads. */
const GRADIENT_PARTS = { most: 4, bytes: 2 ** 20 };

const pointsOf = ({ tile, kernel }: Transform): number => tile + kernel - 1;

/** The algorithm with a transform, only for what {@link isWinograd} takes. With tiles of 2 x 2 there is no weight gradient. */
export function winogradBy(transform: Transform): ConvolutionAlgorithm {
  const taps = transform.kernel ** 2;
  return {
    forward(runtime, g, x, weight, bias, y, relu) {
      const kernels = transformed(runtime, transform, g, 'forward', weight, [taps * g.channels, taps, 1]);
      const least = relu ? 0 : Number.NEGATIVE_INFINITY;
      convolve(runtime, transform, g, x, kernels, bias ?? zeros(runtime, g.filters), least, y);
    },

    /** A convolution of dy by kernels that are turned over, as with the direct algorithm. */
    inputGrad(runtime, g, dy, weight, dx) {
      const from = transposed(g);
      const kernels = transformed(runtime, transform, from, 'inputGrad', weight, [taps, taps * g.channels, -1]);
      convolve(runtime, transform, from, dy, kernels, zeros(runtime, g.channels), Number.NEGATIVE_INFINITY, dx);
    },

    weightGrad(runtime, g, x, dy, dw) {
      const tiles = tilesOf(transform, g);
      const block = Math.min(blockOf(GRADIENT_BLOCK, transform, g), panelTilesOf(transform, g));
      const blocks = Math.ceil(tiles / block);
      const positions = pointsOf(transform) ** 2;
      const filters = 4 * Math.ceil(g.filters / 4);
      const channels = 8 * Math.ceil(g.channels / 8);
      const sumBytes = positions * stepOf(filters * channels);
      const parts = sumBytes <= GRADIENT_PARTS.bytes ? Math.min(GRADIENT_PARTS.most, blocks) : 1;
      const sums = Array.from({ length: parts }, () => runtime.scratch(sumBytes));
      const plans: number[] = [];
      const planOf = (thread: number): number => {
        plans[thread] ??= weightGradPlan(runtime, transform, g, block, [block * filters, block * channels, filters * channels]);
        return plans[thread];
      };
      runtime.together(
        sums.map((sum, part) => {
          const thread = Math.floor(part / Math.ceil(parts / runtime.threads));
          const first = block * Math.floor((blocks * part) / parts);
          const end = Math.min(tiles, block * Math.floor((blocks * (part + 1)) / parts));
          return { kernel: 'winogradWeightSums', args: [planOf(thread), x, dy, sum, first, end - first] };
        }),
      );
      const [total] = sums as [number];
      for (const sum of sums.slice(1)) {
        runtime.over(sumBytes / 4, GRAIN, 'add', (first, count) => {
          const to = total + 4 * first;
          return [0, 1, 1, count, to, 0, 0, true, sum + 4 * first, 0, 0, true, to];
        });
      }
      const grain = productsWorth(8 * positions * channels);
      runtime.together(
        runtime.parts(g.filters, grain).map((part, i) => ({ kernel: 'winogradTaps', args: [planOf(i), total, dw, ...part] })),
      );
    },
  };
}

/** Whether the algorithm with a transform exists for these sizes. */
export const isWinograd = ({ kernel }: Transform, g: Geometry): boolean =>
  g.groups === 1 &&
  g.kernelHeight === kernel &&
  g.kernelWidth === kernel &&
  g.strideHeight === 1 &&
  g.strideWidth === 1 &&
  g.dilationHeight === 1 &&
  g.dilationWidth === 1 &&
  g.left >= 0 &&
  g.left < kernel &&
  // Rows are read four columns at a time.
  g.width >= 4 &&
  g.outWidth >= 4 &&
  g.images > 0 &&
  g.channels > 0 &&
  g.filters > 0;

/** How many tiles there are in all images. */
export const tilesOf = ({ tile }: Transform, g: Geometry): number =>
  g.images * Math.ceil(g.outHeight / tile) * Math.ceil(g.outWidth / tile);

/** Tiles, in panels of 8. */
export const panelTilesOf = (transform: Transform, g: Geometry): number => 8 * Math.ceil(tilesOf(transform, g) / 8);

/** A matrix for each position: where the first lies, and how many bytes apart they are. */
type Matrices = readonly [pointer: number, step: number];

/** The bytes between matrices of so many numbers: an odd number of cache lines. */
const stepOf = (numbers: number): number => 64 * (Math.ceil(numbers / 16) | 1);

const matricesIn = (runtime: Runtime, transform: Transform, numbers: number): Matrices => {
  const step = stepOf(numbers);
  return [runtime.scratch(pointsOf(transform) ** 2 * step), step];
};

/** The transformed kernels. `strides` of the weight are those of [filter, channel, tap], in elements; the last tap comes first where its is negative. */
function transformed(
  runtime: Runtime,
  transform: Transform,
  g: Geometry,
  pass: 'forward' | 'inputGrad',
  weight: { readonly pointer: number; readonly byteLength: number },
  strides: readonly [number, number, number],
): Matrices {
  const { channels, filters } = g;
  // Behind the last panel of kernels there is room for three more channels of at most six filters.
  const step = stepOf(filters * channels + 18);
  const positions = pointsOf(transform) ** 2;
  const from = weight.pointer + (pass === 'inputGrad' ? 4 * (transform.kernel ** 2 - 1) : 0);
  const key = `winograd ${transform.number} ${pass} ${filters} ${channels}`;
  const pointer = prepared(runtime, weight, key, positions * step, operand => {
    const panels = runtime.exports.winogradKernelPanels(filters);
    const grain = productsWorth((30 * positions * channels * filters) / panels);
    // Of channels that do not come in fours, the last reach into the panel behind.
    const parts: readonly Part[] = channels % 4 === 0 ? runtime.parts(panels, grain) : [[0, panels]];
    const nothing: Matrices = [0, 0];
    runtime.together(
      parts.map(part => {
        const plan = writePlan(runtime, transform, g, 0, [[operand, step], nothing, nothing], 0);
        return { kernel: 'winogradKernels', args: [plan, from, ...strides, ...part] };
      }),
    );
  });
  return [pointer, step];
}

/** How many tiles to take at a time: whole panels of 8. */
function blockOf({ least, most, bytes }: typeof BLOCK, transform: Transform, g: Geometry): number {
  const tileBytes = 4 * pointsOf(transform) ** 2 * (g.channels + g.filters);
  return Math.max(least, Math.min(most, 8 * Math.floor(bytes / (8 * tileBytes))));
}

/** A plan for the sums of the weight gradient, which lie elsewhere: `numbers` are those of dy, windows and sums at one position. */
function weightGradPlan(
  runtime: Runtime,
  transform: Transform,
  g: Geometry,
  block: number,
  numbers: readonly [number, number, number],
): number {
  const [gradients, windows] = numbers.slice(0, 2).map(n => matricesIn(runtime, transform, n));
  return writePlan(runtime, transform, g, block, [gradients!, windows!, [0, stepOf(numbers[2])]], 8);
}

/** The forward kernel. */
function convolve(
  runtime: Runtime,
  transform: Transform,
  g: Geometry,
  x: number,
  kernels: Matrices,
  bias: number,
  least: number,
  y: number,
): void {
  const { channels, filters } = g;
  const tiles = tilesOf(transform, g);
  const panelWork = 8 * pointsOf(transform) ** 2 * (channels * filters + 12 * (channels + filters));
  runtime.over(Math.ceil(tiles / 8), productsWorth(panelWork), 'winogradConvolution', (first, count) => {
    const block = Math.min(blockOf(BLOCK, transform, g), 8 * count);
    const [windows, products] = [block * channels, block * filters].map(n => matricesIn(runtime, transform, n));
    const plan = writePlan(runtime, transform, g, block, [kernels, windows!, products!], 1);
    return [plan, x, bias, least, y, 8 * first, Math.min(8 * count, tiles - 8 * first)];
  });
}

/**
 * Writes the `WinogradPlan` of `assembly/winograd.ts` with the memory that it needs: `matrices` are transformed kernels or dy,
 * windows, and products, `buffers` the channels that are transformed at a time: the weight gradient takes four of x and four of dy.
 */
function writePlan(
  { memory, scratch }: Runtime,
  transform: Transform,
  g: Geometry,
  block: number,
  matrices: readonly [Matrices, Matrices, Matrices],
  buffers: number,
): number {
  const { number, tile, kernel } = transform;
  const points = pointsOf(transform);
  const across = Math.ceil(g.outWidth / tile);
  const segments = Math.min(block, Math.ceil(block / across) + 1);
  const rowBytes = 16 * Math.ceil(Math.max(tile * across + kernel - 1, g.left + g.width) / 4);
  const channelRowBytes = points * segments * rowBytes;
  const zeroBytes = 64 * Math.ceil(Math.max(g.width, g.outWidth) / 16);
  const clearedBytes = zeroBytes + buffers * channelRowBytes;
  const cleared = scratch(clearedBytes);
  const rows = cleared + zeroBytes;
  const plan = scratch(4 * 29);
  const fields = [
    ...[number, tile, kernel, points, g.images, g.channels, g.height, g.width, g.filters, g.outHeight, g.outWidth, g.top, g.left],
    ...[block, scratch(16 * segments), scratch(16 * (block + 8)), cleared, clearedBytes, rows, rowBytes, channelRowBytes],
    ...[rows + 4 * channelRowBytes, ...matrices.flat(), scratch(1024)],
  ];
  memory.i32.set(fields, plan / 4);
  return plan;
}
