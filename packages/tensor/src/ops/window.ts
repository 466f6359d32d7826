/**
 * Windows that slide over the spatial axes. `unfold` copies each window out (im2col), `fold` adds the copies up again; each is
 * the other's gradient, and convolution and pooling are composed of them.
 */
import { OptionError, ShapeError } from '../errors.js';
import type { FoldAttrs, UnfoldAttrs, WindowAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkShape, type Shape, showShape } from '../spec.js';
import type { Tensor } from '../tensor.js';
import { checkNumber, checkTensor, one, refuseUnknown } from './common.js';

/** A number for all spatial axes, or one per axis. */
export type PerAxis = number | readonly number[];

/**
 * Padding: a number for all sides, one per axis, or [before, after] per axis; 'valid' is none; 'same' gives ceil(n / stride)
 * windows, with the odd pixel after.
 */
export type Padding = number | readonly number[] | readonly (readonly [number, number])[] | 'same' | 'valid';

/** How a window slides; [height, width] where there is one per axis. */
export interface WindowOptions {
  /** Default 1; for pooling, the kernel size. */
  readonly stride?: PerAxis;
  /** Default 0. */
  readonly padding?: Padding;
  /** Step between the elements of a window. Default 1. */
  readonly dilation?: PerAxis;
}

/** @throws {OptionError} unless it is a whole number from `least`, or one per axis. */
export function perAxis(owner: string, option: string, value: PerAxis, rank: number, least: number): number[] {
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : [...(value ?? [])];
  if (list.length !== rank || list.some(n => !Number.isSafeInteger(n) || n < least)) {
    throw new OptionError(owner, option, value, `a whole number >= ${least}, or ${rank} of them`);
  }
  return list;
}

/** Options as attributes: one entry per spatial axis, 'same' worked out. */
export function windowAttrs(
  owner: string,
  inputSize: readonly number[],
  kernel: PerAxis,
  { stride = 1, padding = 0, dilation = 1, ...left }: WindowOptions,
): WindowAttrs {
  refuseUnknown(owner, left);
  const rank = inputSize.length;
  const kernelSize = perAxis(owner, 'kernelSize', kernel, rank, 1);
  const strides = perAxis(owner, 'stride', stride, rank, 1);
  const dilations = perAxis(owner, 'dilation', dilation, rank, 1);
  return {
    kernelSize,
    stride: strides,
    dilation: dilations,
    padding: paddingOf(owner, padding, inputSize, kernelSize, strides, dilations),
  };
}

function paddingOf(
  owner: string,
  padding: Padding,
  inputSize: readonly number[],
  kernelSize: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): [number, number][] {
  const rank = inputSize.length;
  if (padding === 'valid') return inputSize.map(() => [0, 0]);
  if (padding === 'same') {
    return inputSize.map((n, i) => {
      // #region same
      const covered = (Math.ceil(n / stride[i]!) - 1) * stride[i]! + dilation[i]! * (kernelSize[i]! - 1) + 1;
      const total = Math.max(0, covered - n);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
      // #endregion same
    });
  }
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  const list = typeof padding === 'number' ? Array.from({ length: rank }, () => padding) : padding;
  if (Array.isArray(list) && list.length === rank) {
    if (list.every(isCount)) return (list as number[]).map(n => [n, n]);
    if (list.every(side => Array.isArray(side) && side.length === 2 && side.every(isCount))) {
      return (list as [number, number][]).map(([before, after]) => [before, after]);
    }
  }
  throw new OptionError(
    owner,
    'padding',
    padding,
    `a whole number >= 0, ${rank} of them, ${rank} pairs [before, after], 'same' or 'valid'`,
  );
}

/** The size that a window covers: dilation (kernel - 1) + 1. */
// #region extent
export const extentOf = (kernelSize: number, dilation: number): number => dilation * (kernelSize - 1) + 1;
// #endregion extent

/**
 * How many windows there are along each spatial axis: floor((n + before + after - dilation (kernel - 1) - 1) / stride) + 1.
 *
 * @param round - 'ceil' counts a last window that hangs over the end, too. Default 'floor'.
 * @throws {ShapeError} where not even one fits; it names the numbers of the formula.
 */
export function windowCounts(
  owner: string,
  inputSize: readonly number[],
  { kernelSize, stride, padding, dilation }: WindowAttrs,
  round: 'floor' | 'ceil' = 'floor',
): number[] {
  return inputSize.map((n, i) => {
    const [before, after] = padding[i]!;
    // #region size
    const count = Math[round]((n + before + after - extentOf(kernelSize[i]!, dilation[i]!)) / stride[i]!) + 1;
    // #endregion size
    if (count > 0) return count;
    const axis = axisName(i, inputSize.length);
    throw new ShapeError(
      `${owner}: the window does not fit: ${round}((${axis} ${n} + padding ${before} + ${after} - dilation ${dilation[i]} * (kernel ${kernelSize[i]} - 1) - 1) / stride ${stride[i]}) + 1 = ${count}`,
    );
  });
}

const axisName = (i: number, rank: number): string =>
  rank === 2 ? ['height', 'width'][i]! : rank === 1 ? 'width' : `size of axis ${i + 2}`;

/** The op of {@link unfold}. */
export const unfoldOp: Op<UnfoldAttrs> = {
  name: 'unfold',
  infer: ([x], attrs) => {
    checkNumber('unfold', x!.dtype, attrs.padValue);
    const [n, c, ...inputSize] = x!.shape;
    return [{ shape: [n!, c!, ...attrs.kernelSize, ...windowCounts('unfold', inputSize, attrs)], dtype: x!.dtype }];
  },
  vjp: ([dy], { inputs: [x], attrs: { kernelSize, stride, padding, dilation } }) => [
    one(foldOp, [dy!], { kernelSize, stride, padding, dilation, inputSize: x!.shape.slice(2) }),
  ],
  saves: [],
};

/** The op of {@link fold}. */
export const foldOp: Op<FoldAttrs> = {
  name: 'fold',
  infer: ([y], attrs) => {
    checkShape('fold', attrs.inputSize);
    const counts = windowCounts('fold', attrs.inputSize, attrs);
    const expected: Shape = [...y!.shape.slice(0, 2), ...attrs.kernelSize, ...counts];
    if (showShape(expected) !== showShape(y!.shape)) {
      throw new ShapeError(
        `fold: the input is ${showShape(y!.shape)}; windows over ${showShape(attrs.inputSize)} give ${showShape(expected)}`,
      );
    }
    return [{ shape: [...y!.shape.slice(0, 2), ...attrs.inputSize], dtype: y!.dtype }];
  },
  vjp: ([dy], { attrs: { kernelSize, stride, padding, dilation } }) => [
    one(unfoldOp, [dy!], { kernelSize, stride, padding, dilation, padValue: 0 }),
  ],
  saves: [],
};

/**
 * All windows of images: x [n, c, ...spatial] gives [n, c, ...kernel, ...windows]; element [n, c, k, o] is
 * x[n, c, o stride - before + k dilation].
 *
 * @param options - `padValue` fills the padding, 0 by default; the rest as in {@link WindowOptions}.
 */
export function unfold(
  x: Tensor,
  kernelSize: PerAxis,
  { padValue = 0, ...options }: WindowOptions & { padValue?: number } = {},
): Tensor {
  checkImages('unfold', x);
  return one(unfoldOp, [x], { ...windowAttrs('unfold', x.shape.slice(2), kernelSize, options), padValue });
}

/** The reverse of {@link unfold}: each pixel is the sum of the window elements that were copied from it. */
export function fold(y: Tensor, inputSize: readonly number[], kernelSize: PerAxis, options: WindowOptions = {}): Tensor {
  checkTensor('fold', y);
  return one(foldOp, [y], { ...windowAttrs('fold', inputSize, kernelSize, options), inputSize });
}

/** @throws {ShapeError} unless there is a batch, a channel and at least one spatial axis. */
export function checkImages(who: string, x: { shape: Shape }): void {
  checkTensor(who, x);
  const { shape } = x;
  if (shape.length < 3) throw new ShapeError(`${who}: the input is ${showShape(shape)}; it must be [n, c, ...spatial]`);
}
