import { type AxesAttrs, type AxisAttrs, type ReduceName, type Shape, sizeOf } from '@cnn/tensor';
import { rowsWorth } from './grain.js';
import type { WasmKernel } from './kernel.js';

/** [r1, k1, r2, k2], of which the first and third axes are reduced. */
type Loops = [r1: number, k1: number, r2: number, k2: number];

/** The axes joined where neighbours are all reduced or all kept; `undefined` where that takes more than [r1, k1, r2, k2]. */
function loopsOf(shape: Shape, axes: readonly number[]): Loops | undefined {
  const loops: Loops = [1, 1, 1, 1];
  let at = 3;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    // Reduced sizes go to places 0 and 2, kept ones to 1 and 3.
    if (axes.includes(axis) === (at % 2 === 1)) at--;
    if (at < 0) return undefined;
    loops[at]! *= size;
  }
  return loops;
}

const kernel =
  (name: ReduceName): WasmKernel<AxesAttrs> =>
  (runtime, inputs, { axes }, outputs) => {
    const x = inputs[0]!;
    const spec = outputs[0]!;
    if (x.dtype !== 'float32') return undefined;
    const loops = loopsOf(x.shape, axes);
    if (!loops) return undefined;
    const [r1, k1, r2, k2] = loops;
    const y = runtime.allocate(spec);
    const [from, to] = [x.buffer.pointer, y.pointer];
    // What is kept is cut for threads, never what is reduced: the order of a sum must not depend on their number.
    const step = 4 * k2;
    const r1Step = k1 * r2 * step;
    if (k2 === 1) {
      runtime.over(k1, rowsWorth(r1 * r2), `${name}Rows`, (first, count) => [
        r1,
        r1Step,
        count,
        r2,
        from + 4 * r2 * first,
        to + 4 * first,
      ]);
    } else {
      const [total, elements, xStep, yStep] = k1 > 1 ? [k1, r1 * r2 * k2, r2 * step, step] : [k2, r1 * r2, 4, 4];
      const part = (first: number, count: number) => {
        const [k1Part, k2Part] = k1 > 1 ? [count, k2] : [1, count];
        return [r1, r1Step, k1Part, r2, k2Part, step, from + xStep * first, to + yStep * first] as const;
      };
      const grain = rowsWorth(elements);
      if (name === 'sum') runtime.over(total, grain, 'sumColumns', (...range) => [...part(...range), runtime.scratch(8 * k2)]);
      else runtime.over(total, grain, `${name}Columns`, (...range) => [...part(...range)]);
    }
    return [y];
  };

const indexKernel =
  (name: 'argMax' | 'argMin'): WasmKernel<AxisAttrs> =>
  (runtime, inputs, { axis }, outputs) => {
    const x = inputs[0]!;
    if (x.dtype !== 'float32' || axis !== x.shape.length - 1) return undefined;
    const y = runtime.allocate(outputs[0]!);
    const n = x.shape[axis]!;
    const [from, to] = [x.buffer.pointer, y.pointer];
    runtime.over(sizeOf(outputs[0]!.shape), rowsWorth(n), `${name}Rows`, (first, count) => [
      count,
      n,
      from + 4 * n * first,
      to + 4 * first,
    ]);
    return [y];
  };

/** Reductions, in float32. */
export const reduce = {
  sum: kernel('sum'),
  max: kernel('max'),
  min: kernel('min'),
  argMax: indexKernel('argMax'),
  argMin: indexKernel('argMin'),
};
