/** Normalisation: each group of numbers to mean 0 and variance 1, then scaled and shifted. */

import { apply } from '../apply.js';
import { OptionError, ShapeError } from '../errors.js';
import type { NormAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { type Spec, sameShape, showShape, sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { add, div, mul, pow, sub } from './binary.js';
import { checkFloat, checkRank, checkTensor, one, refuseUnknown } from './common.js';
import { avgPool2d } from './pooling.js';
import { mean, sum, variance } from './reduce.js';
import { broadcastTo, reshape } from './shape.js';
import { pad } from './slice.js';
import { rsqrt, square } from './unary.js';

/** All axes but the second. */
const overChannels = ({ shape }: { shape: readonly number[] }): number[] => shape.flatMap((_, i) => (i === 1 ? [] : [i]));

/** A vector [c] that lines up with the channels of [n, c, ...]. */
const perChannel = (v: Tensor, rank: number): Tensor => reshape(v, [v.size, ...Array.from({ length: rank - 2 }, () => 1)]);

function checkChannels(who: string, x: Spec, ...vectors: readonly Spec[]): void {
  checkFloat(who, x, ...vectors);
  if (x.shape.length < 2) throw new ShapeError(`${who}: the input is ${showShape(x.shape)}; it must be [n, c, ...]`);
  for (const { shape } of vectors) {
    if (!sameShape(shape, [x.shape[1]!])) throw new ShapeError(`${who}: a vector ${showShape(shape)} for ${x.shape[1]} channels`);
  }
}

/** The op of {@link batchNorm}. */
export const batchNormOp: Op<NormAttrs> = {
  name: 'batchNorm',
  infer: ([x, weight, bias]) => {
    checkChannels('batchNorm', x!, weight!, bias!);
    if (x!.shape[1] !== 0 && sizeOf(x!.shape) / x!.shape[1]! < 2) {
      throw new ShapeError(`batchNorm: ${showShape(x!.shape)} has fewer than two values per channel, so no variance`);
    }
    return [x!, weight!, bias!];
  },
  compose: ([x, weight, bias], { epsilon }) => {
    // #region batch-norm
    const rank = x!.shape.length;
    const axes = overChannels(x!);
    const centre = mean(x!, axes, { keepDims: true });
    const spread = variance(x!, axes, { keepDims: true, correction: 0 });
    const scale = mul(rsqrt(add(spread, epsilon)), perChannel(weight!, rank));
    return [
      add(mul(sub(x!, centre), scale), perChannel(bias!, rank)),
      reshape(centre, weight!.shape),
      reshape(spread, weight!.shape),
    ];
    // #endregion batch-norm
  },
  vjp: ([dy, dMean, dVariance], { inputs: [x, weight], outputs: [, centre, spread], attrs }) => {
    const [dx, dWeight, dBias] = dy ? apply(batchNormGradOp, [dy, x!, weight!, centre!, spread!], attrs) : [];
    const count = x!.size / weight!.size;
    const rank = x!.shape.length;
    const parts = [
      dx,
      dMean && div(perChannel(dMean, rank), count),
      dVariance && mul(perChannel(dVariance, rank), mul(sub(x!, perChannel(centre!, rank)), 2 / count)),
    ].filter(part => part !== undefined);
    const total = parts.reduce((a, b) => add(a, b));
    return [broadcastTo(total, x!.shape), dWeight, dBias];
  },
  saves: ['inputs.0', 'inputs.1', 'outputs.1', 'outputs.2'],
};

/** The gradient of {@link batchNormOp}: [dy, x, weight, mean, variance] gives dx, dweight, dbias (Ioffe and Szegedy, 2015, section 3). */
export const batchNormGradOp: Op<NormAttrs> = {
  name: 'batchNormGrad',
  infer: ([dy, x, ...vectors]) => {
    checkChannels('batchNormGrad', x!, ...vectors);
    if (!sameShape(dy!.shape, x!.shape))
      throw new ShapeError(`batchNormGrad: dy is ${showShape(dy!.shape)}, x ${showShape(x!.shape)}`);
    return [x!, vectors[0]!, vectors[0]!];
  },
  compose: ([dy, x, weight, centre, spread], { epsilon }) => {
    const rank = x!.shape.length;
    const axes = overChannels(x!);
    const scale = rsqrt(add(perChannel(spread!, rank), epsilon));
    const normal = mul(sub(x!, perChannel(centre!, rank)), scale);
    const dBias = sum(dy!, axes, { keepDims: true });
    const dWeight = sum(mul(dy!, normal), axes, { keepDims: true });
    const count = x!.size / weight!.size;
    const inner = sub(dy!, div(add(dBias, mul(normal, dWeight)), count));
    return [mul(mul(inner, scale), perChannel(weight!, rank)), reshape(dWeight, weight!.shape), reshape(dBias, weight!.shape)];
  },
};

/** The op of {@link batchNormInference}. */
export const batchNormInferenceOp: Op<NormAttrs> = {
  name: 'batchNormInference',
  infer: ([x, ...vectors]) => {
    checkChannels('batchNormInference', x!, ...vectors);
    return [x!];
  },
  compose: ([x, weight, bias, centre, spread], { epsilon }) => {
    const rank = x!.shape.length;
    // #region batch-norm-inference
    const scale = mul(weight!, rsqrt(add(spread!, epsilon)));
    return [add(mul(sub(x!, perChannel(centre!, rank)), perChannel(scale, rank)), perChannel(bias!, rank))];
    // #endregion batch-norm-inference
  },
};

/** Options of all normalisations but {@link localResponseNorm}. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

function checkEpsilon(who: string, epsilon: number, left: object): void {
  refuseUnknown(who, left);
  if (!(epsilon > 0)) throw new OptionError(who, 'epsilon', epsilon, 'a number > 0');
}

/** What batch normalisation gives in training. */
export interface BatchNormResult {
  /** Like x. */
  readonly y: Tensor;
  /** The batch's mean [c]. */
  readonly mean: Tensor;
  /** The batch's biased variance [c], the one it was normalised with. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation with the batch's own statistics (Ioffe and Szegedy, 2015): x [n, c, ...] minus its mean over all axes but
 * the second, over sqrt(variance + epsilon), times weight [c], plus bias [c].
 *
 * @param options - `epsilon`: default 1e-5.
 * @throws {ShapeError} where a channel has fewer than two values.
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5, ...left }: NormOptions = {},
): BatchNormResult {
  checkEpsilon('batchNorm', epsilon, left);
  const [y, centre, spread] = apply(batchNormOp, [x, weight, bias], { epsilon });
  return { y: y!, mean: centre!, variance: spread! };
}

/** Batch normalisation with given statistics: (x - mean) / sqrt(variance + epsilon) weight + bias, all [c]. `epsilon`: default 1e-5. */
export function batchNormInference(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  statistics: { readonly mean: Tensor; readonly variance: Tensor },
  { epsilon = 1e-5, ...left }: NormOptions = {},
): Tensor {
  checkTensor('batchNormInference', x);
  checkEpsilon('batchNormInference', epsilon, left);
  return one(batchNormInferenceOp, [x, weight, bias, statistics.mean, statistics.variance], { epsilon });
}

/** x to mean 0 and variance 1 over axes. */
function standardise(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const spread = variance(x, axes, { keepDims: true, correction: 0 });
  return mul(sub(x, mean(x, axes, { keepDims: true })), rsqrt(add(spread, epsilon)));
}

function scaleAndShift(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight ? mul(x, weight) : x;
  return bias ? add(scaled, bias) : scaled;
}

/** Layer normalisation (Ba et al., 2016) over the last axes, those of `normalizedShape`; weight and bias have that shape. `epsilon`: default 1e-5. */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor,
  bias?: Tensor,
  { epsilon = 1e-5, ...left }: NormOptions = {},
): Tensor {
  checkTensor('layerNorm', x);
  checkEpsilon('layerNorm', epsilon, left);
  const rank = x.shape.length;
  if (normalizedShape.length === 0 || !sameShape(x.shape.slice(-normalizedShape.length), normalizedShape)) {
    throw new ShapeError(`layerNorm: ${showShape(x.shape)} does not end with ${showShape(normalizedShape)}`);
  }
  const odd = [weight, bias].find(v => v && !sameShape(v.shape, normalizedShape));
  if (odd) throw new ShapeError(`layerNorm: weight or bias ${showShape(odd.shape)}; they must be ${showShape(normalizedShape)}`);
  return tidy(() =>
    scaleAndShift(
      standardise(
        x,
        normalizedShape.map((_, i) => rank - 1 - i),
        epsilon,
      ),
      weight,
      bias,
    ),
  );
}

/** Group normalisation (Wu and He, 2018): x [n, c, ...], its channels in `groups` groups; weight and bias [c]. `epsilon`: default 1e-5. */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Tensor,
  bias?: Tensor,
  { epsilon = 1e-5, ...left }: NormOptions = {},
): Tensor {
  checkTensor('groupNorm', x);
  checkEpsilon('groupNorm', epsilon, left);
  checkChannels('groupNorm', x, ...[weight, bias].filter(v => v !== undefined));
  const [n, c, ...spatial] = x.shape as [number, number, ...number[]];
  if (!Number.isSafeInteger(groups) || groups < 1 || c % groups !== 0) {
    throw new OptionError('groupNorm', 'groups', groups, `a divisor of the ${c} channels`);
  }
  return tidy(() => {
    const grouped = reshape(x, [n, groups, (c / groups) * sizeOf(spatial)]);
    const y = reshape(standardise(grouped, [2], epsilon), x.shape);
    const rank = x.shape.length;
    return scaleAndShift(y, weight && perChannel(weight, rank), bias && perChannel(bias, rank));
  });
}

/** Instance normalisation (Ulyanov et al., 2016): group normalisation with a group per channel. */
export function instanceNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options: NormOptions = {}): Tensor {
  checkTensor('instanceNorm', x);
  return groupNorm(x, x.shape[1]!, weight, bias, options);
}

/** Options of {@link localResponseNorm}. */
export interface LocalResponseNormOptions {
  /** Channels in the neighbourhood. */
  readonly size: number;
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

const localResponseRules = { size: option.count, alpha: option.number, beta: option.number, k: option.number };

/** Local response normalisation (Krizhevsky et al., 2012): x / (k + α mean of x² over `size` channels around)^β; x [n, c, h, w]. */
export function localResponseNorm(x: Tensor, options: LocalResponseNormOptions): Tensor {
  checkOptions('localResponseNorm', options, localResponseRules, ['size']);
  const { size, alpha = 1e-4, beta = 0.75, k = 1 } = options;
  checkRank('localResponseNorm', x, 4, 'images [n, c, h, w]');
  return tidy(() => {
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const rows = pad(reshape(square(x), [n, 1, c, h * w]), [
      [Math.floor(size / 2), Math.floor((size - 1) / 2)],
      [0, 0],
    ]);
    const around = reshape(avgPool2d(rows, [size, 1], { stride: 1 }), x.shape);
    return div(x, pow(add(mul(around, alpha), k), beta));
  });
}
