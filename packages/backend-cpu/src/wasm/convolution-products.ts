/** Convolutions that are products of matrices as they are. */
import { type ConvolutionAlgorithm, type Geometry, hasStride, outputsOf } from './convolution-geometry.js';
import type { Runtime } from './kernel.js';
import { products } from './matmul.js';

/** Whether there is one window and it is the whole image. */
export const covers = (g: Geometry): boolean =>
  g.outHeight === 1 &&
  g.outWidth === 1 &&
  g.top === 0 &&
  g.left === 0 &&
  g.kernelHeight === g.height &&
  g.kernelWidth === g.width &&
  (g.dilationHeight === 1 || g.kernelHeight === 1) &&
  (g.dilationWidth === 1 || g.kernelWidth === 1);

/** Whether every pixel is a window. */
export const isPointwise = (g: Geometry): boolean =>
  g.kernelHeight === 1 &&
  g.kernelWidth === 1 &&
  !hasStride(g) &&
  g.top === 0 &&
  g.left === 0 &&
  g.outHeight === g.height &&
  g.outWidth === g.width;

/** A kernel that covers the image: in each group a linear layer, with its images as rows. */
export const covering: ConvolutionAlgorithm = {
  forward(runtime, g, x, { pointer: weight }, bias, y, relu) {
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
    if (relu) runtime.exports.relu(outputsOf(g), y, y);
  },

  inputGrad(runtime, g, dy, { pointer: weight }, dx) {
    const features = g.channels * g.height * g.width;
    const multiply = products(runtime, g.images, features, g.filters);
    for (let group = 0; group < g.groups; group++) {
      multiply(
        { pointer: dy + 4 * group * g.filters, row: g.groups * g.filters, column: 1 },
        { pointer: weight + 4 * group * g.filters * features, row: features, column: 1 },
        { pointer: dx + 4 * group * features, row: g.groups * features },
      );
    }
  },

  weightGrad(runtime, g, x, dy, dw) {
    const features = g.channels * g.height * g.width;
    const multiply = products(runtime, g.filters, features, g.images);
    for (let group = 0; group < g.groups; group++) {
      multiply(
        { pointer: dy + 4 * group * g.filters, row: 1, column: g.groups * g.filters },
        { pointer: x + 4 * group * features, row: g.groups * features, column: 1 },
        { pointer: dw + 4 * group * g.filters * features, row: features },
      );
    }
  },
};

/** A kernel of one pixel: for each image and group a product with the matrix of its pixels [channels, height * width]. */
export const pointwise: ConvolutionAlgorithm = {
  forward(runtime, g, x, { pointer: weight }, bias, y, relu) {
    const pixels = g.height * g.width;
    if (bias !== undefined) fillPlanes(runtime, g.images, g.groups * g.filters, pixels, bias, y);
    const multiply = products(runtime, g.filters, pixels, g.channels);
    for (let group = 0; group < g.groups; group++) {
      multiply(
        { pointer: weight + 4 * group * g.filters * g.channels, row: g.channels, column: 1 },
        { pointer: x + 4 * group * g.channels * pixels, row: pixels, column: 1 },
        { pointer: y + 4 * group * g.filters * pixels, row: pixels },
        bias !== undefined,
        { count: g.images, a: 0, b: g.groups * g.channels * pixels, c: g.groups * g.filters * pixels },
      );
    }
    if (relu) runtime.exports.relu(outputsOf(g), y, y);
  },

  inputGrad(runtime, g, dy, { pointer: weight }, dx) {
    const pixels = g.height * g.width;
    const multiply = products(runtime, g.channels, pixels, g.filters);
    for (let group = 0; group < g.groups; group++) {
      multiply(
        { pointer: weight + 4 * group * g.filters * g.channels, row: 1, column: g.channels },
        { pointer: dy + 4 * group * g.filters * pixels, row: pixels, column: 1 },
        { pointer: dx + 4 * group * g.channels * pixels, row: pixels },
        false,
        { count: g.images, a: 0, b: g.groups * g.filters * pixels, c: g.groups * g.channels * pixels },
      );
    }
  },

  weightGrad(runtime, g, x, dy, dw) {
    const pixels = g.height * g.width;
    const weights = g.groups * g.filters * g.channels;
    if (g.images === 0) runtime.memory.f32.fill(0, dw / 4, dw / 4 + weights);
    const multiply = products(runtime, g.filters, g.channels, pixels);
    for (let group = 0; group < g.groups; group++) {
      multiply(
        { pointer: dy + 4 * group * g.filters * pixels, row: pixels, column: 1 },
        { pointer: x + 4 * group * g.channels * pixels, row: 1, column: pixels },
        { pointer: dw + 4 * group * g.filters * g.channels, row: g.channels },
        false,
        { count: g.images, a: g.groups * g.filters * pixels, b: g.groups * g.channels * pixels, c: 0 },
      );
    }
  },
};

/** Every plane of y [images, channels, pixels] becomes its channel's bias. */
function fillPlanes({ memory }: Runtime, images: number, channels: number, pixels: number, bias: number, y: number): void {
  const { f32 } = memory;
  for (let plane = 0; plane < images * channels; plane++) {
    const start = y / 4 + plane * pixels;
    f32.fill(f32[bias / 4 + (plane % channels)]!, start, start + pixels);
  }
}
