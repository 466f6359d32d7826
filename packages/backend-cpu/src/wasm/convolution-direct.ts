/** Direct convolution: the kernels of `assembly/convolution.ts`. */
import { type ConvolutionAlgorithm, type Geometry, hasStride, outputsOf, transposed } from './convolution-geometry.js';
import { type Runtime, zeros } from './kernel.js';
import { products } from './matmul.js';

/** Groups of four pixels that are worth a call of the weight gradient's micro-kernel. */
const PIXEL_GROUPS = 256;

/** Any convolution, by loops over the image itself. */
export const direct: ConvolutionAlgorithm = {
  forward(runtime, g, x, { pointer: weight }, bias, y, relu) {
    const kernelSize = g.kernelHeight * g.kernelWidth;
    const strides = [g.channels * kernelSize, kernelSize, g.kernelWidth, 1] as const;
    convolve(runtime, g, x, weight, strides, bias ?? zeros(runtime, g.groups * g.filters), y);
    if (relu) runtime.exports.relu(outputsOf(g), y, y);
  },

  /**
   * With stride 1 a convolution too: of dy, padded by what the kernel reaches beyond the padding, with every kernel turned
   * over, from its last tap to its first, and inputs and outputs swapped.
   */
  inputGrad(runtime, g, dy, { pointer: weight }, dx) {
    if (hasStride(g)) {
      stridedInputGrad(runtime, g, dy, weight, dx);
      return;
    }
    const kernelSize = g.kernelHeight * g.kernelWidth;
    const strides = [kernelSize, g.channels * kernelSize, -g.kernelWidth, -1] as const;
    const lastTap = weight + 4 * (kernelSize - 1);
    convolve(runtime, transposed(g), dy, lastTap, strides, zeros(runtime, g.groups * g.channels), dx);
  },

  weightGrad(runtime, g, x, dy, dw) {
    const width = 4 * Math.ceil(g.outWidth / 4);
    const imageGroups = (g.outHeight * width) / 4;
    const block = Math.max(1, Math.min(g.images, Math.round(PIXEL_GROUPS / imageGroups)));
    const isWide = width > g.outWidth;
    const wideRows = isWide ? runtime.scratch(4 * block * g.groups * g.filters * g.outHeight * width) : 0;
    const planes = block * g.groups * g.channels;
    const plan = writePlan(runtime, g, width, { planes, pixelBytes: 8 * block * imageGroups, wideRows, block });
    runtime.exports.convolutionWeightGrad(plan, x, dy, dw);
  },
};

/**
 * The forward kernel. `strides` of the weight are those of [filter, channel, kernel row, kernel column], in elements, from
 * where `weight` points.
 */
function convolve(
  runtime: Runtime,
  g: Geometry,
  x: number,
  weight: number,
  strides: readonly [number, number, number, number],
  bias: number,
  y: number,
): void {
  const { exports, scratch } = runtime;
  const filterSize = g.channels * g.kernelHeight * g.kernelWidth;
  const packed = scratch(4 * g.groups * g.filters * filterSize);
  const { groups, filters, channels, kernelHeight, kernelWidth } = g;
  exports.packFilters(groups, filters, channels, kernelHeight, kernelWidth, weight, filters * filterSize, ...strides, packed);
  const width = Math.max(4, g.outWidth);
  const pairs = Math.ceil((g.outHeight * Math.ceil(width / 4)) / 2);
  const wideRows = g.outWidth < 4 ? scratch(4 * g.filters * g.outHeight * width) : 0;
  const plan = writePlan(runtime, g, width, { planes: g.channels, pixelBytes: 24 * pairs, wideRows, block: 1 });
  exports.convolution(plan, x, packed, bias, y);
}

/**
 * Writes the `Plan` of `assembly/convolution.ts` with the memory that it needs. `width` is how many outputs of a row are
 * computed, `planes` how many planes of x are prepared at a time.
 */
function writePlan(
  { memory, scratch }: Runtime,
  g: Geometry,
  width: number,
  { planes, pixelBytes, wideRows, block }: { planes: number; pixelBytes: number; wideRows: number; block: number },
): number {
  const reachHeight = (g.kernelHeight - 1) * g.dilationHeight;
  const reachWidth = (g.kernelWidth - 1) * g.dilationWidth;
  const phaseRows = Math.min(g.strideHeight, reachHeight + 1);
  const phaseColumns = Math.min(g.strideWidth, reachWidth + 1);
  const planeHeight = Math.floor(reachHeight / g.strideHeight) + g.outHeight;
  const planeWidth = Math.floor(reachWidth / g.strideWidth) + width;
  const inPlace = !hasStride(g) && g.top === 0 && g.left === 0 && planeHeight <= g.height && planeWidth <= g.width;
  const plan = scratch(4 * 25);
  const fields = [
    ...[g.images, g.groups, g.channels, g.height, g.width, g.filters, g.outHeight, g.outWidth],
    ...[g.kernelHeight, g.kernelWidth, g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth, g.top, g.left],
    ...[phaseRows, phaseColumns, inPlace ? g.height : planeHeight, inPlace ? g.width : planeWidth],
    inPlace ? 0 : scratch(4 * planes * phaseRows * phaseColumns * planeHeight * planeWidth),
    scratch(4 * g.channels * g.kernelHeight * g.kernelWidth),
    scratch(pixelBytes),
    wideRows,
    block,
  ];
  memory.i32.set(fields, plan / 4);
  return plan;
}

/** dx of a strided convolution: columns = weight transposed * dy for each image and group, folded back onto the image. */
function stridedInputGrad(runtime: Runtime, g: Geometry, dy: number, weight: number, dx: number): void {
  const taps = g.channels * g.kernelHeight * g.kernelWidth;
  const pixels = g.outHeight * g.outWidth;
  const columns = runtime.scratch(4 * taps * pixels);
  const plan = writePlan(runtime, g, g.outWidth, { planes: 0, pixelBytes: 0, wideRows: 0, block: 1 });
  const multiply = products(runtime, taps, pixels, g.filters);
  for (let image = 0; image < g.images * g.groups; image++) {
    const group = image % g.groups;
    multiply(
      { pointer: weight + 4 * group * g.filters * taps, row: 1, column: taps },
      { pointer: dy + 4 * image * g.filters * pixels, row: pixels, column: 1 },
      { pointer: columns, row: pixels },
    );
    runtime.exports.foldColumns(plan, columns, dx + 4 * image * g.channels * g.height * g.width);
  }
}
