import { stridesOf } from '@cnn/tensor';
import type { ReferenceKernels } from '../reference-kernel.js';
import { contiguous, copy, type Layout } from '../strided.js';

/** The part of an array that begins at `start` and goes by `step` elements along each axis. */
function part(shape: readonly number[], start: readonly number[], step: readonly number[]): Layout {
  const strides = stridesOf(shape);
  return {
    offset: strides.reduce((sum, stride, axis) => sum + stride * start[axis]!, 0),
    strides: strides.map((stride, axis) => stride * step[axis]!),
  };
}

/** Parts of arrays, and arrays as parts of larger ones. */
export const slice: Pick<ReferenceKernels, 'slice' | 'pad' | 'concat' | 'flip'> = {
  slice: ([x], { start, step }, [y]) => {
    copy(y!.shape, x!.data, part(x!.shape, start, step), y!.data, contiguous(y!.shape));
  },
  pad: ([x], { padding, interior, value }, [y]) => {
    y!.data.fill(value);
    const before = padding.map(([count]) => count);
    const step = interior.map(count => count + 1);
    copy(x!.shape, x!.data, contiguous(x!.shape), y!.data, part(y!.shape, before, step));
  },
  concat: (inputs, { axis }, [y]) => {
    const ones = y!.shape.map(() => 1);
    const start = y!.shape.map(() => 0);
    for (const x of inputs) {
      copy(x.shape, x.data, contiguous(x.shape), y!.data, part(y!.shape, start, ones));
      start[axis]! += x.shape[axis]!;
    }
  },
  flip: ([x], { axes }, [y]) => {
    const last = x!.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
    const step = x!.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
    copy(y!.shape, x!.data, part(x!.shape, last, step), y!.data, contiguous(y!.shape));
  },
};
