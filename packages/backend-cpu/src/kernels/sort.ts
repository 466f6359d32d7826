import type { ReferenceKernels } from '../reference-kernel.js';
import { linesOf } from '../strided.js';

/** Negative where a comes before b in ascending order. NaN comes after all numbers. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Values and their indices in order along an axis. Equals keep their order in both directions. */
export const sort: Pick<ReferenceKernels, 'sort'> = {
  sort: ([x], { axis, descending }, [values, indices]) => {
    const from = x!.data;
    const { outer, length, inner } = linesOf(x!.shape, axis);
    const sign = descending ? -1 : 1;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * length * inner + i;
        const order = Array.from({ length }, (_, j) => j);
        order.sort((a, b) => sign * compare(from[start + a * inner]!, from[start + b * inner]!));
        for (let j = 0; j < length; j++) {
          values!.data[start + j * inner] = from[start + order[j]! * inner]!;
          indices!.data[start + j * inner] = order[j]!;
        }
      }
    }
  },
};
