import type { ReferenceKernels } from '../reference-kernel.js';
import { linesOf } from '../strided.js';

/** Reading and adding by index along an axis. */
export const gather: Pick<ReferenceKernels, 'gather' | 'scatterAdd'> = {
  gather: ([x, indices], { axis }, [y]) => {
    const from = x!.data;
    const to = y!.data;
    const { outer, length, inner } = linesOf(indices!.shape, axis);
    const size = x!.shape[axis]!;
    for (let o = 0, at = 0; o < outer; o++) {
      for (let j = 0; j < length; j++) {
        for (let i = 0; i < inner; i++, at++) {
          const index = indices!.data[at]!;
          // Whole numbers have no NaN: their arrays make it 0.
          to[at] = index >= 0 && index < size ? from[(o * size + index) * inner + i]! : Number.NaN;
        }
      }
    }
  },
  scatterAdd: ([x, indices, updates], { axis }, [y]) => {
    const sums = new Float64Array(x!.data);
    const { outer, length, inner } = linesOf(indices!.shape, axis);
    const size = x!.shape[axis]!;
    for (let o = 0, at = 0; o < outer; o++) {
      for (let j = 0; j < length; j++) {
        for (let i = 0; i < inner; i++, at++) {
          const index = indices!.data[at]!;
          if (index >= 0 && index < size) sums[(o * size + index) * inner + i]! += updates!.data[at]!;
        }
      }
    }
    y!.data.set(sums);
  },
};
