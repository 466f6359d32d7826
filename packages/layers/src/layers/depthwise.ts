import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type InitialiserConfig, initialiserFrom } from '../initialisers.js';
import { defineLayer } from '../layer.js';
import { channelsOf, perAxis } from './convolution.js';
import { checkFit, type WindowConfig, windowRules } from './window.js';

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConv2dConfig extends WindowConfig {
  /** How many filters each channel has. Default 1. */
  readonly multiplier?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First weights. Default 'heNormal'. */
  readonly weightInitialiser?: InitialiserConfig;
  /** First biases. Default 'zeros'. */
  readonly biasInitialiser?: InitialiserConfig;
}

/** Options of {@link separableConv2d}. */
export interface SeparableConv2dConfig extends DepthwiseConv2dConfig {
  /** How many output channels. */
  readonly filters: number;
}

const depthwiseRules = {
  ...windowRules(),
  multiplier: option.count,
  bias: option.boolean,
  weightInitialiser: option.any,
  biasInitialiser: option.any,
};

/** Each channel by filters of its own. */
function depthwise(who: string, x: Tensor, weight: Tensor, bias: Tensor | undefined, config: DepthwiseConv2dConfig): Tensor {
  checkFit(who, x, config);
  const { stride = 1, padding = 0, dilation = 1 } = config;
  return ops.conv2d(x, weight, bias, { stride, padding, dilation, groups: x.shape[1]! });
}

/**
 * Depthwise convolution (Sifre, 2014): each channel is convolved by itself, [n, c, h, w] gives [n, c multiplier, oh, ow]. It is
 * `conv2d` with as many groups as channels. Parameters weight [c multiplier, 1, kh, kw] and bias [c multiplier].
 */
export const depthwiseConv2d = defineLayer({
  type: 'depthwiseConv2d',
  options: depthwiseRules,
  required: ['kernelSize'],
  init: (
    { kernelSize, multiplier = 1, bias = true, weightInitialiser = 'heNormal', biasInitialiser = 'zeros' }: DepthwiseConv2dConfig,
    input,
    { param },
  ) => {
    const filters = channelsOf('depthwiseConv2d', input) * multiplier;
    return {
      weight: param(
        [filters, 1, ...perAxis(kernelSize)],
        initialiserFrom(weightInitialiser, 'depthwiseConv2d.weightInitialiser'),
      ),
      bias: bias ? param([filters], initialiserFrom(biasInitialiser, 'depthwiseConv2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, config) => depthwise('depthwiseConv2d', x, weight, bias, config),
});

/**
 * Depthwise separable convolution (Chollet, 2017; Howard et al., 2017): a depthwise convolution, then a 1x1 one that mixes the
 * channels; [n, c, h, w] gives [n, filters, oh, ow]. Parameters depthwiseWeight [c multiplier, 1, kh, kw], pointwiseWeight
 * [filters, c multiplier, 1, 1] and bias [filters].
 */
export const separableConv2d = defineLayer({
  type: 'separableConv2d',
  options: { filters: option.count, ...depthwiseRules },
  required: ['filters', 'kernelSize'],
  init: (
    {
      filters,
      kernelSize,
      multiplier = 1,
      bias = true,
      weightInitialiser = 'heNormal',
      biasInitialiser = 'zeros',
    }: SeparableConv2dConfig,
    input,
    { param },
  ) => {
    const between = channelsOf('separableConv2d', input) * multiplier;
    const initialiser = initialiserFrom(weightInitialiser, 'separableConv2d.weightInitialiser');
    return {
      depthwiseWeight: param([between, 1, ...perAxis(kernelSize)], initialiser),
      pointwiseWeight: param([filters, between, 1, 1], initialiser),
      bias: bias ? param([filters], initialiserFrom(biasInitialiser, 'separableConv2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { depthwiseWeight, pointwiseWeight, bias }, config) =>
    ops.conv2d(depthwise('separableConv2d', x, depthwiseWeight, undefined, config), pointwiseWeight, bias),
});
