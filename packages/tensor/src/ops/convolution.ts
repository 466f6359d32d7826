/** Convolution (as in every CNN library: cross-correlation, the kernel is not flipped), its two gradients and its transpose. */
import { OptionError, ShapeError } from '../errors.js';
import type { ConvolutionAttrs, ConvolutionInputGradAttrs, ConvolutionWeightGradAttrs, WindowAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type Spec, sameShape, showShape, sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { add } from './binary.js';
import { checkFloat, checkOneOf, checkRank, one, refuseUnknown } from './common.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { type Activation, activations, withRelu } from './relu.js';
import { reshape } from './shape.js';
import { type PadMode, pad } from './slice.js';
import { foldOp, type Padding, perAxis, unfoldOp, type WindowOptions, windowAttrs, windowCounts } from './window.js';

const window = ({ stride, padding, dilation }: ConvolutionAttrs, kernelSize: readonly number[]): WindowAttrs => ({
  kernelSize,
  stride,
  padding,
  dilation,
});

/** The output size of a convolution. @throws {ShapeError} where weight, groups or window do not fit. */
function outputSize(
  who: string,
  channels: number,
  inputSize: readonly number[],
  weight: Spec,
  attrs: ConvolutionAttrs,
): number[] {
  checkRank(who, weight, 4, 'a weight [filters, channels / groups, height, width]');
  const [filters, perGroup, ...kernelSize] = weight.shape as [number, number, number, number];
  const { groups } = attrs;
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new ShapeError(`${who}: ${channels} channels and ${filters} filters cannot be cut into ${groups} groups`);
  }
  if (channels !== perGroup * groups) {
    const inGroups = groups === 1 ? '' : ` in each of ${groups} groups`;
    throw new ShapeError(
      `${who}: the input has ${channels} channels, the weight ${showShape(weight.shape)} expects ${perGroup}${inGroups}`,
    );
  }
  return windowCounts(who, inputSize, window(attrs, kernelSize));
}

/** The op of {@link conv2d}. */
export const conv2dOp: Op<ConvolutionAttrs> = {
  name: 'conv2d',
  infer: (inputs, attrs) => {
    const [x, weight, bias] = inputs;
    checkFloat('conv2d', ...inputs);
    checkRank('conv2d', x!, 4, 'images [n, c, h, w]');
    const [n, channels, ...inputSize] = x!.shape as [number, number, number, number];
    const size = outputSize('conv2d', channels, inputSize, weight!, attrs);
    const filters = weight!.shape[0]!;
    if (bias && !sameShape(bias.shape, [filters])) {
      throw new ShapeError(`conv2d: the bias is ${showShape(bias.shape)}; it must be [${filters}]`);
    }
    return [{ shape: [n, filters, ...size], dtype: x!.dtype }];
  },
  compose: ([x, weight, bias], attrs) => {
    // #region im2col
    const { n, filters, groups, columns, out } = unfolded(x!, weight!.shape, attrs);
    const rows = reshape(weight!, [groups, filters / groups, sizeOf(weight!.shape.slice(1))]);
    const y = reshape(matmul(rows, columns), [n, filters, ...out]);
    return [bias ? add(y, reshape(bias, [filters, 1, 1])) : y];
    // #endregion im2col
  },
  vjp: ([dy], { inputs, attrs, wanted }) => {
    const [x, weight, bias] = inputs;
    return [
      // #region gradient
      wanted[0] ? one(conv2dInputGradOp, [dy!, weight!], { ...attrs, inputSize: x!.shape.slice(2) }) : undefined,
      wanted[1] ? one(conv2dWeightGradOp, [x!, dy!], { ...attrs, kernelSize: weight!.shape.slice(2) }) : undefined,
      ...(bias ? [wanted[2] ? sum(dy!, [0, 2, 3]) : undefined] : []),
      // #endregion gradient
    ];
  },
  saves: ['inputs'],
};

/** The op of {@link conv2d} with `activation: 'relu'`. */
export const conv2dReluOp: Op<ConvolutionAttrs> = withRelu('conv2dRelu', conv2dOp);

/** The windows of x as matrices [n, groups, taps, pixels], where taps are the c / groups × kernel inputs of one output. */
function unfolded(x: Tensor, weightShape: readonly number[], attrs: ConvolutionAttrs) {
  const [n, channels] = x.shape as [number, number];
  const [filters, , ...kernelSize] = weightShape as [number, number, number, number];
  const windows = one(unfoldOp, [x], { ...window(attrs, kernelSize), padValue: 0 });
  const out = windows.shape.slice(4);
  const taps = (channels / attrs.groups) * sizeOf(kernelSize);
  const columns = reshape(windows, [n, attrs.groups, taps, sizeOf(out)]);
  return { n, filters, groups: attrs.groups, columns, pixels: sizeOf(out), out };
}

/** The gradient of {@link conv2d} for its input: [dy, weight] gives [n, c, ...inputSize]. It is the transposed convolution. */
export const conv2dInputGradOp: Op<ConvolutionInputGradAttrs> = {
  name: 'conv2dInputGrad',
  infer: ([dy, weight], attrs) => {
    checkFloat('conv2dInputGrad', dy!, weight!);
    checkRank('conv2dInputGrad', dy!, 4, '[n, filters, h, w]');
    const channels = weight!.shape[1]! * attrs.groups;
    const size = outputSize('conv2dInputGrad', channels, attrs.inputSize, weight!, attrs);
    const expected = [dy!.shape[0]!, weight!.shape[0]!, ...size];
    if (!sameShape(dy!.shape, expected))
      throw new ShapeError(`conv2dInputGrad: dy is ${showShape(dy!.shape)}, the convolution gave ${showShape(expected)}`);
    return [{ shape: [dy!.shape[0]!, channels, ...attrs.inputSize], dtype: dy!.dtype }];
  },
  compose: ([dy, weight], attrs) => {
    const [n, filters, ...out] = dy!.shape as [number, number, number, number];
    const { groups, inputSize } = attrs;
    const [, perGroup, ...kernelSize] = weight!.shape as [number, number, number, number];
    const rows = reshape(weight!, [groups, filters / groups, perGroup * sizeOf(kernelSize)]);
    const columns = matmul(rows, reshape(dy!, [n, groups, filters / groups, sizeOf(out)]), { transposeA: true });
    return [
      one(foldOp, [reshape(columns, [n, perGroup * groups, ...kernelSize, ...out])], { ...window(attrs, kernelSize), inputSize }),
    ];
  },
  vjp: ([d], { inputs: [dy, weight], attrs, wanted }) => [
    wanted[0] ? one(conv2dOp, [d!, weight!], plain(attrs)) : undefined,
    wanted[1] ? one(conv2dWeightGradOp, [d!, dy!], { ...plain(attrs), kernelSize: weight!.shape.slice(2) }) : undefined,
  ],
  saves: ['inputs'],
};

/** The gradient of {@link conv2d} for its weight: [x, dy] gives [filters, c / groups, ...kernelSize]. */
export const conv2dWeightGradOp: Op<ConvolutionWeightGradAttrs> = {
  name: 'conv2dWeightGrad',
  infer: ([x, dy], attrs) => {
    checkFloat('conv2dWeightGrad', x!, dy!);
    const weight: Spec = { shape: [dy!.shape[1]!, x!.shape[1]! / attrs.groups, ...attrs.kernelSize], dtype: x!.dtype };
    const size = outputSize('conv2dWeightGrad', x!.shape[1]!, x!.shape.slice(2), weight, attrs);
    const expected = [x!.shape[0]!, dy!.shape[1]!, ...size];
    if (!sameShape(dy!.shape, expected))
      throw new ShapeError(`conv2dWeightGrad: dy is ${showShape(dy!.shape)}, the convolution gave ${showShape(expected)}`);
    return [weight];
  },
  compose: ([x, dy], attrs) => {
    const shape = [dy!.shape[1]!, x!.shape[1]! / attrs.groups, ...attrs.kernelSize];
    const { n, filters, groups, columns, pixels } = unfolded(x!, shape, attrs);
    const products = matmul(reshape(dy!, [n, groups, filters / groups, pixels]), columns, { transposeB: true });
    return [reshape(sum(products, 0), shape)];
  },
  vjp: ([d], { inputs: [x, dy], attrs, wanted }) => [
    wanted[0] ? one(conv2dInputGradOp, [dy!, d!], { ...plain(attrs), inputSize: x!.shape.slice(2) }) : undefined,
    wanted[1] ? one(conv2dOp, [x!, d!], plain(attrs)) : undefined,
  ],
  saves: ['inputs'],
};

const plain = ({ stride, padding, dilation, groups }: ConvolutionAttrs): ConvolutionAttrs => ({
  stride,
  padding,
  dilation,
  groups,
});

/** Options of {@link conv1d} and {@link conv2d}. */
export interface ConvolutionOptions extends WindowOptions {
  /** Channels and filters are cut into this many independent groups; as many as channels is a depthwise convolution. Default 1. */
  readonly groups?: number;
  /** What the padding holds: zeros (default), the mirrored or repeated edge, or the other side. */
  readonly paddingMode?: 'zeros' | Exclude<PadMode, 'constant'>;
  /** 'relu': what is negative becomes 0, as by `relu`, which a fast kernel does on the way. Default 'none'. */
  readonly activation?: Activation;
}

/**
 * Convolution over two spatial axes: y[n, o, i, j] = b[o] + Σ x[n, c, i s - p + u d, j s - p + v d] w[o, c, u, v].
 *
 * @param x - Images [n, c, h, w].
 * @param weight - [filters, c / groups, kernel height, kernel width].
 * @param bias - [filters], or none.
 * @returns [n, filters, oh, ow] with oh = floor((h + padding - dilation (kh - 1) - 1) / stride) + 1.
 * @throws {ShapeError} where channels, groups or window do not fit. @throws {OptionError} for an impossible option.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { groups = 1, paddingMode = 'zeros', activation = 'none', ...options }: ConvolutionOptions = {},
): Tensor {
  checkRank('conv2d', x, 4, 'images [n, c, h, w]');
  checkRank('conv2d', weight, 4, 'a weight [filters, c / groups, kernel height, kernel width]');
  checkOneOf('conv2d', 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
  checkOneOf('conv2d', 'activation', activation, activations);
  checkGroups('conv2d', groups);
  const op = activation === 'relu' ? conv2dReluOp : conv2dOp;
  const { stride, padding, dilation } = windowAttrs('conv2d', x.shape.slice(2), weight.shape.slice(2), options);
  const run = (image: Tensor, around: ConvolutionAttrs['padding']): Tensor =>
    one(op, bias ? [image, weight, bias] : [image, weight], { stride, padding: around, dilation, groups });
  if (paddingMode === 'zeros') return run(x, padding);
  return tidy(() =>
    run(
      pad(x, padding, { mode: paddingMode }),
      padding.map((): [number, number] => [0, 0]),
    ),
  );
}

function checkGroups(owner: string, groups: number): void {
  if (!Number.isSafeInteger(groups) || groups < 1) throw new OptionError(owner, 'groups', groups, 'a whole number >= 1');
}

/** A height of 1 for what is given per axis, so that one spatial axis can run as two. */
function withHeight(options: ConvolutionOptions): ConvolutionOptions {
  const { stride = 1, dilation = 1, padding = 0, ...rest } = options;
  const two = (value: number | readonly number[]): readonly number[] => [1, ...[value].flat()];
  const sides: Padding =
    typeof padding === 'string'
      ? padding
      : typeof padding === 'number'
        ? [0, padding]
        : typeof padding[0] === 'number'
          ? [0, ...(padding as number[])]
          : [[0, 0], ...(padding as [number, number][])];
  return { ...rest, stride: two(stride), dilation: two(dilation), padding: sides };
}

/** Convolution over one spatial axis: x [n, c, w], weight [filters, c / groups, kernel], as [n, filters, ow]. Options as for {@link conv2d}. */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Tensor {
  checkRank('conv1d', x, 3, '[n, c, w]');
  checkRank('conv1d', weight, 3, 'a weight [filters, c / groups, kernel]');
  return tidy(() => {
    const rows = (t: Tensor): Tensor => reshape(t, [...t.shape.slice(0, 2), 1, t.shape[2]!]);
    const y = conv2d(rows(x), rows(weight), bias, withHeight(options));
    return reshape(y, [...y.shape.slice(0, 2), y.shape[3]!]);
  });
}

/** Options of {@link convTranspose2d}. */
export interface ConvTransposeOptions {
  /** Default 1. */
  readonly stride?: number | readonly number[];
  /** How much of the output's border is cut off; a number, one per axis or a pair per axis. Default 0. */
  readonly padding?: Exclude<Padding, 'same' | 'valid'>;
  /** Rows and columns added after, to choose among the sizes that convolve to the same one. Default 0. */
  readonly outputPadding?: number | readonly number[];
  /** Default 1. */
  readonly dilation?: number | readonly number[];
  /** Default 1. */
  readonly groups?: number;
}

/**
 * Transposed convolution (Zeiler et al., 2010), the gradient of {@link conv2d} for its input.
 *
 * @param x - [n, c, h, w].
 * @param weight - [c, filters / groups, kernel height, kernel width].
 * @param bias - [filters], or none.
 * @returns [n, filters, oh, ow] with oh = (h - 1) stride - padding + dilation (kh - 1) + outputPadding + 1.
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, ...left }: ConvTransposeOptions = {},
): Tensor {
  refuseUnknown('convTranspose2d', left);
  if (typeof padding === 'string') {
    throw new OptionError('convTranspose2d', 'padding', padding, 'whole numbers >= 0: the output size is not told by the input');
  }
  checkRank('convTranspose2d', x, 4, 'images [n, c, h, w]');
  checkRank('convTranspose2d', weight, 4, 'a weight [c, filters / groups, kernel height, kernel width]');
  checkGroups('convTranspose2d', groups);
  if (weight.shape[0] !== x.shape[1]) {
    throw new ShapeError(
      `convTranspose2d: the input has ${x.shape[1]} channels, the weight ${showShape(weight.shape)} expects ${weight.shape[0]}`,
    );
  }
  const filters = weight.shape[1]! * groups;
  if (bias && !sameShape(bias.shape, [filters]))
    throw new ShapeError(`convTranspose2d: the bias is ${showShape(bias.shape)}; it must be [${filters}]`);
  const size = x.shape.slice(2);
  const window = windowAttrs('convTranspose2d', size, weight.shape.slice(2), { stride, padding, dilation });
  const extra = perAxis('convTranspose2d', 'outputPadding', outputPadding, 2, 0);
  const inputSize = size.map((n, i) => {
    if (extra[i]! >= Math.max(window.stride[i]!, window.dilation[i]!)) {
      throw new OptionError(
        'convTranspose2d',
        'outputPadding',
        outputPadding,
        `less than stride ${window.stride[i]} or dilation ${window.dilation[i]}`,
      );
    }
    const [before, after] = window.padding[i]!;
    const stride = window.stride[i]!;
    const dilation = window.dilation[i]!;
    const kernel = window.kernelSize[i]!;
    const size = (n - 1) * stride - before - after + dilation * (kernel - 1) + extra[i]! + 1;
    if (size > 0) return size;
    throw new ShapeError(
      `convTranspose2d: nothing is left: (${['height', 'width'][i]} ${n} - 1) * stride ${stride} - padding ${before} - ${after} + dilation ${dilation} * (kernel ${kernel} - 1) + outputPadding ${extra[i]} + 1 = ${size}`,
    );
  });
  const { kernelSize: _, ...attrs } = window;
  return tidy(() => {
    const y = one(conv2dInputGradOp, [x, weight], { ...attrs, groups, inputSize });
    return bias ? add(y, reshape(bias, [filters, 1, 1])) : y;
  });
}
