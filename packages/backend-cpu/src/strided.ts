/**
 * Walks over several arrays at once, each with a step of its own along every axis. Broadcasting, permuting, slicing, padding
 * and sliding windows are all such walks and differ in their layouts only.
 */
import { type Shape, sizeOf, stridesOf, type TypedArray } from '@cnn/tensor';

/** How a walk goes through an array: where it begins and how far it steps along each axis of the walk, in elements. */
export interface Layout {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The layout of a whole array, row by row. */
export const contiguous = (shape: Shape): Layout => ({ offset: 0, strides: stridesOf(shape) });

/** The layout of an array of `shape` that is repeated to fill `to` by NumPy's rules: axes of size 1 and missing leading axes step by 0. */
export function broadcast(shape: Shape, to: Shape): Layout {
  const strides = stridesOf(shape);
  const lead = to.length - shape.length;
  return { offset: 0, strides: to.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : strides[axis - lead]!)) };
}

/**
 * Walks over `shape` row by row. `visit` gets the row's length, and for each layout where the row begins and its step; both
 * lists belong to the walk and change with it. Axes that follow each other evenly in every array are walked as one, so that
 * arrays of the same shape, or an array and a scalar, are a single row.
 */
export function eachRow(
  shape: Shape,
  layouts: readonly Layout[],
  visit: (length: number, at: readonly number[], step: readonly number[]) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const { sizes, strides } = mergeAxes(shape, layouts);
  const length = sizes.pop() ?? 1;
  const step = strides.pop() ?? layouts.map(() => 0);
  const at = layouts.map(({ offset }) => offset);
  const index = sizes.map(() => 0);
  for (;;) {
    visit(length, at, step);
    let axis = sizes.length - 1;
    for (; axis >= 0; axis--) {
      const along = strides[axis]!;
      const size = sizes[axis]!;
      const next = index[axis]! + 1;
      const move = next < size ? 1 : 1 - size;
      for (let i = 0; i < at.length; i++) at[i]! += move * along[i]!;
      index[axis] = next < size ? next : 0;
      if (next < size) break;
    }
    if (axis < 0) return;
  }
}

/** The sizes of the axes that a walk needs, and for each axis the step of every array. */
function mergeAxes(shape: Shape, layouts: readonly Layout[]): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const strides: number[][] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const along = layouts.map(layout => layout.strides[axis]!);
    const outer = strides.at(-1);
    if (outer && along.every((step, i) => outer[i] === step * size)) {
      sizes.push(sizes.pop()! * size);
      strides[strides.length - 1] = along;
    } else {
      sizes.push(size);
      strides.push(along);
    }
  });
  return { sizes, strides };
}

/** Copies the elements of a walk over `shape` from one array to another. */
export function copy(shape: Shape, from: TypedArray, source: Layout, to: TypedArray, target: Layout): void {
  eachRow(shape, [source, target], (length, at, step) => {
    const i = at[0]!;
    const j = at[1]!;
    const p = step[0]!;
    const q = step[1]!;
    for (let n = 0; n < length; n++) to[j + n * q] = from[i + n * p]!;
  });
}

/** The lines of an array along an axis: line (o, i) begins at `o * length * inner + i` and steps by `inner`. */
export function linesOf(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}
