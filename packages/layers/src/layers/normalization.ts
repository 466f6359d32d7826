import { option, type Shape, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { ones, zeros } from '../initialisers.js';
import { defineLayer, type Slots } from '../layer.js';

/** Options of {@link instanceNorm}. */
export interface NormConfig {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether there are a weight and a bias. Default true; false for {@link instanceNorm}, as in PyTorch. */
  readonly affine?: boolean;
}

/** Options of {@link layerNorm}. */
export interface LayerNormConfig extends NormConfig {
  /** The sizes of the last axes, those that are normalised together. Default: all axes but the batch. */
  readonly normalizedShape?: readonly number[];
}

/** Options of {@link groupNorm}. */
export interface GroupNormConfig extends NormConfig {
  /** How many groups the channels are cut into. */
  readonly groups: number;
}

const rules = { epsilon: option.positive, affine: option.boolean };

const weightAndBias = (shape: Shape, affine: boolean, { param }: Slots) => ({
  weight: affine ? param(shape, ones) : undefined,
  bias: affine ? param(shape, zeros) : undefined,
});

function channelsOf(who: string, input: Shape): number {
  const [channels] = input;
  if (channels === undefined) throw new ShapeError(`${who}: each input is ${showShape(input)}; it takes [c, ...]`);
  return channels;
}

/** Layer normalisation (Ba et al., 2016), see `ops.layerNorm`: x like y, [n, ...]. Parameters weight and bias like `normalizedShape`. */
export const layerNorm = defineLayer({
  type: 'layerNorm',
  options: { ...rules, normalizedShape: option.list(option.count) },
  init: ({ normalizedShape, affine = true }: LayerNormConfig, input, slots) =>
    weightAndBias(normalizedShape ?? input, affine, slots),
  forward: (x, { weight, bias }, { normalizedShape = x.shape.slice(1), epsilon = 1e-5 }) =>
    ops.layerNorm(x, normalizedShape, weight, bias, { epsilon }),
});

/** Group normalisation (Wu and He, 2018) of [n, c, ...], see `ops.groupNorm`. Parameters weight and bias [c]. */
export const groupNorm = defineLayer({
  type: 'groupNorm',
  options: { ...rules, groups: option.count },
  required: ['groups'],
  init: ({ affine = true }: GroupNormConfig, input, slots) => weightAndBias([channelsOf('groupNorm', input)], affine, slots),
  forward: (x, { weight, bias }, { groups, epsilon = 1e-5 }) => ops.groupNorm(x, groups, weight, bias, { epsilon }),
});

/** Instance normalisation (Ulyanov et al., 2016) of [n, c, ...], each plane by itself. Parameters weight and bias [c], if any. */
export const instanceNorm = defineLayer({
  type: 'instanceNorm',
  options: rules,
  init: ({ affine = false }: NormConfig, input, slots) => weightAndBias([channelsOf('instanceNorm', input)], affine, slots),
  forward: (x, { weight, bias }, { epsilon = 1e-5 }) => ops.instanceNorm(x, weight, bias, { epsilon }),
});

/** Local response normalisation over neighbouring channels of [n, c, h, w] (Krizhevsky et al., 2012), see `ops.localResponseNorm`. */
export const localResponseNorm = defineLayer({
  type: 'localResponseNorm',
  options: { size: option.count, alpha: option.number, beta: option.number, k: option.number },
  required: ['size'],
  forward: (x, _, options: ops.LocalResponseNormOptions) => ops.localResponseNorm(x, options),
});
