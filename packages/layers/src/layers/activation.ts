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
/** x σ(x), also called swish (Ramachandran et al., 2017). */
export const silu = activation('silu', ops.silu);
/** x tanh(softplus(x)) (Misra, 2019). */
export const mish = activation('mish', ops.mish);
/** x / (1 + |x|) (Glorot and Bengio, 2010). */
export const softsign = activation('softsign', ops.softsign);
/** min(max(x / 6 + 1/2, 0), 1) (Howard et al., 2019). */
export const hardSigmoid = activation('hardSigmoid', ops.hardSigmoid);
/** x min(max(x + 3, 0), 6) / 6 (Howard et al., 2019). */
export const hardSwish = activation('hardSwish', ops.hardSwish);
/** 1.0507… elu(x, 1.6733…), which keeps mean 0 and variance 1 after 'lecunNormal' weights (Klambauer et al., 2017). */
export const selu = activation('selu', ops.selu);

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

/** x above 0, α (e^(x / α) - 1) below (Barron, 2017). Default α 1; it must be above 0. */
export const celu = defineLayer({
  type: 'celu',
  options: { alpha: option.positive },
  forward: (x, _, { alpha }: { readonly alpha?: number }) => ops.celu(x, alpha),
});

/** x Φ(x) with Φ the normal distribution function (Hendrycks and Gimpel, 2016). `approximate` 'none' (default) or 'tanh'. */
export const gelu = defineLayer({
  type: 'gelu',
  options: { approximate: option.oneOf('none', 'tanh') },
  forward: (x, _, config: ops.GeluOptions) => ops.gelu(x, config),
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
