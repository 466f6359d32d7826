import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';
import { type MaxPool2dConfig, pooled } from './pooling.js';

type Nothing = Record<string, never>;

/* @__NO_SIDE_EFFECTS__ */
const activation = (type: string, f: (x: Tensor) => Tensor) =>
  defineLayer({ type, options: {}, forward: (x, _, __: Nothing) => f(x) });

/** max(x, 0). */
export const relu = defineLayer({
  type: 'relu',
  options: {},
  forward: (x, _, __: Nothing) => ops.relu(x),
  // The largest of some numbers is negative where all are: the smaller image can be cut off at 0, to the same numbers.
  followedBy: { maxPool2d: (x, _, __, pool) => ops.relu(pooled(x, pool as unknown as MaxPool2dConfig)) },
});
/** min(max(x, 0), 6). */
export const relu6 = activation('relu6', ops.relu6);
/** 1 / (1 + e^-x). */
export const sigmoid = activation('sigmoid', ops.sigmoid);
/** The hyperbolic tangent. */
export const tanh = activation('tanh', ops.tanh);
/** log(1 + e^x). */
export const softplus = activation('softplus', ops.softplus);
/** x σ(x). */
export const silu = activation('silu', ops.silu);

/** x above 0, `negativeSlope` x below. Default 0.01. */
export const leakyRelu = defineLayer({
  type: 'leakyRelu',
  options: { negativeSlope: option.number },
  forward: (x, _, { negativeSlope }: { readonly negativeSlope?: number }) => ops.leakyRelu(x, negativeSlope),
});

/** x above 0, α (e^x - 1) below. Default α 1. */
export const elu = defineLayer({
  type: 'elu',
  options: { alpha: option.number },
  forward: (x, _, { alpha }: { readonly alpha?: number }) => ops.elu(x, alpha),
});

/** e^x / Σ e^x along an axis, the last by default. */
export const softmax = defineLayer({
  type: 'softmax',
  options: { axis: option.integer },
  forward: (x, _, { axis }: { readonly axis?: number }) => ops.softmax(x, axis),
});

/** x - log Σ e^x along an axis, the last by default. */
export const logSoftmax = defineLayer({
  type: 'logSoftmax',
  options: { axis: option.integer },
  forward: (x, _, { axis }: { readonly axis?: number }) => ops.logSoftmax(x, axis),
});
