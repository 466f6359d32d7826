/** Pooling: one number for each window of each channel. */

import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import type { AvgPoolAttrs, AvgPoolGradAttrs, MaxPoolAttrs, MaxPoolGradAttrs, UnfoldAttrs, WindowAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { type Spec, sameShape, showShape, sizeOf } from '../spec.js';
import { type Tensor, tensor, tidy } from '../tensor.js';
import { div, less } from './binary.js';
import { checkFloat, checkRank, one } from './common.js';
import { arange, fill } from './create.js';
import { gather, scatterAdd } from './gather.js';
import { averagingMatrix } from './interpolation.js';
import { matmul } from './matmul.js';
import { argMax, max, mean, min, sum } from './reduce.js';
import { where } from './select.js';
import { broadcastTo, reshape } from './shape.js';
import { concat, slice } from './slice.js';
import { extentOf, foldOp, type PerAxis, perAxis, unfoldOp, type WindowOptions, windowAttrs, windowCounts } from './window.js';

/**
 * How many windows a pool has along each axis. In ceil mode the last may hang over the end, if it starts inside the input or
 * the padding before it.
 */
export function poolCounts(who: string, inputSize: readonly number[], attrs: MaxPoolAttrs): number[] {
  if (!attrs.ceilMode) return windowCounts(who, inputSize, attrs);
  return windowCounts(who, inputSize, attrs, 'ceil').map((count, i) => {
    const startOfLast = (count - 1) * attrs.stride[i]!;
    return startOfLast >= inputSize[i]! + attrs.padding[i]![0] ? count - 1 : count;
  });
}

/** The same windows without ceil mode: what hangs over counts as padding. */
function covering(who: string, inputSize: readonly number[], attrs: MaxPoolAttrs): WindowAttrs {
  const counts = poolCounts(who, inputSize, attrs);
  const { kernelSize, stride, dilation } = attrs;
  const padding = inputSize.map((n, i): [number, number] => {
    const [before, after] = attrs.padding[i]!;
    const reach = (counts[i]! - 1) * stride[i]! + extentOf(kernelSize[i]!, dilation[i]!);
    return [before, Math.max(after, reach - n - before)];
  });
  return { kernelSize, stride, dilation, padding };
}

function checkPixels(who: string, { shape }: Spec): void {
  if (shape[2] === 0 || shape[3] === 0) throw new ShapeError(`${who}: ${showShape(shape)} has no pixels`);
}

/** @throws {ShapeError} for a window without a pixel: its mean would be 0 / 0, its maximum minus infinity. */
function checkWindows(who: string, n: number, i: number, count: number, attrs: MaxPoolAttrs): void {
  const kernelSize = attrs.kernelSize[i]!;
  const dilation = attrs.dilation[i]!;
  const [before, after] = attrs.padding[i]!;
  const extent = extentOf(kernelSize, dilation);
  if (before >= extent || after >= extent) {
    throw new ShapeError(
      `${who}: padding [${before}, ${after}] on axis ${i + 2} leaves a window of ${extent} nothing but padding`,
    );
  }
  // Without dilation, padding narrower than the window leaves it a pixel. With it, the taps may step over all of them.
  if (dilation === 1) return;
  for (let window = 0; window < count; window++) {
    const start = window * attrs.stride[i]! - before;
    const firstTap = Math.max(0, Math.ceil(-start / dilation));
    if (firstTap < kernelSize && start + firstTap * dilation < n) continue;
    throw new ShapeError(
      `${who}: window ${window} on axis ${i + 2} steps over all ${n} pixels and covers nothing but padding; kernel ${kernelSize}, dilation ${dilation}, padding [${before}, ${after}]`,
    );
  }
}

function inferPool(who: string, x: Spec, attrs: MaxPoolAttrs): Spec {
  checkRank(who, x, 4, 'images [n, c, h, w]');
  checkPixels(who, x);
  const inputSize = x.shape.slice(2);
  const counts = poolCounts(who, inputSize, attrs);
  for (const [i, n] of inputSize.entries()) checkWindows(who, n, i, counts[i]!, attrs);
  return { shape: [...x.shape.slice(0, 2), ...counts], dtype: x.dtype };
}

/** Windows with the kernel's axes as one: [n, c, taps, oh, ow]. */
function taps(x: Tensor, attrs: UnfoldAttrs): Tensor {
  const windows = one(unfoldOp, [x], attrs);
  return reshape(windows, [...windows.shape.slice(0, 2), sizeOf(attrs.kernelSize), ...windows.shape.slice(4)]);
}

/** The op of {@link maxPool2d}. */
export const maxPool2dOp: Op<MaxPoolAttrs> = {
  name: 'maxPool2d',
  infer: ([x], attrs) => {
    checkFloat('maxPool2d', x!);
    const y = inferPool('maxPool2d', x!, attrs);
    return [y, { shape: y.shape, dtype: 'int32' }];
  },
  compose: ([x], attrs) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const window = covering('maxPool2d', [h, w], attrs);
    const values = taps(x!, { ...window, padValue: Number.NEGATIVE_INFINITY });
    const best = argMax(values, 2, { keepDims: true });
    // The plane's own indices, cut into the same windows, say where each tap lies.
    const plane = taps(reshape(arange(x!.backend, h * w), [1, 1, h, w]), { ...window, padValue: -1 });
    const out = values.shape.slice(3);
    const at = reshape(gather(broadcastTo(plane, values.shape), best, 2), [n, c, ...out]);
    // Where all pixels are minus infinity the padding ties with them, and the first pixel is meant.
    const first = min(where(less(plane, 0), h * w, plane), 2);
    return [max(values, 2), where(less(at, 0), first, at)];
  },
  // #region max-pool-gradient
  vjp: ([dy], { inputs: [x], outputs: [, indices] }) => [
    dy && one(maxPool2dGradOp, [dy, indices!], { inputSize: x!.shape.slice(2) }),
  ],
  // #endregion max-pool-gradient
  saves: ['outputs.1'],
};

/** The gradient of {@link maxPool2d}: [dy, indices] gives [n, c, ...inputSize]; each dy goes to the pixel that won. */
export const maxPool2dGradOp: Op<MaxPoolGradAttrs> = {
  name: 'maxPool2dGrad',
  infer: ([dy, indices], { inputSize }) => {
    if (!sameShape(dy!.shape, indices!.shape))
      throw new ShapeError(`maxPool2dGrad: dy ${showShape(dy!.shape)}, indices ${showShape(indices!.shape)}`);
    return [{ shape: [...dy!.shape.slice(0, 2), ...inputSize], dtype: dy!.dtype }];
  },
  compose: ([dy, indices], { inputSize }) => {
    const [n, c] = dy!.shape as [number, number];
    const none = fill(dy!.backend, [n, c, sizeOf(inputSize)], 0, dy!.dtype);
    return [reshape(scatterAdd(none, planes(indices!), planes(dy!), 2), [n, c, ...inputSize])];
  },
  vjp: ([d], { inputs: [dy, indices] }) => [reshape(gather(planes(d!), planes(indices!), 2), dy!.shape), undefined],
  saves: ['inputs.1'],
};

const planes = (x: Tensor): Tensor => reshape(x, [...x.shape.slice(0, 2), sizeOf(x.shape.slice(2))]);

/** How many elements each average is over: [oh, ow]. */
function divisors({ backend, dtype }: Tensor, inputSize: readonly number[], attrs: AvgPoolAttrs): Tensor {
  const counts = poolCounts('avgPool2d', inputSize, attrs);
  const along = inputSize.map((n, i) => {
    const [before, after] = attrs.countIncludePad ? attrs.padding[i]! : [0, 0];
    return Array.from({ length: counts[i]! }, (_, window) => {
      const start = window * attrs.stride[i]! - attrs.padding[i]![0];
      let inside = 0;
      for (let k = 0; k < attrs.kernelSize[i]!; k++) {
        const pixel = start + k * attrs.dilation[i]!;
        if (pixel >= -before && pixel < n + after) inside++;
      }
      return inside;
    });
  });
  return tensor(
    backend,
    along[0]!.map(rows => along[1]!.map(columns => rows * columns)),
    { dtype },
  );
}

/** The op of {@link avgPool2d}. */
export const avgPool2dOp: Op<AvgPoolAttrs> = {
  name: 'avgPool2d',
  infer: ([x], attrs) => {
    checkFloat('avgPool2d', x!);
    return [inferPool('avgPool2d', x!, attrs)];
  },
  compose: ([x], attrs) => {
    const inputSize = x!.shape.slice(2);
    // #region avg-pool
    const total = sum(taps(x!, { ...covering('avgPool2d', inputSize, attrs), padValue: 0 }), 2);
    return [div(total, divisors(x!, inputSize, attrs))];
    // #endregion avg-pool
  },
  vjp: ([dy], { inputs: [x], attrs }) => [one(avgPool2dGradOp, [dy!], { ...attrs, inputSize: x!.shape.slice(2) })],
  saves: [],
};

/** The gradient of {@link avgPool2d}: [dy] gives [n, c, ...inputSize]; each dy is spread evenly over its window. */
export const avgPool2dGradOp: Op<AvgPoolGradAttrs> = {
  name: 'avgPool2dGrad',
  infer: ([dy], { inputSize }) => [{ shape: [...dy!.shape.slice(0, 2), ...inputSize], dtype: dy!.dtype }],
  compose: ([dy], attrs) => {
    const [n, c, oh, ow] = dy!.shape as [number, number, number, number];
    const { inputSize, kernelSize } = attrs;
    const each = reshape(div(dy!, divisors(dy!, inputSize, attrs)), [n, c, 1, 1, oh, ow]);
    const windows = broadcastTo(each, [n, c, ...kernelSize, oh, ow]);
    return [one(foldOp, [windows], { ...covering('avgPool2d', inputSize, attrs), inputSize })];
  },
  vjp: ([d], { attrs: { inputSize: _, ...attrs } }) => [one(avgPool2dOp, [d!], attrs)],
  saves: [],
};

/** Options of {@link maxPool2d}. */
export interface MaxPoolOptions extends WindowOptions {
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
}

/** Options of {@link avgPool2d}. */
export interface AvgPoolOptions extends MaxPoolOptions {
  /** Count the padding's zeros in the average. Default true, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

const poolRules = { ceilMode: option.boolean, countIncludePad: option.boolean };

function poolAttrs(
  who: string,
  x: Tensor,
  kernelSize: PerAxis,
  { ceilMode = false, stride = kernelSize, ...options }: MaxPoolOptions,
): MaxPoolAttrs {
  checkOptions(who, { ceilMode }, poolRules);
  checkRank(who, x, 4, 'images [n, c, h, w]');
  return { ...windowAttrs(who, x.shape.slice(2), kernelSize, { stride, ...options }), ceilMode };
}

/**
 * The largest element of each window: x [n, c, h, w] gives [n, c, oh, ow]. The gradient goes to it alone; the first of equals.
 *
 * @param kernelSize - Height and width of the window; also its stride, unless the options name one.
 */
export const maxPool2d = (x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor =>
  tidy(() => maxPool2dWithIndices(x, kernelSize, options).values);

/** {@link maxPool2d} and where each maximum lies: int32 indices into its h w plane, row by row. */
export function maxPool2dWithIndices(
  x: Tensor,
  kernelSize: PerAxis,
  options: MaxPoolOptions = {},
): { values: Tensor; indices: Tensor } {
  const [values, indices] = apply(maxPool2dOp, [x], poolAttrs('maxPool2d', x, kernelSize, options));
  return { values: values!, indices: indices! };
}

/** The mean of each window: x [n, c, h, w] gives [n, c, oh, ow]. Stride and padding as for {@link maxPool2d}. */
export function avgPool2d(x: Tensor, kernelSize: PerAxis, { countIncludePad = true, ...options }: AvgPoolOptions = {}): Tensor {
  checkOptions('avgPool2d', { countIncludePad }, poolRules);
  return one(avgPool2dOp, [x], { ...poolAttrs('avgPool2d', x, kernelSize, options), countIncludePad });
}

/** The mean of each plane (Lin et al., 2013): [n, c, h, w] gives [n, c, 1, 1]. */
export const globalAvgPool2d = (x: Tensor): Tensor => mean(x, [2, 3], { keepDims: true });

/** The largest element of each plane: [n, c, h, w] gives [n, c, 1, 1]. */
export const globalMaxPool2d = (x: Tensor): Tensor => max(x, [2, 3], { keepDims: true });

/** Cell i of m covers floor(i n / m) to ceil((i + 1) n / m). */
const cell = (i: number, n: number, m: number): [number, number] => [Math.floor((i * n) / m), Math.ceil(((i + 1) * n) / m)];

/** The mean of each cell of an even grid: [n, c, h, w] gives [n, c, ...outputSize]. */
export function adaptiveAvgPool2d(x: Tensor, outputSize: PerAxis): Tensor {
  checkFloat('adaptiveAvgPool2d', x);
  checkRank('adaptiveAvgPool2d', x, 4, 'images [n, c, h, w]');
  checkPixels('adaptiveAvgPool2d', x);
  const [oh, ow] = perAxis('adaptiveAvgPool2d', 'outputSize', outputSize, 2, 1) as [number, number];
  const [h, w] = x.shape.slice(2) as [number, number];
  return tidy(() => {
    const rows = averagingMatrix(x, oh, i => cell(i, h, oh), h);
    const columns = averagingMatrix(x, ow, i => cell(i, w, ow), w);
    return matmul(matmul(rows, x), columns, { transposeB: true });
  });
}

/** The largest element of each cell of an even grid: [n, c, h, w] gives [n, c, ...outputSize]. */
export function adaptiveMaxPool2d(x: Tensor, outputSize: PerAxis): Tensor {
  checkRank('adaptiveMaxPool2d', x, 4, 'images [n, c, h, w]');
  checkPixels('adaptiveMaxPool2d', x);
  const [oh, ow] = perAxis('adaptiveMaxPool2d', 'outputSize', outputSize, 2, 1) as [number, number];
  const [h, w] = x.shape.slice(2) as [number, number];
  const along = (image: Tensor, axis: 2 | 3, n: number, m: number): Tensor =>
    concat(
      Array.from({ length: m }, (_, i) => {
        const part = slice(image, [null, null, axis === 2 ? cell(i, n, m) : null, axis === 3 ? cell(i, n, m) : null]);
        return max(part, axis, { keepDims: true });
      }),
      axis,
    );
  return tidy(() => along(along(x, 2, h, oh), 3, w, ow));
}
