import type { AxesAttrs, AxisAttrs, ReduceName } from '@cnn/tensor';
import type { ReferenceKernel, ReferenceKernels } from '../reference-kernel.js';
import { broadcast, contiguous, eachRow, linesOf } from '../strided.js';

/** Combines the elements along the axes with `f`, in double, beginning with `start`: what an empty axis gives. */
const combine =
  (start: number, f: (sofar: number, x: number) => number): ReferenceKernel<AxesAttrs> =>
  ([x], _, [y]) => {
    const from = x!.data;
    const results = new Float64Array(y!.data.length).fill(start);
    // The reduced axes have size 1 in y, so that y as if broadcast says where each element goes.
    eachRow(x!.shape, [contiguous(x!.shape), broadcast(y!.shape, x!.shape)], (length, [i, j], [p, q]) => {
      for (let n = 0; n < length; n++) results[j! + n * q!] = f(results[j! + n * q!]!, from[i! + n * p!]!);
    });
    y!.data.set(results);
  };

/** The index along the axis of the first element that no other beats. NaN beats all numbers. */
const best =
  (beats: (x: number, best: number) => boolean): ReferenceKernel<AxisAttrs> =>
  ([x], { axis }, [y]) => {
    const from = x!.data;
    const { outer, length, inner } = linesOf(x!.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * length * inner + i;
        let index = 0;
        for (let j = 1; j < length; j++) {
          const value = from[start + j * inner]!;
          const held = from[start + index * inner]!;
          if (beats(value, held) || (Number.isNaN(value) && !Number.isNaN(held))) index = j;
        }
        y!.data[o * inner + i] = index;
      }
    }
  };

/** Reductions, which keep their axes at size 1. NaN makes `max` and `min` NaN. */
export const reduce: Pick<ReferenceKernels, ReduceName | 'argMax' | 'argMin'> = {
  sum: combine(0, (sofar, x) => sofar + x),
  max: combine(Number.NEGATIVE_INFINITY, (sofar, x) => Math.max(sofar, x)),
  min: combine(Number.POSITIVE_INFINITY, (sofar, x) => Math.min(sofar, x)),
  argMax: best((x, held) => x > held),
  argMin: best((x, held) => x < held),
};
