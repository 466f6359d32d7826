import { option, randomUniform, ShapeError, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';
import { checkFit, type Size, size, type WindowConfig, windowRules } from './window.js';

/** Options of {@link maxPool2d}. */
export interface MaxPool2dConfig extends WindowConfig {
  /** Default: the kernel size. */
  readonly stride?: Size;
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
}

/** Options of {@link avgPool2d}. */
export interface AvgPool2dConfig extends MaxPool2dConfig {
  /** Count the padding's zeros in the average. Default true. */
  readonly countIncludePad?: boolean;
}

const checkPool = (who: string, x: Tensor, { stride, ...config }: WindowConfig): void =>
  checkFit(who, x, { ...config, stride: stride ?? config.kernelSize });

/** What {@link maxPool2d} computes. */
export function pooled(x: Tensor, config: MaxPool2dConfig): Tensor {
  checkPool('maxPool2d', x, config);
  const { kernelSize, fit: _, ...options } = config;
  return ops.maxPool2d(x, kernelSize, options);
}

/** The largest element of each window: [n, c, h, w] gives [n, c, oh, ow]. */
export const maxPool2d = defineLayer({
  type: 'maxPool2d',
  options: { ...windowRules(), ceilMode: option.boolean },
  required: ['kernelSize'],
  forward: (x, _, config: MaxPool2dConfig) => pooled(x, config),
});

/** The mean of each window: [n, c, h, w] gives [n, c, oh, ow]. */
export const avgPool2d = defineLayer({
  type: 'avgPool2d',
  options: { ...windowRules(), ceilMode: option.boolean, countIncludePad: option.boolean },
  required: ['kernelSize'],
  forward: (x, _, config: AvgPool2dConfig) => {
    checkPool('avgPool2d', x, config);
    const { kernelSize, fit: __, ...options } = config;
    return ops.avgPool2d(x, kernelSize, options);
  },
});

/** Options of {@link lpPool2d}. */
export interface LpPool2dConfig extends WindowConfig {
  /** Default: the kernel size. */
  readonly stride?: Size;
  /** The p of the norm, 1 or more. Default 2. */
  readonly norm?: number;
}

/** The Lp norm of each window, (Σ |x|^p)^(1/p): [n, c, h, w] gives [n, c, oh, ow], see `ops.lpPool2d`. */
export const lpPool2d = defineLayer({
  type: 'lpPool2d',
  options: { ...windowRules(), norm: option.number },
  required: ['kernelSize'],
  forward: (x, _, config: LpPool2dConfig) => {
    checkPool('lpPool2d', x, config);
    const { kernelSize, fit: __, ...options } = config;
    return ops.lpPool2d(x, kernelSize, options);
  },
});

/** Options of {@link fractionalMaxPool2d}. */
export interface FractionalMaxPool2dConfig {
  /** Height and width of the window. Default 2. */
  readonly kernelSize?: Size;
  /** Height and width of the output over those of the input, between 0 and 1. Default 1 / √2, as in half a common pool. */
  readonly outputRatio?: number;
}

/**
 * Fractional max pooling (Graham, 2014): [n, c, h, w] gives [n, c, floor(h ratio), floor(w ratio)], see `ops.fractionalMaxPool2d`.
 * In training the windows lie at random, differently in each step; otherwise always at the same places.
 */
export const fractionalMaxPool2d = defineLayer({
  type: 'fractionalMaxPool2d',
  options: { kernelSize: size(option.count), outputRatio: option.between(0, 1) },
  forward: (x, _, { kernelSize = 2, outputRatio = Math.SQRT1_2 }: FractionalMaxPool2dConfig, { training, key }) => {
    const outputSize = x.shape.slice(2).map(n => Math.floor(n * outputRatio));
    const [row, column] = training ? randomUniform(2, key) : [0.5, 0.5];
    return ops.fractionalMaxPool2d(x, kernelSize, { outputSize, offset: [row!, column!] });
  },
});

/** Options of {@link maxUnpool2d}: those of the pool that it undoes. */
export type MaxUnpool2dConfig = MaxPool2dConfig;

/**
 * Unpooling (Zeiler et al., 2011). It takes two inputs: the pooled numbers [n, c, oh, ow], and what a `maxPool2d` with the same
 * options was given, [n, c, h, w]. Each number goes where the maximum of its window lay, see `ops.maxUnpool2d`; gives [n, c, h, w].
 */
export const maxUnpool2d = defineLayer<MaxUnpool2dConfig, Record<never, never>, readonly Tensor[]>({
  type: 'maxUnpool2d',
  options: { ...windowRules(), ceilMode: option.boolean },
  required: ['kernelSize'],
  tuple: true,
  forward: (inputs, _, config) => {
    const [x, source] = inputs;
    if (!x || !source || inputs.length !== 2) throw new ShapeError(`maxUnpool2d: it takes two inputs and has ${inputs.length}`);
    checkPool('maxUnpool2d', source, config);
    const { kernelSize, fit: __, ...options } = config;
    const { indices } = ops.maxPool2dWithIndices(source, kernelSize, options);
    return ops.maxUnpool2d(x, indices, source.shape.slice(2));
  },
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

const adaptive = { options: { outputSize: size(option.count) }, required: ['outputSize'] as const };

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
