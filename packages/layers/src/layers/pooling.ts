import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';
import { type Size, windowRules } from './convolution.js';

/** Options of {@link maxPool2d}. */
export interface MaxPool2dConfig {
  /** Height and width of the window. */
  readonly kernelSize: Size;
  /** Default: the kernel size. */
  readonly stride?: Size;
  /** A number, one per axis, [before, after] per axis, 'same' or 'valid'. Default 0. */
  readonly padding?: ops.Padding;
  /** Default 1. */
  readonly dilation?: Size;
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
}

/** Options of {@link avgPool2d}. */
export interface AvgPool2dConfig extends MaxPool2dConfig {
  /** Count the padding's zeros in the average. Default true. */
  readonly countIncludePad?: boolean;
}

/** What {@link maxPool2d} computes. */
export const pooled = (x: Tensor, { kernelSize, ...options }: MaxPool2dConfig): Tensor => ops.maxPool2d(x, kernelSize, options);

/** The largest element of each window: [n, c, h, w] gives [n, c, oh, ow]. */
export const maxPool2d = defineLayer({
  type: 'maxPool2d',
  options: { ...windowRules, ceilMode: option.boolean },
  required: ['kernelSize'],
  forward: (x, _, config: MaxPool2dConfig) => pooled(x, config),
});

/** The mean of each window: [n, c, h, w] gives [n, c, oh, ow]. */
export const avgPool2d = defineLayer({
  type: 'avgPool2d',
  options: { ...windowRules, ceilMode: option.boolean, countIncludePad: option.boolean },
  required: ['kernelSize'],
  forward: (x, _, { kernelSize, ...options }: AvgPool2dConfig) => ops.avgPool2d(x, kernelSize, options),
});

type Nothing = Record<string, never>;

/** The mean of each plane: [n, c, h, w] gives [n, c, 1, 1]. */
export const globalAvgPool2d = defineLayer({
  type: 'globalAvgPool2d',
  options: {},
  forward: (x, _, __: Nothing) => ops.globalAvgPool2d(x),
});

/** The largest element of each plane: [n, c, h, w] gives [n, c, 1, 1]. */
export const globalMaxPool2d = defineLayer({
  type: 'globalMaxPool2d',
  options: {},
  forward: (x, _, __: Nothing) => ops.globalMaxPool2d(x),
});

/** Options of the adaptive pools. */
export interface AdaptivePool2dConfig {
  /** Height and width of the output. */
  readonly outputSize: Size;
}

const adaptive = { options: { outputSize: windowRules.kernelSize }, required: ['outputSize'] as const };

/** The mean of each cell of an even grid: [n, c, h, w] gives [n, c, ...outputSize]. */
export const adaptiveAvgPool2d = defineLayer({
  type: 'adaptiveAvgPool2d',
  ...adaptive,
  forward: (x, _, { outputSize }: AdaptivePool2dConfig) => ops.adaptiveAvgPool2d(x, outputSize),
});

/** The largest element of each cell of an even grid: [n, c, h, w] gives [n, c, ...outputSize]. */
export const adaptiveMaxPool2d = defineLayer({
  type: 'adaptiveMaxPool2d',
  ...adaptive,
  forward: (x, _, { outputSize }: AdaptivePool2dConfig) => ops.adaptiveMaxPool2d(x, outputSize),
});
