/** Direct convolution: the kernels of `assembly/convolution-forward.ts` and `convolution-gradient.ts`. */

import type { CpuBuffer } from '../memory.js';
import { type ConvolutionAlgorithm, type Geometry, hasStride, transposed } from './convolution-geometry.js';
import { productsWorth } from './grain.js';
import { prepared, type Runtime, zeros } from './kernel.js';

/** Groups of four pixels that are worth a call of the weight gradient's micro-kernel. */
const PIXEL_GROUPS = 256;
/** Parts of the images of which the weight gradient is summed up first: the same for any number of threads. */
const GRADIENT_PARTS = 4;

/** Any convolution, by loops over the image itself. */
export const direct: ConvolutionAlgorithm = {
  forward(runtime, g, x, weight, bias, y, relu) {
    const kernelSize = g.kernelHeight * g.kernelWidth;
    const filters: Filters = { weight, first: 0, strides: [g.channels * kernelSize, kernelSize, g.kernelWidth, 1] };
    const least = relu ? 0 : Number.NEGATIVE_INFINITY;
    convolve(runtime, g, x, filters, bias ?? zeros(runtime, g.groups * g.filters), least, y);
  },

  /**
   * With stride 1 a convolution too: of dy, padded by what the kernel reaches beyond the padding, with every kernel turned
   * over, from its last tap to its first, and inputs and outputs swapped.
   */
  inputGrad(runtime, g, dy, weight, dx) {
    if (hasStride(g)) {
      stridedInputGrad(runtime, g, dy, weight.pointer, dx);
      return;
    }
    const kernelSize = g.kernelHeight * g.kernelWidth;
    const strides = [kernelSize, g.channels * kernelSize, -g.kernelWidth, -1] as const;
    const filters: Filters = { weight, first: kernelSize - 1, strides };
    convolve(runtime, transposed(g), dy, filters, zeros(runtime, g.groups * g.channels), Number.NEGATIVE_INFINITY, dx);
  },

  weightGrad(runtime, g, x, dy, dw) {
    const width = 4 * Math.ceil(g.outWidth / 4);
    const imageGroups = (g.outHeight * width) / 4;
    const block = Math.max(1, Math.min(g.images, Math.round(PIXEL_GROUPS / imageGroups)));
    const isWide = width > g.outWidth;
    const weights = g.groups * g.filters * g.channels * g.kernelHeight * g.kernelWidth;
    const imageSize = g.groups * g.channels * g.height * g.width;
    const outSize = g.groups * g.filters * g.outHeight * g.outWidth;
    const blocks = Math.ceil(g.images / block);
    const parts = Math.max(1, Math.min(GRADIENT_PARTS, blocks));
    const sums = [dw, ...Array.from({ length: parts - 1 }, () => runtime.scratch(4 * weights))];
    runtime.together(
      sums.map((sum, part) => {
        const first = block * Math.floor((blocks * part) / parts);
        const images = Math.min(g.images, block * Math.floor((blocks * (part + 1)) / parts)) - first;
        const wideRows = isWide ? runtime.scratch(4 * block * g.groups * g.filters * g.outHeight * width) : 0;
        const planes = block * g.groups * g.channels;
        const plan = writePlan(runtime, { ...g, images }, layoutOf(g, width), {
          planes,
          pixelBytes: 8 * block * imageGroups,
          wideRows,
          block,
        });
        return { kernel: 'convolutionWeightGrad', args: [plan, x + 4 * first * imageSize, dy + 4 * first * outSize, sum] };
      }),
    );
    for (const sum of sums.slice(1)) runtime.exports.add(0, 1, 1, weights, dw, 0, 0, true, sum, 0, 0, true, dw);
  },
};

/** The kernels of a convolution: the first of a weight's numbers, and its strides of [filter, channel, kernel row, kernel column], in elements. */
interface Filters {
  readonly weight: CpuBuffer;
  readonly first: number;
  readonly strides: readonly [number, number, number, number];
}

/** The forward kernel. Threads share the images; the filters of a single image, if it has no groups. */
function convolve(runtime: Runtime, g: Geometry, x: number, filters: Filters, bias: number, least: number, y: number): void {
  const { images, groups, channels, height, width, outHeight, outWidth } = g;
  const filterWork = channels * g.kernelHeight * g.kernelWidth * outHeight * outWidth;
  const planeOf = (image: number, filter: number) => 4 * (image * groups * g.filters + filter) * outHeight * outWidth;
  if (images > 1 || groups > 1) {
    const packed = packFilters(runtime, g, filters, 0);
    runtime.over(images, productsWorth(groups * g.filters * filterWork), 'convolution', (first, count) => {
      const plan = convolutionPlan(runtime, { ...g, images: count });
      return [plan, x + 4 * first * groups * channels * height * width, packed, bias, least, y + planeOf(first, 0)];
    });
  } else {
    runtime.over(g.filters, productsWorth(filterWork), 'convolution', (first, count) => {
      const part = { ...g, filters: count };
      const packed = packFilters(runtime, part, filters, first);
      return [convolutionPlan(runtime, part), x, packed, bias + 4 * first, least, y + planeOf(0, first)];
    });
  }
}

/** The kernels of a geometry in the order in which the forward kernel reads them, from filter `first` of the weight on. */
function packFilters(runtime: Runtime, g: Geometry, { weight, first: start, strides }: Filters, first: number): number {
  const { groups, filters, channels, kernelHeight, kernelWidth } = g;
  const size = filters * channels * kernelHeight * kernelWidth;
  const [filterStride] = strides;
  const from = weight.pointer + 4 * (start + first * filterStride);
  const key = `direct ${groups} ${filters} ${channels} ${kernelHeight} ${strides} ${first}`;
  return prepared(runtime, weight, key, 4 * groups * size, packed => {
    runtime.exports.packFilters(groups, filters, channels, kernelHeight, kernelWidth, from, size, ...strides, packed);
  });
}

function convolutionPlan(runtime: Runtime, g: Geometry): number {
  const width = Math.max(4, g.outWidth);
  const pairs = Math.ceil((g.outHeight * Math.ceil(width / 4)) / 2);
  const wideRows = g.outWidth < 4 ? runtime.scratch(4 * g.filters * g.outHeight * width) : 0;
  return writePlan(runtime, g, layoutOf(g, width), { planes: g.channels, pixelBytes: 24 * pairs, wideRows, block: 1 });
}

/** How an image lies when it is read: phases of rows and columns, and the sizes of a phase's plane. */
interface Layout {
  readonly phaseRows: number;
  readonly phaseColumns: number;
  readonly planeHeight: number;
  readonly planeWidth: number;
  /** Whether the image is read as it is. */
  readonly inPlace: boolean;
}

/** @param width - How many outputs of a row are computed. */
export function layoutOf(g: Geometry, width: number): Layout {
  const reachHeight = (g.kernelHeight - 1) * g.dilationHeight;
  const reachWidth = (g.kernelWidth - 1) * g.dilationWidth;
  const planeHeight = Math.floor(reachHeight / g.strideHeight) + g.outHeight;
  const planeWidth = Math.floor(reachWidth / g.strideWidth) + width;
  const inPlace = !hasStride(g) && g.top === 0 && g.left === 0 && planeHeight <= g.height && planeWidth <= g.width;
  return {
    phaseRows: Math.min(g.strideHeight, reachHeight + 1),
    phaseColumns: Math.min(g.strideWidth, reachWidth + 1),
    planeHeight: inPlace ? g.height : planeHeight,
    planeWidth: inPlace ? g.width : planeWidth,
    inPlace,
  };
}

/** Writes the `Plan` of `assembly/convolution-plan.ts` with the memory that it needs; `planes` are how many planes of x are prepared at a time. */
export function writePlan(
  { memory, scratch }: Runtime,
  g: Geometry,
  { phaseRows, phaseColumns, planeHeight, planeWidth, inPlace }: Layout,
  { planes, pixelBytes, wideRows, block }: { planes: number; pixelBytes: number; wideRows: number; block: number },
): number {
  const fields = [
    ...[g.images, g.groups, g.channels, g.height, g.width, g.filters, g.outHeight, g.outWidth],
    ...[g.kernelHeight, g.kernelWidth, g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth, g.top, g.left],
    ...[phaseRows, phaseColumns, planeHeight, planeWidth],
    inPlace ? 0 : scratch(4 * planes * phaseRows * phaseColumns * planeHeight * planeWidth),
    scratch(4 * g.channels * g.kernelHeight * g.kernelWidth),
    scratch(pixelBytes),
    wideRows,
    block,
  ];
  const plan = scratch(4 * fields.length);
  memory.i32.set(fields, plan / 4);
  return plan;
}

/** Threads share the images. */
function stridedInputGrad(runtime: Runtime, g: Geometry, dy: number, weight: number, dx: number): void {
  const taps = g.channels * g.kernelHeight * g.kernelWidth;
  const pixels = g.outHeight * g.outWidth;
  runtime.over(g.images, productsWorth(g.groups * g.filters * taps * pixels), 'stridedInputGrad', (first, count) => {
    const memory = { planes: 0, pixelBytes: 0, wideRows: 0, block: 1 };
    const plan = writePlan(runtime, { ...g, images: count }, layoutOf(g, g.outWidth), memory);
    const from = dy + 4 * first * g.groups * g.filters * pixels;
    const to = dx + 4 * first * g.groups * g.channels * g.height * g.width;
    const room = runtime.scratch(runtime.exports.sgemmScratch(taps, pixels, g.filters) >>> 0);
    return [plan, from, weight, runtime.scratch(4 * taps * pixels), room, to];
  });
}
