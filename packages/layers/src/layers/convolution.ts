import { option, type Shape, ShapeError, showShape, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type InitialiserConfig, initialiserFrom } from '../initialisers.js';
import { defineLayer, type Slots } from '../layer.js';
import { checkFit, type Size, sides, size, type WindowConfig, windowRules } from './window.js';

/** What {@link conv2d} and its kin have in common. */
export interface FilterConfig {
  /** How many output channels. */
  readonly filters: number;
  /** Independent groups of channels and filters. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First weights. Default 'heNormal'. */
  readonly weightInitialiser?: InitialiserConfig;
  /** First biases. Default 'zeros'. */
  readonly biasInitialiser?: InitialiserConfig;
}

const filterRules = {
  filters: option.count,
  groups: option.count,
  bias: option.boolean,
  weightInitialiser: option.any,
  biasInitialiser: option.any,
};

/** Options of {@link conv2d}. */
export interface Conv2dConfig extends FilterConfig, WindowConfig {
  /** What the padding holds. Default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

/** Options of {@link conv1d}, as those of {@link conv2d}; lists have one number. */
export type Conv1dConfig = Conv2dConfig;

/** Options of {@link conv3d}, as those of {@link conv2d}; lists have three numbers, [depth, height, width]. */
export type Conv3dConfig = Conv2dConfig;

/** Options of {@link convTranspose2d}. */
export interface ConvTranspose2dConfig extends FilterConfig {
  /** Height and width of the kernel. */
  readonly kernelSize: Size;
  /** Default 1. */
  readonly stride?: Size;
  /** How much of the border is cut off. Default 0. */
  readonly padding?: Exclude<ops.Padding, 'same' | 'valid'>;
  /** Default 1. */
  readonly dilation?: Size;
  /** Rows and columns added after. Default 0. */
  readonly outputPadding?: Size;
}

const layouts = ['[c, w]', 'images [c, h, w]', 'volumes [c, d, h, w]'];

/** A size per axis. */
export const perAxis = (value: Size, rank = 2): readonly number[] =>
  typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;

/** The channels of an input without the batch axis. @throws {ShapeError} where it has not this many spatial axes. */
export function channelsOf(who: string, input: Shape, rank = 2): number {
  if (input.length === rank + 1) return input[0]!;
  throw new ShapeError(`${who}: each input is ${showShape(input)}; it takes ${layouts[rank - 1]}`);
}

function checkGroups(who: string, channels: number, filters: number, groups: number): void {
  if (channels % groups === 0 && filters % groups === 0) return;
  throw new ShapeError(`${who}: ${channels} channels and ${filters} filters cannot be cut into ${groups} groups`);
}

/* @__NO_SIDE_EFFECTS__ */
const convolutionRules = (rank: number) => ({
  ...filterRules,
  ...windowRules(rank),
  paddingMode: option.oneOf('zeros', 'reflect', 'replicate', 'circular'),
});

/** The tensors of a convolution over some number of axes. */
function convolutionSlots(
  who: string,
  rank: number,
  {
    filters,
    kernelSize,
    groups = 1,
    bias = true,
    weightInitialiser = 'heNormal',
    biasInitialiser = 'zeros',
  }: FilterConfig & Pick<WindowConfig, 'kernelSize'>,
  input: Shape,
  { param }: Slots,
) {
  const channels = channelsOf(who, input, rank);
  checkGroups(who, channels, filters, groups);
  return {
    weight: param(
      [filters, channels / groups, ...perAxis(kernelSize, rank)],
      initialiserFrom(weightInitialiser, `${who}.weightInitialiser`),
    ),
    bias: bias ? param([filters], initialiserFrom(biasInitialiser, `${who}.biasInitialiser`)) : undefined,
  };
}

/** The options that the op takes, once it is sure that the windows fit as they should. */
function optionsFor(who: string, x: Tensor, config: Conv2dConfig) {
  checkFit(who, x, config);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, paddingMode = 'zeros' } = config;
  return { stride, padding, dilation, groups, paddingMode } as const;
}

/**
 * Convolution over one axis: [n, c, w] gives [n, filters, ow], see `ops.conv1d`. Parameters weight [filters, c / groups, kernel] and
 * bias [filters].
 */
export const conv1d = defineLayer({
  type: 'conv1d',
  options: convolutionRules(1),
  required: ['filters', 'kernelSize'],
  init: (config: Conv1dConfig, input, slots) => convolutionSlots('conv1d', 1, config, input, slots),
  forward: (x, { weight, bias }, config) => ops.conv1d(x, weight, bias, optionsFor('conv1d', x, config)),
});

/**
 * Convolution: [n, c, h, w] gives [n, filters, oh, ow], see `ops.conv2d`. Parameters weight [filters, c / groups, kh, kw] and
 * bias [filters].
 */
export const conv2d = defineLayer({
  type: 'conv2d',
  options: convolutionRules(2),
  required: ['filters', 'kernelSize'],
  init: (config: Conv2dConfig, input, slots) => convolutionSlots('conv2d', 2, config, input, slots),
  forward: (x, { weight, bias }, config) => ops.conv2d(x, weight, bias, optionsFor('conv2d', x, config)),
  followedBy: {
    relu: (x, { weight, bias }, config) =>
      ops.conv2d(x, weight, bias, { ...optionsFor('conv2d', x, config), activation: 'relu' }),
  },
});

/**
 * Convolution over three axes: [n, c, d, h, w] gives [n, filters, od, oh, ow], see `ops.conv3d`. Parameters weight
 * [filters, c / groups, kd, kh, kw] and bias [filters].
 */
export const conv3d = defineLayer({
  type: 'conv3d',
  options: convolutionRules(3),
  required: ['filters', 'kernelSize'],
  init: (config: Conv3dConfig, input, slots) => convolutionSlots('conv3d', 3, config, input, slots),
  forward: (x, { weight, bias }, config) => ops.conv3d(x, weight, bias, optionsFor('conv3d', x, config)),
});

/**
 * Transposed convolution: [n, c, h, w] gives [n, filters, oh, ow], see `ops.convTranspose2d`. Parameters weight
 * [c, filters / groups, kh, kw] and bias [filters].
 */
export const convTranspose2d = defineLayer({
  type: 'convTranspose2d',
  options: {
    ...filterRules,
    kernelSize: size(option.count),
    stride: size(option.count),
    padding: sides(),
    dilation: size(option.count),
    outputPadding: size(option.index),
  },
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
    const channels = channelsOf('convTranspose2d', input);
    checkGroups('convTranspose2d', channels, filters, groups);
    return {
      weight: param(
        [channels, filters / groups, ...perAxis(kernelSize)],
        initialiserFrom(weightInitialiser, 'convTranspose2d.weightInitialiser'),
      ),
      bias: bias ? param([filters], initialiserFrom(biasInitialiser, 'convTranspose2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }) =>
    ops.convTranspose2d(x, weight, bias, { stride, padding, outputPadding, dilation, groups }),
});
