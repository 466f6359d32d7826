/** What ops cost, in floating-point operations. Moving numbers costs none; a multiply-add costs two. */
import {
  type BinaryName,
  type CompositeOps,
  type MatmulAttrs,
  type PrimitiveOps,
  type ReduceName,
  type Spec,
  sizeOf,
  type UnaryName,
} from '@cnn/tensor';

type Cost<A> = (inputs: readonly Spec[], outputs: readonly Spec[], attrs: A) => number;

const perOutput: Cost<unknown> = (_, [y]) => sizeOf(y!.shape);
const perInput: Cost<unknown> = ([x]) => sizeOf(x!.shape);
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

/** The cost of each primitive, and of the composite that has a cheaper way than its composition. */
export const costs: { readonly [K in keyof PrimitiveOps]: Cost<PrimitiveOps[K]> } & {
  readonly maxPool2d: Cost<CompositeOps['maxPool2d']>;
} = {
  ...all<UnaryName>(unary, perOutput),
  ...all<BinaryName>(binary, perOutput),
  ...all<ReduceName>(reduce, perInput),
  argMax: perInput,
  argMin: perInput,
  cumsum: perInput,
  scatterAdd: ([, , updates]) => sizeOf(updates!.shape),
  fold: perInput,
  matmul: ([a], [y], { transposeA }: MatmulAttrs) => 2 * sizeOf(y!.shape) * a!.shape.at(transposeA ? -2 : -1)!,
  sort: ([x]) => sizeOf(x!.shape) * Math.ceil(Math.log2(Math.max(2, sizeOf(x!.shape)))),
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
  // Its composition looks at each window twice, for the value and for the index.
  maxPool2d: (_, [y], { kernelSize }) => sizeOf(y!.shape) * sizeOf(kernelSize),
};
