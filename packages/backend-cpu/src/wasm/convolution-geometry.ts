import type { ConvolutionAttrs, Shape } from '@cnn/tensor';
import type { CpuBuffer } from '../memory.js';
import type { Runtime } from './kernel.js';

/** The sizes of a convolution. */
export interface Geometry {
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

/** The sizes of a convolution of `x` that gives `y`, by their shapes. */
export function geometryOf(x: Shape, kernelSize: Shape, y: Shape, attrs: ConvolutionAttrs): Geometry {
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

/** How many numbers y has. */
export const outputsOf = (g: Geometry): number => g.images * g.groups * g.filters * g.outHeight * g.outWidth;

/** Whether windows lie further than one pixel apart. */
export const hasStride = (g: Geometry): boolean => g.strideHeight > 1 || g.strideWidth > 1;

/** The convolution of dy that gives dx, where the stride is 1. */
export function transposed(g: Geometry): Geometry {
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

/** A way to compute a convolution and its gradients. All but sizes and the weight are pointers; every output is written, none is read. */
export interface ConvolutionAlgorithm {
  /**
   * y of x, weight and bias; without a bias, `undefined`. With `relu` what is negative becomes 0 as it is written. The weight is a
   * buffer, so that what is prepared from it can be kept.
   */
  forward(runtime: Runtime, g: Geometry, x: number, weight: CpuBuffer, bias: number | undefined, y: number, relu: boolean): void;
  /** dx of dy and weight. */
  inputGrad(runtime: Runtime, g: Geometry, dy: number, weight: CpuBuffer, dx: number): void;
  /** dweight of x and dy. */
  weightGrad(runtime: Runtime, g: Geometry, x: number, dy: number, dw: number): void;
}
