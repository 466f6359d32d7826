import type { Spec } from '@cnn/tensor';
import { rowsWorth } from './grain.js';
import type { Runtime } from './kernel.js';

/** Where elements lie: the first one's pointer, and the bytes between neighbours along each axis. */
export interface Layout {
  readonly pointer: number;
  readonly steps: readonly number[];
}

interface Axis {
  size: number;
  readonly x: number;
  readonly y: number;
}

/**
 * The axes in an order that the copy likes: neighbours joined where both layouts run on, and next to the last an axis along
 * which x's elements are neighbours. Four axes, or `undefined` where more are left.
 */
function axesOf(sizes: readonly number[], x: readonly number[], y: readonly number[]): Axis[] | undefined {
  const axes: Axis[] = [];
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i]!;
    if (size === 1) continue;
    const first = axes[0];
    if (first && x[i] === first.x * first.size && y[i] === first.y * first.size) axes[0] = { ...first, size: size * first.size };
    else axes.unshift({ size, x: x[i]!, y: y[i]! });
  }
  if (axes.length > 4) return undefined;
  const neighbours = axes.findIndex(axis => axis.x === 4);
  if (neighbours >= 0 && neighbours < axes.length - 2) axes.splice(axes.length - 2, 0, ...axes.splice(neighbours, 1));
  while (axes.length < 4) axes.unshift({ size: 1, x: 0, y: 0 });
  return axes;
}

/** Copies elements of four bytes from one layout to another; false where the layouts are too far apart for the loops. */
export function copy(runtime: Runtime, sizes: readonly number[], x: Layout, y: Layout): boolean {
  const axes = axesOf(sizes, x.steps, y.steps);
  if (!axes) return false;
  const [a, b, c, d] = axes as [Axis, Axis, Axis, Axis];
  // Threads share the first axis that is more than one element long.
  const cut = axes.findIndex(({ size }) => size !== 1);
  const { size, x: xStep, y: yStep } = axes[Math.max(cut, 0)]!;
  const elements = axes.reduce((product, axis) => product * axis.size, 1);
  runtime.over(size, rowsWorth(elements / size), 'copy4', (first, count) => {
    const [n0, n1, n2, n3] = axes.map(({ size }, i) => (i === cut ? count : size)) as [number, number, number, number];
    const [from, to] = [x.pointer + xStep * first, y.pointer + yStep * first];
    return [n0, n1, n2, n3, from, a.x, b.x, c.x, d.x, to, a.y, b.y, c.y, d.y];
  });
  return true;
}

/** Whether the copy takes arrays of this kind. */
export const hasFourBytes = ({ dtype }: Spec): boolean => dtype === 'float32' || dtype === 'int32';

/** Bytes between neighbours along each axis of a contiguous array of elements of four bytes. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 4; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis]!;
  }
  return steps;
}

/** The sum of steps times indices, in bytes. */
export function offsetOf(steps: readonly number[], indices: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < steps.length; axis++) offset += steps[axis]! * indices[axis]!;
  return offset;
}
