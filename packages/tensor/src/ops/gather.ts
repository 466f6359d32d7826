/** Reading and adding at indices. */
import { DTypeError, OptionError, ShapeError } from '../errors.js';
import type { AxisAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type DType, type Spec, sameShape, showShape } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { equal, greaterEqual, less, logicalAnd } from './binary.js';
import { cast } from './cast.js';
import { axisOf, checkSameDType, checkTensor, one, rankOf } from './common.js';
import { arange, fill } from './create.js';
import { where } from './select.js';
import { broadcastTo, expandDims, reshape } from './shape.js';

function checkIndices(who: string, x: Spec, indices: Spec, axis: number): void {
  if (indices.dtype !== 'int32') throw new DTypeError(`${who}: the indices are ${indices.dtype}, not int32; use cast`);
  if (x.shape.length !== indices.shape.length || x.shape.some((n, i) => i !== axis && n !== indices.shape[i])) {
    throw new ShapeError(
      `${who}: indices ${showShape(indices.shape)} for ${showShape(x.shape)}; all axes but ${axis} must agree`,
    );
  }
}

/** The op of {@link gather}; its gradient is {@link scatterAddOp}, and the other way round. */
export const gatherOp: Op<AxisAttrs> = {
  name: 'gather',
  infer: ([x, indices], { axis }) => {
    checkIndices('gather', x!, indices!, axis);
    return [{ shape: indices!.shape, dtype: x!.dtype }];
  },
  vjp: ([dy], { inputs: [x, indices], attrs: { axis } }) => [
    scatterAdd(fill(x!.backend, x!.shape, 0, x!.dtype), indices!, dy!, axis),
    undefined,
  ],
  saves: ['inputs.1'],
};

/**
 * Elements picked along an axis, as PyTorch's `gather`: y[i, j] = x[indices[i, j], j] for axis 0. An index out of range gives
 * NaN, or 0 in whole numbers.
 */
export const gather = (x: Tensor, indices: Tensor, axis: number): Tensor =>
  one(gatherOp, [x, indices], { axis: axisOf('gather', axis, rankOf('gather', x)) });

/** The op of {@link scatterAdd}. */
export const scatterAddOp: Op<AxisAttrs> = {
  name: 'scatterAdd',
  infer: ([x, indices, updates], { axis }) => {
    checkIndices('scatterAdd', x!, indices!, axis);
    checkSameDType('scatterAdd', x!, updates!);
    if (!sameShape(indices!.shape, updates!.shape)) {
      throw new ShapeError(`scatterAdd: ${showShape(indices!.shape)} indices for ${showShape(updates!.shape)} updates`);
    }
    return [x!];
  },
  vjp: ([dy], { inputs: [, indices], attrs: { axis }, wanted }) => [
    dy,
    undefined,
    wanted[2] ? where(inRange(indices!, dy!.shape[axis]!), gather(dy!, indices!, axis), 0) : undefined,
  ],
  saves: ['inputs.1'],
};

/** Whether each index is one of 0 to n - 1. */
const inRange = (indices: Tensor, n: number): Tensor => logicalAnd(greaterEqual(indices, 0), less(indices, n));

/** x with the updates added at their indices along an axis, as PyTorch's `scatter_add`. An index out of range is left out. */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor =>
  one(scatterAddOp, [x, indices, updates], { axis: axisOf('scatterAdd', axis, rankOf('scatterAdd', x)) });

/** Whole slices along an axis: `indices` [k] gives a tensor with size k there. */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor('take', x);
  const at = axisOf('take', axis, x.shape.length);
  if (indices.shape.length !== 1) throw new ShapeError(`take: the indices are ${showShape(indices.shape)}; they must be [k]`);
  return tidy(() => {
    const column = reshape(
      indices,
      x.shape.map((_, i) => (i === at ? indices.size : 1)),
    );
    return gather(x, broadcastTo(column, x.shape.with(at, indices.size)), at);
  });
}

/** 1 at the class of each label and 0 elsewhere: labels [...] of int32 give [..., classes]. A label out of range gives zeros. */
export function oneHot(labels: Tensor, classes: number, dtype: DType = 'float32'): Tensor {
  checkTensor('oneHot', labels);
  if (!Number.isSafeInteger(classes) || classes < 1) throw new OptionError('oneHot', 'classes', classes, 'a whole number >= 1');
  return tidy(() => cast(equal(expandDims(labels, -1), arange(labels.backend, classes)), dtype));
}
