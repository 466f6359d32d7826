/** Reductions over axes. */

import { ShapeError } from '../errors.js';
import type { AxesAttrs, AxisAttrs, ReduceName } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { isFloat, type Spec, showShape } from '../spec.js';
import { alias, type Tensor, tidy } from '../tensor.js';
import { div, equal, mul, sub } from './binary.js';
import { cast } from './cast.js';
import { axesOf, axisOf, checkDType, checkFloat, checkTensor, keepDimsOf, one, rankOf } from './common.js';
import { fill } from './create.js';
import { broadcastTo, reshape } from './shape.js';
import { concat, slice } from './slice.js';
import { square } from './unary.js';

/** Which axes go, and whether they stay as size 1. */
export type Axes = number | readonly number[] | undefined;
/** `keepDims`: the reduced axes stay as size 1. Default false. */
export interface ReduceOptions {
  readonly keepDims?: boolean;
}

const kept = (shape: readonly number[], axes: readonly number[]): number[] => shape.map((n, i) => (axes.includes(i) ? 1 : n));

function checkNotEmpty(who: string, { shape }: Spec, axes: readonly number[]): void {
  const axis = axes.find(axis => shape[axis] === 0);
  if (axis !== undefined) throw new ShapeError(`${who}: axis ${axis} of ${showShape(shape)} is empty`);
}

const sumOp: Op<AxesAttrs> = {
  name: 'sum',
  infer: ([x], { axes }) => [{ shape: kept(x!.shape, axes), dtype: isFloat(x!.dtype) ? x!.dtype : 'int32' }],
  vjp: ([dy], { inputs: [x] }) => [broadcastTo(dy!, x!.shape)],
  saves: [],
};

/** The extremes. Elements that tie share the gradient evenly. */
/* @__NO_SIDE_EFFECTS__ */
const extremeOp = (name: Extract<ReduceName, 'max' | 'min'>): Op<AxesAttrs> => ({
  name,
  infer: ([x], { axes }) => {
    checkDType(name, ['float32', 'float64', 'int32', 'uint8'], x!);
    checkNotEmpty(name, x!, axes);
    return [{ shape: kept(x!.shape, axes), dtype: x!.dtype }];
  },
  vjp: ([dy], { inputs: [x], outputs: [y], attrs: { axes } }) => {
    const hit = cast(equal(x!, y!), x!.dtype);
    return [mul(hit, div(dy!, sum(hit, axes, { keepDims: true })))];
  },
});
const maxOp = extremeOp('max');
const minOp = extremeOp('min');

function reduce(op: Op<AxesAttrs>, x: Tensor, axes: Axes, options: ReduceOptions): Tensor {
  const keepDims = keepDimsOf(op.name, options);
  const list = axesOf(op.name, axes, rankOf(op.name, x));
  if (keepDims) return one(op, [x], { axes: list });
  return tidy(() => dropAxes(one(op, [x], { axes: list }), list));
}

const dropAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );

/** The sum over axes; over all where none are named. Whole numbers and bools sum to int32. */
export const sum = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(sumOp, x, axes, options);

/** The largest element over axes; NaN if there is one. Elements that tie share the gradient evenly. */
export const max = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(maxOp, x, axes, options);

/** The smallest element over axes; NaN if there is one. Elements that tie share the gradient evenly. */
export const min = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(minOp, x, axes, options);

/** The mean over axes. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor('mean', x);
  keepDimsOf('mean', options);
  checkFloat('mean', x);
  return tidy(() => {
    const total = sum(x, axes, options);
    return div(total, x.size / total.size);
  });
}

const varianceRules = { keepDims: option.boolean, correction: option.number };

/**
 * The variance over axes: squared deviations summed and divided by the count less `correction` (default 1, Bessel's). As in
 * PyTorch it is NaN or infinite, never negative, where the correction leaves nothing to divide by.
 */
export function variance(x: Tensor, axes?: Axes, options: ReduceOptions & { readonly correction?: number } = {}): Tensor {
  checkTensor('variance', x);
  checkOptions('variance', options, varianceRules);
  const { keepDims = false, correction = 1 } = options;
  checkFloat('variance', x);
  return tidy(() => {
    const total = sum(square(sub(x, mean(x, axes, { keepDims: true }))), axes, { keepDims });
    return div(total, Math.max(0, x.size / total.size - correction));
  });
}

/** The product over axes. Its gradient is right where elements are 0, too: it multiplies halves with halves. */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor('prod', x);
  const keepDims = keepDimsOf('prod', options);
  checkDType('prod', ['float32', 'float64', 'int32'], x);
  const list = axesOf('prod', axes, x.shape.length);
  return tidy(() => {
    let y = alias(x);
    for (const axis of list) {
      const range = (start: number, stop: number): Tensor =>
        slice(
          y,
          y.shape.map((n, i) => (i === axis ? [start, stop] : [0, n])),
        );
      if (y.shape[axis] === 0) y = fill(x.backend, y.shape.with(axis, 1), 1, x.dtype);
      for (let n = y.shape[axis]!; n > 1; n = y.shape[axis]!) {
        const half = Math.floor(n / 2);
        const product = mul(range(0, half), range(half, 2 * half));
        y = n % 2 === 1 ? concat([product, range(n - 1, n)], axis) : product;
      }
    }
    return keepDims ? y : dropAxes(y, list);
  });
}

/* @__NO_SIDE_EFFECTS__ */
const argOp = (name: 'argMax' | 'argMin'): Op<AxisAttrs> => ({
  name,
  infer: ([x], { axis }) => {
    checkNotEmpty(name, x!, [axis]);
    return [{ shape: kept(x!.shape, [axis]), dtype: 'int32' }];
  },
  vjp: null,
});
const argMaxOp = argOp('argMax');
const argMinOp = argOp('argMin');

function reduceToIndex(op: Op<AxisAttrs>, x: Tensor, axis: number, options: ReduceOptions): Tensor {
  const keepDims = keepDimsOf(op.name, options);
  const at = axisOf(op.name, axis, rankOf(op.name, x));
  return tidy(() => {
    const y = one(op, [x], { axis: at });
    return keepDims ? y : dropAxes(y, [at]);
  });
}

/** The index of the largest element along an axis, as int32; the first of equals. NaN counts as largest. */
export const argMax = (x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor => reduceToIndex(argMaxOp, x, axis, options);

/** The index of the smallest element along an axis, as int32; the first of equals. NaN counts as smallest. */
export const argMin = (x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor => reduceToIndex(argMinOp, x, axis, options);
