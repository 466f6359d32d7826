/** The order and shape of axes: views, permutation, broadcasting. */
import { ShapeError } from '../errors.js';
import type { None, PermuteAttrs, ShapeAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkShape, type Shape, sameShape, showShape, sizeOf } from '../spec.js';
import { alias, type Tensor, tidy } from '../tensor.js';
import { axesOf, axisOf, broadcastShapes, checkTensor, none, one } from './common.js';
import { sum } from './reduce.js';

/** The op of {@link reshape}. */
export const reshapeOp: Op<ShapeAttrs> = {
  name: 'reshape',
  view: true,
  infer: ([x], { shape }) => {
    checkShape('reshape', shape);
    if (sizeOf(x!.shape) === sizeOf(shape)) return [{ shape, dtype: x!.dtype }];
    throw new ShapeError(
      `reshape: ${showShape(x!.shape)} has ${sizeOf(x!.shape)} elements, ${showShape(shape)} has ${sizeOf(shape)}`,
    );
  },
  vjp: ([dy], { inputs: [x] }) => [reshape(dy!, x!.shape)],
  saves: [],
};

/** The same numbers, in order, in another shape; free. One size may be -1: the rest. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', x);
  const open = shape.indexOf(-1);
  if (open < 0) return one(reshapeOp, [x], { shape });
  const known = sizeOf(shape.filter((_, i) => i !== open));
  if (known === 0 || x.size % known !== 0 || shape.indexOf(-1, open + 1) >= 0) {
    throw new ShapeError(`reshape: ${showShape(x.shape)} cannot become ${showShape(shape)}`);
  }
  return one(reshapeOp, [x], { shape: shape.with(open, x.size / known) });
}

/** The axes from `start` on as one: [n, c, h, w] becomes [n, c h w]. */
export const flatten = (x: Tensor, start = 1): Tensor => {
  checkTensor('flatten', x);
  const from = Math.min(start, x.shape.length);
  return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from))]);
};

/** Without its axes of size 1, or without those named. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('squeeze', x);
  const drop = axes === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : axesOf('squeeze', axes, x.shape.length);
  for (const axis of drop) {
    if (x.shape[axis] !== 1)
      throw new ShapeError(`squeeze: axis ${axis} of ${showShape(x.shape)} has size ${x.shape[axis]}, not 1`);
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  );
}

/** With a new axis of size 1 before `axis`; -1 appends one. */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor('expandDims', x);
  return reshape(x, x.shape.toSpliced(axisOf('expandDims', axis, x.shape.length + 1), 0, 1));
}

/** The op of {@link stopGradient}. */
export const stopGradientOp: Op<None> = { name: 'stopGradient', view: true, infer: ([x]) => [x!], vjp: null };

/** The same numbers, through which no gradient flows; free. */
export const stopGradient = (x: Tensor): Tensor => one(stopGradientOp, [x], none);

/** The op of {@link permute}. */
export const permuteOp: Op<PermuteAttrs> = {
  name: 'permute',
  infer: ([x], { order }) => {
    const axes = axesOf('permute', order, x!.shape.length);
    if (axes.length !== x!.shape.length) throw new ShapeError(`permute: order [${order.join(', ')}] for ${showShape(x!.shape)}`);
    return [{ shape: order.map(axis => x!.shape[axis]!), dtype: x!.dtype }];
  },
  vjp: ([dy], { attrs: { order } }) => [
    permute(
      dy!,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  saves: [],
};

/** Axes in another order: axis i of the result is axis `order[i]`. */
export const permute = (x: Tensor, order: readonly number[]): Tensor => {
  checkTensor('permute', x);
  const axes = order.map(axis => axisOf('permute', axis, x.shape.length));
  if (axes.length === x.shape.length && axes.every((axis, i) => axis === i)) return alias(x);
  return one(permuteOp, [x], { order: axes });
};

/** Two axes swapped; the last two by default. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  checkTensor('transpose', x);
  const first = axisOf('transpose', a, x.shape.length);
  const second = axisOf('transpose', b, x.shape.length);
  return permute(
    x,
    x.shape.map((_, i) => (i === first ? second : i === second ? first : i)),
  );
}

/** The op of {@link broadcastTo}. */
export const broadcastToOp: Op<ShapeAttrs> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    checkShape('broadcastTo', shape);
    if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
      throw new ShapeError(`broadcastTo: ${showShape(x!.shape)} does not broadcast to ${showShape(shape)}`);
    }
    return [{ shape, dtype: x!.dtype }];
  },
  vjp: ([dy], { inputs: [x] }) => [sumTo(dy!, x!.shape)],
  saves: [],
};

/** Repeated to a larger shape, as broadcasting would. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  checkTensor('broadcastTo', x);
  return sameShape(x.shape, shape) ? alias(x) : one(broadcastToOp, [x], { shape });
};

/** The transpose of broadcasting: sums a gradient back to the shape that was spread to its own. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  checkTensor('sumTo', dy);
  if (sameShape(dy.shape, shape)) return alias(dy);
  const lead = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((n, i) => (i < lead || shape[i - lead] !== n ? [i] : []));
  return tidy(() => reshape(axes.length > 0 ? sum(dy, axes, { keepDims: true }) : dy, shape));
}
