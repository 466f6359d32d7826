/**
 * The table of kernels: every op that a backend must or may run itself, and its attributes.
 *
 * Buffers are contiguous and row-major, images `[n, c, h, w]`. What an op computes is told where it is defined, in `ops/`.
 */

import type { RandomKey } from './random.js';
import type { DType, Shape, Spec } from './spec.js';

/** What a kernel sees of an input: the backend's own buffer and its spec. */
export interface View<B> extends Spec {
  readonly buffer: B;
}

/**
 * Computes an op: gives one buffer per output spec. `reuse[i]` says that input i may be overwritten and given back as an
 * output, which happens only in `step`. `undefined` means "not this case", and the op's composition runs; a primitive may
 * not decline. A kernel that throws has written nothing. Inputs may share a buffer.
 */
export type Kernel<B, A> = (
  inputs: readonly View<B>[],
  attrs: A,
  outputs: readonly Spec[],
  reuse: readonly boolean[],
) => B[] | undefined;

/** No attributes. */
export type None = Readonly<Record<string, never>>;

/** Functions of one number. All take float32 and float64; `neg`, `abs`, `sign`, `square` and `relu` int32 too; `logicalNot` takes and gives bool, `isFinite` gives bool. */
export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'reciprocal'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'softplus'
  | 'relu'
  | 'isFinite'
  | 'logicalNot';

/** Functions of two numbers, with NumPy's broadcasting. Comparisons and logic give bool; the rest gives the dtype of the inputs. */
export type BinaryName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor';

/** Reductions over `axes`, which stay as size 1. */
export type ReduceName = 'sum' | 'max' | 'min';

/** `axes` are sorted, distinct and from 0. */
export interface AxesAttrs {
  readonly axes: readonly number[];
}
/** `axis` counts from 0. */
export interface AxisAttrs {
  readonly axis: number;
}
/** All elements are `value`. */
export interface FillAttrs extends Spec {
  readonly value: number;
}
/** start, start + step, … */
export interface ArangeAttrs {
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly dtype: DType;
}
/** To `dtype`. */
export interface CastAttrs {
  readonly dtype: DType;
}
/** To `shape`. */
export interface ShapeAttrs {
  readonly shape: Shape;
}
/** Output axis i is input axis `order[i]`. */
export interface PermuteAttrs {
  readonly order: readonly number[];
}
/** Per axis the indices start, start + step, … below stop; step >= 1, 0 <= start <= stop <= size. */
export interface SliceAttrs {
  readonly start: readonly number[];
  readonly stop: readonly number[];
  readonly step: readonly number[];
}
/** Per axis elements [before, after], and `interior` between neighbours; all of them `value`, and none negative. */
export interface PadAttrs {
  readonly padding: readonly (readonly [number, number])[];
  readonly interior: readonly number[];
  readonly value: number;
}
/** Along `axis`, which counts from 0. */
export interface SortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}
/** Along `axis`; `exclusive` leaves each element itself out, `reverse` sums from the end. */
export interface CumsumAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}
/** Whether the last two axes of an operand are swapped. */
export interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A window that slides over the spatial axes; one entry per spatial axis. */
export interface WindowAttrs {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
}
/** `padValue` fills the padding. */
export interface UnfoldAttrs extends WindowAttrs {
  readonly padValue: number;
}
/** `inputSize` are the spatial sizes to fold back to. */
export interface FoldAttrs extends WindowAttrs {
  readonly inputSize: readonly number[];
}

/** Convolution (cross-correlation) attributes for two spatial axes; the kernel size is the weight's. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}
/** `inputSize` are the spatial sizes of the convolution's input. */
export interface ConvolutionInputGradAttrs extends ConvolutionAttrs {
  readonly inputSize: readonly number[];
}
/** `kernelSize` are the spatial sizes of the convolution's weight. */
export interface ConvolutionWeightGradAttrs extends ConvolutionAttrs {
  readonly kernelSize: readonly number[];
}
/** `ceilMode` lets the last window hang over the end, where it still starts inside the input or the padding before it. */
export interface MaxPoolAttrs extends WindowAttrs {
  readonly ceilMode: boolean;
}
/** `countIncludePad` counts the padding's zeros in the average. */
export interface AvgPoolAttrs extends MaxPoolAttrs {
  readonly countIncludePad: boolean;
}
/** `inputSize` are the spatial sizes of the pooled image. */
export interface MaxPoolGradAttrs {
  readonly inputSize: readonly number[];
}
/** `inputSize` are the spatial sizes of the pooled image. */
export interface AvgPoolGradAttrs extends AvgPoolAttrs {
  readonly inputSize: readonly number[];
}
/** `epsilon` is added to the variance. */
export interface NormAttrs {
  readonly epsilon: number;
}
/** `labelSmoothing` in [0, 1) is the share of the target that is spread over all classes. */
export interface SoftmaxCrossEntropyAttrs {
  readonly labelSmoothing: number;
}
/** Each element is dropped with probability `rate`, drawn from `key`. */
export interface DropoutAttrs {
  readonly rate: number;
  readonly key: RandomKey;
}
/** See the op for the update rule; `first` marks the first step, which dampening does not touch. */
export interface SgdStepAttrs {
  readonly learningRate: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly first: boolean;
}
/** `step` counts from 1; `decoupled` is AdamW's weight decay. */
export interface AdamStepAttrs {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
  readonly step: number;
}
/** `rho` is how much of both running averages stays. */
export interface AdadeltaStepAttrs {
  readonly learningRate: number;
  readonly rho: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

type Unary = { readonly [K in UnaryName]: None };
type Binary = { readonly [K in BinaryName]: None };
type Reduce = { readonly [K in ReduceName]: AxesAttrs };

/** What every backend must have: name and attributes of each primitive, with its inputs and outputs. */
export interface PrimitiveOps extends Unary, Binary, Reduce {
  /** [] -> any spec. */
  readonly fill: FillAttrs;
  /** [] -> [length]. */
  readonly arange: ArangeAttrs;
  /** [x] -> same shape. Float to int truncates; anything to bool is `!= 0`. */
  readonly cast: CastAttrs;
  /** [condition bool, a, b], all broadcast -> a where the condition holds, else b. */
  readonly select: None;
  /** [x] -> int32, x's shape with the axis at size 1. The first of equals; NaN counts as the largest (smallest). */
  readonly argMax: AxisAttrs;
  readonly argMin: AxisAttrs;
  /** [x] -> values and int32 indices, stable, NaN last ascending and first descending. */
  readonly sort: SortAttrs;
  readonly cumsum: CumsumAttrs;
  /** [a, b], [..., m, k] by [..., k, n], leading axes broadcast, rank >= 2 both. */
  readonly matmul: MatmulAttrs;
  readonly permute: PermuteAttrs;
  readonly broadcastTo: ShapeAttrs;
  readonly slice: SliceAttrs;
  readonly pad: PadAttrs;
  /** [x0, x1, …], one or more. */
  readonly concat: AxisAttrs;
  readonly flip: AxesAttrs;
  /** [x, indices int32] of one rank, sizes equal but on the axis: y[.., i, ..] = x[.., indices[.., i, ..], ..]. An index out of range gives NaN (0 in whole numbers). */
  readonly gather: AxisAttrs;
  /** [x, indices int32, updates like indices] -> x plus the updates at their indices along the axis. An index out of range is left out. */
  readonly scatterAdd: AxisAttrs;
  /** [x [n, c, ...spatial]] -> [n, c, ...kernel, ...out]. */
  readonly unfold: UnfoldAttrs;
  /** [y [n, c, ...kernel, ...out]] -> [n, c, ...inputSize], the sum of what each pixel was copied to. */
  readonly fold: FoldAttrs;
}

/** What a backend may have as a fast path; each op can be composed of primitives. */
export interface CompositeOps {
  /** [x [n, c, h, w], weight [o, c / groups, kh, kw], bias [o]?] -> [n, o, oh, ow]. */
  readonly conv2d: ConvolutionAttrs;
  /** conv2d, and 0 for what is negative. */
  readonly conv2dRelu: ConvolutionAttrs;
  /** [dy [n, o, oh, ow], weight] -> [n, c, ...inputSize]. */
  readonly conv2dInputGrad: ConvolutionInputGradAttrs;
  /** [x, dy] -> [o, c / groups, ...kernelSize]. */
  readonly conv2dWeightGrad: ConvolutionWeightGradAttrs;
  /** [x [n, c, h, w]] -> values [n, c, oh, ow] and int32 indices into each h x w plane; the first of equals. */
  readonly maxPool2d: MaxPoolAttrs;
  /** [dy, indices] -> [n, c, ...inputSize]. */
  readonly maxPool2dGrad: MaxPoolGradAttrs;
  readonly avgPool2d: AvgPoolAttrs;
  /** [dy] -> [n, c, ...inputSize]. */
  readonly avgPool2dGrad: AvgPoolGradAttrs;
  /** [x [..., in], weight [out, in], bias [out]?] -> [..., out]. */
  readonly linear: None;
  /** linear, and 0 for what is negative. */
  readonly linearRelu: None;
  /** [y, dy] -> dy where y > 0, else 0. */
  readonly reluGrad: None;
  /** [x [n, c, ...], weight [c], bias [c]] -> y, mean [c] and biased variance [c] over all axes but the second. */
  readonly batchNorm: NormAttrs;
  /** [dy, x, weight, mean, variance] -> dx, dweight, dbias. */
  readonly batchNormGrad: NormAttrs;
  /** [x, weight, bias, mean, variance] -> y, with given statistics. */
  readonly batchNormInference: NormAttrs;
  /** [logits [n, classes], targets int32 [n] or like logits] -> loss of each row [n]. */
  readonly softmaxCrossEntropy: SoftmaxCrossEntropyAttrs;
  /** [dy [n], logits, targets] -> like logits. */
  readonly softmaxCrossEntropyGrad: SoftmaxCrossEntropyAttrs;
  /** [x] -> same shape, over the axis. */
  readonly softmax: AxisAttrs;
  readonly logSoftmax: AxisAttrs;
  readonly dropout: DropoutAttrs;
  /** [parameter, velocity?, gradient] -> parameter, velocity?. Without momentum there is no velocity. */
  readonly sgdStep: SgdStepAttrs;
  /** [parameter, first moment, second moment, gradient] -> parameter and both moments. */
  readonly adamStep: AdamStepAttrs;
  /** [parameter, average of squared gradients, average of squared updates, gradient] -> parameter and both averages. */
  readonly adadeltaStep: AdadeltaStepAttrs;
}

/** Kernels of plugins, under 'scope/op'. A plugin adds its attributes by augmenting this interface. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface PluginOps {}

/** The kernel table of a backend with buffers `B`: all primitives, and fast paths as it likes. */
export type Kernels<B> = { readonly [K in keyof PrimitiveOps]: Kernel<B, PrimitiveOps[K]> } & FastPaths<B>;

/** The optional part of a kernel table. */
export type FastPaths<B> = { readonly [K in keyof CompositeOps]?: Kernel<B, CompositeOps[K]> } & {
  readonly [K in keyof PluginOps]?: Kernel<B, PluginOps[K]>;
};
