import type { ConvolutionAttrs, ConvolutionInputGradAttrs, ConvolutionWeightGradAttrs, Shape } from '@cnn/tensor';
import type { Runtime, WasmKernel } from './kernel.js';
import { products } from './matmul.js';

/**
 * Convolution and its two gradients, each by the first of these that takes the case:
 * - A kernel that covers the whole image is a linear layer, and one of 1 x 1 is a product of matrices for each image.
 * - The direct kernels of `assembly/convolution.ts`. The input gradient of stride 1 is a convolution too: of dy, padded by
 *   what the kernel reaches beyond the padding, with every kernel turned over and inputs and outputs swapped.
 * - The input gradient of other strides: a product of matrices gives what each output hands to each tap, which is summed up.
 */
interface Geometry {
  readonly images: number;
  readonly groups: number;
  /** Input channels of a group. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Output channels of a group. */
  readonly filters: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  /** Zeros before the first row and column; negative: rows and columns left out. */
  readonly top: number;
  readonly left: number;
}

/** [n, groups * c, h, w] to [n, groups * o, oh, ow]. */
function geometryOf(x: Shape, kernelSize: Shape, y: Shape, attrs: ConvolutionAttrs): Geometry {
  const { groups, stride, dilation, padding } = attrs;
  return {
    images: x[0]!,
    groups,
    channels: x[1]! / groups,
    height: x[2]!,
    width: x[3]!,
    filters: y[1]! / groups,
    outHeight: y[2]!,
    outWidth: y[3]!,
    kernelHeight: kernelSize[0]!,
    kernelWidth: kernelSize[1]!,
    strideHeight: stride[0]!,
    strideWidth: stride[1]!,
    dilationHeight: dilation[0]!,
    dilationWidth: dilation[1]!,
    top: padding[0]![0],
    left: padding[1]![0],
  };
}

/** The convolution of dy that gives dx, where the stride is 1. */
function transposed(g: Geometry): Geometry {
  return {
    ...g,
    channels: g.filters,
    height: g.outHeight,
    width: g.outWidth,
    filters: g.channels,
    outHeight: g.height,
    outWidth: g.width,
    top: (g.kernelHeight - 1) * g.dilationHeight - g.top,
    left: (g.kernelWidth - 1) * g.dilationWidth - g.left,
  };
}

const hasStride = (g: Geometry): boolean => g.strideHeight > 1 || g.strideWidth > 1;

/** Whether there is one window and it is the whole image. */
const covers = (g: Geometry): boolean =>
  g.outHeight === 1 &&
  g.outWidth === 1 &&
  g.top === 0 &&
  g.left === 0 &&
  g.kernelHeight === g.height &&
  g.kernelWidth === g.width &&
  (g.dilationHeight === 1 || g.kernelHeight === 1) &&
  (g.dilationWidth === 1 || g.kernelWidth === 1);

/** Whether every pixel is a window. */
const isPointwise = (g: Geometry): boolean =>
  g.kernelHeight === 1 &&
  g.kernelWidth === 1 &&
  !hasStride(g) &&
  g.top === 0 &&
  g.left === 0 &&
  g.outHeight === g.height &&
  g.outWidth === g.width;

/** y [n, o, oh, ow] of x [n, c, h, w], weight [o, c / groups, kh, kw] and perhaps a bias [o]. */
const conv2d: WasmKernel<ConvolutionAttrs> = (runtime, [x, weight, bias], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(x!.shape, weight!.shape.slice(2), output!.shape, attrs);
  const y = runtime.allocate(output!);
  const pointers = [x!.buffer.pointer, weight!.buffer.pointer, y.pointer] as const;
  if (covers(g)) coveringForward(runtime, g, ...pointers, bias?.buffer.pointer);
  else if (isPointwise(g)) pointwiseForward(runtime, g, ...pointers, bias?.buffer.pointer);
  else {
    const kernelSize = g.kernelHeight * g.kernelWidth;
    const strides = [g.channels * kernelSize, kernelSize, g.kernelWidth, 1] as const;
    direct(runtime, g, ...pointers, strides, bias?.buffer.pointer ?? zeros(runtime, g.groups * g.filters));
  }
  return [y];
};

/** dx [n, c, h, w] of dy [n, o, oh, ow] and weight. */
const conv2dInputGrad: WasmKernel<ConvolutionInputGradAttrs> = (runtime, [dy, weight], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(output!.shape, weight!.shape.slice(2), dy!.shape, attrs);
  const dx = runtime.allocate(output!);
  const pointers = [dy!.buffer.pointer, weight!.buffer.pointer, dx.pointer] as const;
  if (covers(g)) coveringInputGrad(runtime, g, ...pointers);
  else if (isPointwise(g)) pointwiseInputGrad(runtime, g, ...pointers);
  else if (hasStride(g)) stridedInputGrad(runtime, g, ...pointers);
  else {
    const kernelSize = g.kernelHeight * g.kernelWidth;
    // From the last tap backwards.
    const strides = [kernelSize, g.channels * kernelSize, -g.kernelWidth, -1] as const;
    const lastTap = pointers[1] + 4 * (kernelSize - 1);
    direct(runtime, transposed(g), pointers[0], lastTap, pointers[2], strides, zeros(runtime, g.groups * g.channels));
  }
  return [dx];
};

/** dweight [o, c / groups, kh, kw] of x [n, c, h, w] and dy [n, o, oh, ow]. */
const conv2dWeightGrad: WasmKernel<ConvolutionWeightGradAttrs> = (runtime, [x, dy], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(x!.shape, attrs.kernelSize, dy!.shape, attrs);
  const dw = runtime.allocate(output!);
  const pointers = [x!.buffer.pointer, dy!.buffer.pointer, dw.pointer] as const;
  if (covers(g)) coveringWeightGrad(runtime, g, ...pointers);
  else if (isPointwise(g)) pointwiseWeightGrad(runtime, g, ...pointers);
  else directWeightGrad(runtime, g, ...pointers);
  return [dw];
};

/** Scratch memory of so many zeros. */
function zeros({ memory, scratch }: Runtime, length: number): number {
  const pointer = scratch(4 * length);
  memory.f32.fill(0, pointer / 4, pointer / 4 + length);
  return pointer;
}

/**
 * The direct kernel. `strides` of the weight are those of [filter, channel, kernel row, kernel column], in elements, from
 * where `weight` points.
 */
function direct(
  runtime: Runtime,
  g: Geometry,
  x: number,
  weight: number,
  y: number,
  strides: readonly [number, number, number, number],
  bias: number,
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

/** Groups of four pixels that are worth a call of a micro-kernel. */
const PIXEL_GROUPS = 256;

function directWeightGrad(runtime: Runtime, g: Geometry, x: number, dy: number, dw: number): void {
  const width = 4 * Math.ceil(g.outWidth / 4);
  const imageGroups = (g.outHeight * width) / 4;
  const block = Math.max(1, Math.min(g.images, Math.round(PIXEL_GROUPS / imageGroups)));
  const isWide = width > g.outWidth;
  const wideRows = isWide ? runtime.scratch(4 * block * g.groups * g.filters * g.outHeight * width) : 0;
  const planes = block * g.groups * g.channels;
  const plan = writePlan(runtime, g, width, { planes, pixelBytes: 8 * block * imageGroups, wideRows, block });
  runtime.exports.convolutionWeightGrad(plan, x, dy, dw);
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

function coveringForward(runtime: Runtime, g: Geometry, x: number, weight: number, y: number, bias: number | undefined): void {
  const features = g.channels * g.height * g.width;
  if (bias !== undefined) runtime.exports.fillRows(g.images, g.groups * g.filters, bias, y);
  const multiply = products(runtime, g.images, g.filters, features);
  for (let group = 0; group < g.groups; group++) {
    multiply(
      { pointer: x + 4 * group * features, row: g.groups * features, column: 1 },
      { pointer: weight + 4 * group * g.filters * features, row: 1, column: features },
      { pointer: y + 4 * group * g.filters, row: g.groups * g.filters },
      bias !== undefined,
    );
  }
}

function coveringInputGrad(runtime: Runtime, g: Geometry, dy: number, weight: number, dx: number): void {
  const features = g.channels * g.height * g.width;
  const multiply = products(runtime, g.images, features, g.filters);
  for (let group = 0; group < g.groups; group++) {
    multiply(
      { pointer: dy + 4 * group * g.filters, row: g.groups * g.filters, column: 1 },
      { pointer: weight + 4 * group * g.filters * features, row: features, column: 1 },
      { pointer: dx + 4 * group * features, row: g.groups * features },
    );
  }
}

function coveringWeightGrad(runtime: Runtime, g: Geometry, x: number, dy: number, dw: number): void {
  const features = g.channels * g.height * g.width;
  const multiply = products(runtime, g.filters, features, g.images);
  for (let group = 0; group < g.groups; group++) {
    multiply(
      { pointer: dy + 4 * group * g.filters, row: 1, column: g.groups * g.filters },
      { pointer: x + 4 * group * features, row: g.groups * features, column: 1 },
      { pointer: dw + 4 * group * g.filters * features, row: features },
    );
  }
}

function pointwiseForward(runtime: Runtime, g: Geometry, x: number, weight: number, y: number, bias: number | undefined): void {
  const pixels = g.height * g.width;
  if (bias !== undefined) fillPlanes(runtime, g.images, g.groups * g.filters, pixels, bias, y);
  const multiply = products(runtime, g.filters, pixels, g.channels);
  for (let image = 0; image < g.images * g.groups; image++) {
    const group = image % g.groups;
    multiply(
      { pointer: weight + 4 * group * g.filters * g.channels, row: g.channels, column: 1 },
      { pointer: x + 4 * image * g.channels * pixels, row: pixels, column: 1 },
      { pointer: y + 4 * image * g.filters * pixels, row: pixels },
      bias !== undefined,
    );
  }
}

/** Every plane of y [images, channels, pixels] becomes its channel's bias. */
function fillPlanes({ memory }: Runtime, images: number, channels: number, pixels: number, bias: number, y: number): void {
  const { f32 } = memory;
  for (let plane = 0; plane < images * channels; plane++) {
    const start = y / 4 + plane * pixels;
    f32.fill(f32[bias / 4 + (plane % channels)]!, start, start + pixels);
  }
}

function pointwiseInputGrad(runtime: Runtime, g: Geometry, dy: number, weight: number, dx: number): void {
  const pixels = g.height * g.width;
  const multiply = products(runtime, g.channels, pixels, g.filters);
  for (let image = 0; image < g.images * g.groups; image++) {
    const group = image % g.groups;
    multiply(
      { pointer: weight + 4 * group * g.filters * g.channels, row: 1, column: g.channels },
      { pointer: dy + 4 * image * g.filters * pixels, row: pixels, column: 1 },
      { pointer: dx + 4 * image * g.channels * pixels, row: pixels },
    );
  }
}

function pointwiseWeightGrad(runtime: Runtime, g: Geometry, x: number, dy: number, dw: number): void {
  const pixels = g.height * g.width;
  const weights = g.groups * g.filters * g.channels;
  if (g.images === 0) runtime.memory.f32.fill(0, dw / 4, dw / 4 + weights);
  const multiply = products(runtime, g.filters, g.channels, pixels);
  for (let image = 0; image < g.images * g.groups; image++) {
    const group = image % g.groups;
    multiply(
      { pointer: dy + 4 * image * g.filters * pixels, row: pixels, column: 1 },
      { pointer: x + 4 * image * g.channels * pixels, row: 1, column: pixels },
      { pointer: dw + 4 * group * g.filters * g.channels, row: g.channels },
      image >= g.groups,
    );
  }
}

/** Convolution of images and its gradients, in float32. */
export const convolution = { conv2d, conv2dInputGrad, conv2dWeightGrad };
