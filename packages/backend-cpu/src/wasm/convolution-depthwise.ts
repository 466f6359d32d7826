/** Convolution of each channel by kernels of its own: the kernels of `assembly/depthwise.ts`. */
import { direct, layoutOf, writePlan } from './convolution-direct.js';
import { type ConvolutionAlgorithm, type Geometry, transposed } from './convolution-geometry.js';
import { productsWorth } from './grain.js';
import { type Runtime, zeros } from './kernel.js';

/** Whether each channel is a group of its own, with enough pixels for the kernels, which take four at a time. */
export const isDepthwise = (g: Geometry): boolean =>
  g.groups > 1 && g.channels === 1 && g.outHeight * g.outWidth >= 4 && g.height * g.width >= 4;

/** Only for what {@link isDepthwise} takes. The weight gradient is the direct one. */
export const depthwise: ConvolutionAlgorithm = {
  forward(runtime, g, x, { pointer: weight }, bias, y, relu) {
    const least = relu ? 0 : Number.NEGATIVE_INFINITY;
    convolve(runtime, g, x, [1, 1], { from: weight, step: 1, bias: bias ?? zeros(runtime, g.groups * g.filters), least }, y);
  },

  /** A convolution of dy, with zeros between its pixels where there is a stride, by kernels that are turned over. */
  inputGrad(runtime, g, dy, weight, dx) {
    if (g.filters > 1) {
      direct.inputGrad(runtime, g, dy, weight, dx);
      return;
    }
    const turned: Geometry = { ...transposed(g), strideHeight: 1, strideWidth: 1 };
    const from = weight.pointer + 4 * (g.kernelHeight * g.kernelWidth - 1);
    const kernels = { from, step: -1, bias: zeros(runtime, g.groups), least: Number.NEGATIVE_INFINITY };
    convolve(runtime, turned, dy, [g.strideHeight, g.strideWidth], kernels, dx);
  },

  weightGrad: direct.weightGrad,
};

/** The kernels' first tap and the step to the next, what is added to their sums, and the least that a result may be. */
interface Kernels {
  readonly from: number;
  readonly step: number;
  readonly bias: number;
  readonly least: number;
}

function convolve(
  runtime: Runtime,
  g: Geometry,
  x: number,
  [spreadHeight, spreadWidth]: readonly [number, number],
  { from, step, bias, least }: Kernels,
  y: number,
): void {
  const work = g.filters * g.kernelHeight * g.kernelWidth * g.outHeight * g.outWidth;
  const layout = layoutOf(g, g.outWidth);
  const isSpread = spreadHeight > 1 || spreadWidth > 1;
  runtime.over(g.images * g.groups, productsWorth(work), 'depthwise', (first, count) => {
    const room = { planes: 1, pixelBytes: 0, wideRows: 0, block: 1 };
    const plan = writePlan(runtime, g, isSpread ? { ...layout, inPlace: false } : layout, room);
    const wide = layout.planeWidth === g.outWidth ? 0 : runtime.scratch(4 * g.outHeight * layout.planeWidth);
    return [plan, first, count, x, spreadHeight, spreadWidth, from, step, bias, least, wide, y];
  });
}
