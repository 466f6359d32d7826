import { type AxesAttrs, type AxisAttrs, type ReduceName, type Shape, sizeOf } from '@cnn/tensor';
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
    const { exports } = runtime;
    const from = x.buffer.pointer;
    const y = runtime.allocate(spec);
    if (k2 === 1) exports[`${name}Rows`](r1, k1, r2, from, y.pointer);
    else if (name === 'sum') exports.sumColumns(r1, k1, r2, k2, from, runtime.scratch(8 * k2), y.pointer);
    else exports[`${name}Columns`](r1, k1, r2, k2, from, y.pointer);
    return [y];
  };

const indexKernel =
  (name: 'argMax' | 'argMin'): WasmKernel<AxisAttrs> =>
  (runtime, inputs, { axis }, outputs) => {
    const x = inputs[0]!;
    if (x.dtype !== 'float32' || axis !== x.shape.length - 1) return undefined;
    const y = runtime.allocate(outputs[0]!);
    runtime.exports[`${name}Rows`](sizeOf(outputs[0]!.shape), x.shape[axis]!, x.buffer.pointer, y.pointer);
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
