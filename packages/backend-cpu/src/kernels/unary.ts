import { isFloat, type None, type UnaryName } from '@cnn/tensor';
import { erf } from '../erf.js';
import type { ReferenceKernel, ReferenceKernels } from '../reference-kernel.js';

/** Applies `f` to each element; to whole numbers `whole`, where doubles would not wrap around as int32 does. */
const map =
  (f: (x: number) => number, whole = f): ReferenceKernel<None> =>
  ([x], _, [y]) => {
    const from = x!.data;
    const to = y!.data;
    const g = isFloat(x!.dtype) ? f : whole;
    for (let i = 0; i < to.length; i++) to[i] = g(from[i]!);
  };

/** To the nearest whole number; from the middle to the even one, as PyTorch does. */
const roundHalfToEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/** 1 / (1 + exp(-x)) without overflow. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** log(1 + exp(x)) without overflow, and without losing exp(x) beside 1. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Functions of one number. NaN stays NaN, also under `sign` and `relu`. */
export const unary: Pick<ReferenceKernels, UnaryName> = {
  neg: map(x => -x),
  abs: map(Math.abs),
  sign: map(Math.sign),
  exp: map(Math.exp),
  expm1: map(Math.expm1),
  log: map(Math.log),
  log1p: map(Math.log1p),
  sqrt: map(Math.sqrt),
  rsqrt: map(x => 1 / Math.sqrt(x)),
  square: map(
    x => x * x,
    x => Math.imul(x, x),
  ),
  reciprocal: map(x => 1 / x),
  floor: map(Math.floor),
  ceil: map(Math.ceil),
  round: map(roundHalfToEven),
  sin: map(Math.sin),
  cos: map(Math.cos),
  tanh: map(Math.tanh),
  sigmoid: map(sigmoid),
  erf: map(erf),
  softplus: map(softplus),
  relu: map(x => Math.max(x, 0)),
  isFinite: map(x => Number(Number.isFinite(x))),
  logicalNot: map(x => Number(x === 0)),
};
