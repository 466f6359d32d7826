/**
 * What ops cost, in floating-point operations: the arithmetic of their formulas, however a kernel comes by the result. Moving
 * numbers costs none, a multiply-add two, and a function such as exp one.
 */
import type { BinaryName, CompositeOps, PrimitiveOps, ReduceName, UnaryName } from './kernels.js';
import type { ObservedOp } from './shapes-backend.js';
import { type Spec, sizeOf } from './spec.js';

/** From the specs of inputs and outputs, and the attributes. */
export type Cost<A> = (inputs: readonly Spec[], outputs: readonly Spec[], attrs: A) => number;

const size = (spec: Spec | undefined): number => sizeOf(spec!.shape);
/** Numbers in one of the parts along the first axis: of a convolution's weight, what each output pixel is a sum of. */
const taps = (weight: Spec | undefined): number => sizeOf(weight!.shape.slice(1));

const perOutput: Cost<unknown> = (_, [y]) => size(y);
const perInput: Cost<unknown> = ([x]) => size(x);
const free: Cost<unknown> = () => 0;

const unary = [
  'neg',
  'abs',
  'sign',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'rsqrt',
  'square',
  'reciprocal',
  'floor',
  'ceil',
  'round',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
  'softplus',
  'relu',
  'isFinite',
  'logicalNot',
] as const satisfies readonly UnaryName[];
const binary = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
] as const satisfies readonly BinaryName[];
const reduce = ['sum', 'max', 'min'] as const satisfies readonly ReduceName[];

const all = <K extends string>(names: readonly K[], cost: Cost<unknown>): Record<K, Cost<unknown>> =>
  Object.fromEntries(names.map(name => [name, cost])) as Record<K, Cost<unknown>>;

/** The cost of each op of the kernel table; a plugin's ops have none that is known. */
export const costs: {
  readonly [K in keyof (PrimitiveOps & CompositeOps)]: Cost<(PrimitiveOps & CompositeOps)[K]>;
} = {
  ...all<UnaryName>(unary, perOutput),
  ...all<BinaryName>(binary, perOutput),
  ...all<ReduceName>(reduce, perInput),
  argMax: perInput,
  argMin: perInput,
  cumsum: perInput,
  scatterAdd: ([, , updates]) => size(updates),
  fold: perInput,
  // #region matmul
  matmul: ([a], [y], { transposeA }) => 2 * size(y) * a!.shape.at(transposeA ? -2 : -1)!,
  // #endregion matmul
  sort: ([x]) => size(x) * Math.ceil(Math.log2(Math.max(2, size(x)))),
  select: free,
  cast: free,
  fill: free,
  arange: free,
  permute: free,
  broadcastTo: free,
  slice: free,
  pad: free,
  concat: free,
  flip: free,
  gather: free,
  unfold: free,

  // #region convolution
  conv2d: ([, weight, bias], [y]) => size(y) * (2 * taps(weight) + (bias ? 1 : 0)),
  // #endregion convolution
  conv2dRelu: ([, weight, bias], [y]) => size(y) * (2 * taps(weight) + (bias ? 2 : 1)),
  conv2dInputGrad: ([dy, weight]) => 2 * size(dy) * taps(weight),
  conv2dWeightGrad: ([, dy], [dWeight]) => 2 * size(dy) * taps(dWeight),
  linear: ([, weight, bias], [y]) => size(y) * (2 * taps(weight) + (bias ? 1 : 0)),
  linearRelu: ([, weight, bias], [y]) => size(y) * (2 * taps(weight) + (bias ? 2 : 1)),
  maxPool2d: (_, [y], { kernelSize }) => size(y) * sizeOf(kernelSize),
  maxPool2dGrad: ([dy]) => size(dy),
  avgPool2d: (_, [y], { kernelSize }) => size(y) * (sizeOf(kernelSize) + 1),
  avgPool2dGrad: ([dy], _, { kernelSize }) => size(dy) * (sizeOf(kernelSize) + 1),
  reluGrad: perOutput,
  // For each number 1 to the mean, 3 to the variance and 3 to the result; the rest is for each channel.
  batchNorm: ([x, weight]) => 7 * size(x) + 5 * size(weight),
  batchNormGrad: ([, x, weight]) => 11 * size(x) + 2 * size(weight),
  batchNormInference: ([x, weight]) => 3 * size(x) + 3 * size(weight),
  // For each number: the maximum, less it, exp, the sum, and its division (its logarithm's subtraction).
  softmax: ([x]) => 5 * size(x),
  logSoftmax: ([x], _, { axis }) => 5 * size(x) + rows(x!, axis),
  softmaxCrossEntropy: ([logits, targets], [losses], { labelSmoothing }) =>
    (5 + (targets!.dtype === 'int32' ? 0 : 2) + (labelSmoothing === 0 ? 0 : 1)) * size(logits) +
    (labelSmoothing === 0 ? 2 : 6) * size(losses),
  softmaxCrossEntropyGrad: ([, logits, targets], _, { labelSmoothing }) =>
    (7 + (targets!.dtype === 'int32' ? 0 : 2) + (labelSmoothing === 0 ? 0 : 2)) * size(logits),
  dropout: ([x], _, { rate }) => (rate === 0 ? 0 : size(x)),
  sgdStep: ([parameter], _, { momentum, nesterov, weightDecay, first }) =>
    (2 + (weightDecay === 0 ? 0 : 2) + (momentum === 0 || first ? 0 : 3) + (nesterov ? 2 : 0)) * size(parameter),
  adamStep: ([parameter], _, { weightDecay, decoupled }) => (13 + (weightDecay === 0 ? 0 : decoupled ? 1 : 2)) * size(parameter),
  adadeltaStep: ([parameter], _, { weightDecay }) => (16 + (weightDecay === 0 ? 0 : 2)) * size(parameter),
};

const rows = (x: Spec, axis: number): number => sizeOf(x.shape.toSpliced(axis, 1));

/** The floating-point operations of one run of an op; undefined for an op that {@link costs} does not know. */
export function flopsOf({ name, inputs, outputs, attrs }: ObservedOp): number | undefined {
  if (!Object.hasOwn(costs, name)) return undefined;
  return costs[name as keyof typeof costs](inputs, outputs, attrs as never);
}
