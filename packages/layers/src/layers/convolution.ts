import { type OptionRule, option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type InitialiserConfig, initialiserFrom } from '../initialisers.js';
import { defineLayer } from '../layer.js';

/** A number for height and width, or [height, width]. */
export type Size = number | readonly number[];

const size = (item: OptionRule): OptionRule => option.either(item, option.list(item, 2));

const sides = option.either(size(option.index), option.list(option.list(option.index, 2), 2));

/** Rules for the window options that convolutions and pools share; their values are checked again where the window is applied. */
export const windowRules = {
  kernelSize: size(option.count),
  stride: size(option.count),
  padding: option.either(option.oneOf('same', 'valid'), sides),
  dilation: size(option.count),
};

const weightRules = {
  filters: option.count,
  groups: option.count,
  bias: option.boolean,
  weightInitialiser: option.any,
  biasInitialiser: option.any,
};

interface FilterConfig {
  /** How many output channels. */
  readonly filters: number;
  /** Height and width of the kernel. */
  readonly kernelSize: Size;
  /** Default 1. */
  readonly stride?: Size;
  /** Default 1. */
  readonly dilation?: Size;
  /** Independent groups of channels and filters. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First weights. Default 'heNormal'. */
  readonly weightInitialiser?: InitialiserConfig;
  /** First biases. Default 'zeros'. */
  readonly biasInitialiser?: InitialiserConfig;
}

/** Options of {@link conv2d}. */
export interface Conv2dConfig extends FilterConfig {
  /** A number, one per axis, [before, after] per axis, 'same' or 'valid'. Default 0. */
  readonly padding?: ops.Padding;
  /** What the padding holds. Default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

/** Options of {@link convTranspose2d}. */
export interface ConvTranspose2dConfig extends FilterConfig {
  /** How much of the border is cut off. Default 0. */
  readonly padding?: Exclude<ops.Padding, 'same' | 'valid'>;
  /** Rows and columns added after. Default 0. */
  readonly outputPadding?: Size;
}

const pair = (value: Size): readonly number[] => (typeof value === 'number' ? [value, value] : value);

function channelsOf(who: string, input: readonly number[], groups: number, filters: number): number {
  if (input.length !== 3) throw new ShapeError(`${who}: each input is ${showShape(input)}; it takes images [c, h, w]`);
  const channels = input[0]!;
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new ShapeError(`${who}: ${channels} channels and ${filters} filters cannot be cut into ${groups} groups`);
  }
  return channels;
}

const optionsOf = ({ stride = 1, padding = 0, dilation = 1, groups = 1, paddingMode = 'zeros' }: Conv2dConfig) =>
  ({ stride, padding, dilation, groups, paddingMode }) as const;

/**
 * Convolution: [n, c, h, w] gives [n, filters, oh, ow], see `ops.conv2d`. Parameters weight [filters, c / groups, kh, kw] and
 * bias [filters].
 */
export const conv2d = defineLayer({
  type: 'conv2d',
  options: {
    ...weightRules,
    ...windowRules,
    paddingMode: option.oneOf('zeros', 'reflect', 'replicate', 'circular'),
  },
  required: ['filters', 'kernelSize'],
  init: (
    { filters, kernelSize, groups = 1, bias = true, weightInitialiser = 'heNormal', biasInitialiser = 'zeros' }: Conv2dConfig,
    input,
    { param },
  ) => {
    const channels = channelsOf('conv2d', input, groups, filters);
    return {
      weight: param(
        [filters, channels / groups, ...pair(kernelSize)],
        initialiserFrom(weightInitialiser, 'conv2d.weightInitialiser'),
      ),
      bias: bias ? param([filters], initialiserFrom(biasInitialiser, 'conv2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, config) => ops.conv2d(x, weight, bias, optionsOf(config)),
  followedBy: {
    relu: (x, { weight, bias }, config) => ops.conv2d(x, weight, bias, { ...optionsOf(config), activation: 'relu' }),
  },
});

/**
 * Transposed convolution: [n, c, h, w] gives [n, filters, oh, ow], see `ops.convTranspose2d`. Parameters weight
 * [c, filters / groups, kh, kw] and bias [filters].
 */
export const convTranspose2d = defineLayer({
  type: 'convTranspose2d',
  options: { ...weightRules, ...windowRules, padding: sides, outputPadding: size(option.index) },
  required: ['filters', 'kernelSize'],
  init: (
    {
      filters,
      kernelSize,
      groups = 1,
      bias = true,
      weightInitialiser = 'heNormal',
      biasInitialiser = 'zeros',
    }: ConvTranspose2dConfig,
    input,
    { param },
  ) => {
    const channels = channelsOf('convTranspose2d', input, groups, filters);
    return {
      weight: param(
        [channels, filters / groups, ...pair(kernelSize)],
        initialiserFrom(weightInitialiser, 'convTranspose2d.weightInitialiser'),
      ),
      bias: bias ? param([filters], initialiserFrom(biasInitialiser, 'convTranspose2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }) =>
    ops.convTranspose2d(x, weight, bias, { stride, padding, outputPadding, dilation, groups }),
});
