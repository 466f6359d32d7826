import type { ReferenceKernels } from '../reference-kernel.js';
import { linesOf } from '../strided.js';

/** Running sums along an axis, in double. `exclusive` leaves an element out of its own sum; `reverse` begins at the end. */
export const cumsum: Pick<ReferenceKernels, 'cumsum'> = {
  cumsum: ([x], { axis, exclusive, reverse }, [y]) => {
    const from = x!.data;
    const to = y!.data;
    const { outer, length, inner } = linesOf(x!.shape, axis);
    const step = reverse ? -inner : inner;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let at = o * length * inner + i + (reverse ? (length - 1) * inner : 0);
        let sum = 0;
        for (let j = 0; j < length; j++, at += step) {
          const value = from[at]!;
          to[at] = exclusive ? sum : sum + value;
          sum += value;
        }
      }
    }
  },
};
