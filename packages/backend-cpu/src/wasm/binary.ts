import { type None, type Shape, sameShape, sizeOf } from '@cnn/tensor';
import { GRAIN, rowsWorth } from './grain.js';
import type { WasmKernel } from './kernel.js';

type Name = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'reluGrad';

/** Three axes [outer, middle, inner] and the bytes between neighbours of a and b along each; 0 where one is broadcast. */
interface Loops {
  readonly sizes: [number, number, number];
  readonly a: [number, number, number];
  readonly b: [number, number, number];
}

/**
 * The axes of a broadcast, neighbouring ones joined where both operands run on or both repeat; `undefined` where more than
 * three are left. Operands are aligned at their last axes.
 */
function loopsOf(a: Shape, b: Shape, y: Shape): Loops | undefined {
  if (sameShape(a, b)) return { sizes: [1, 1, sizeOf(y)], a: [0, 0, 4], b: [0, 0, 4] };
  const loops: Loops = { sizes: [1, 1, 1], a: [0, 0, 0], b: [0, 0, 0] };
  let at = 3;
  for (let axis = y.length - 1, aRun = 4, bRun = 4; axis >= 0; axis--) {
    const size = y[axis]!;
    if (size === 1) continue;
    const aStep = (a[axis - y.length + a.length] ?? 1) === 1 ? 0 : aRun;
    const bStep = (b[axis - y.length + b.length] ?? 1) === 1 ? 0 : bRun;
    if (aStep) aRun *= size;
    if (bStep) bRun *= size;
    if (at < 3 && aStep === loops.a[at]! * loops.sizes[at]! && bStep === loops.b[at]! * loops.sizes[at]!) {
      loops.sizes[at]! *= size;
    } else {
      if (at === 0) return undefined;
      at--;
      loops.sizes[at] = size;
      loops.a[at] = aStep;
      loops.b[at] = bStep;
    }
  }
  return loops;
}

const kernel =
  (name: Name): WasmKernel<None> =>
  (runtime, inputs, _, outputs) => {
    const a = inputs[0]!;
    const b = inputs[1]!;
    const spec = outputs[0]!;
    if (a.dtype !== 'float32') return undefined;
    const loops = loopsOf(a.shape, b.shape, spec.shape);
    if (!loops) return undefined;
    const [outer, middle, inner] = loops.sizes;
    const [aOuter, aMiddle, aInner] = loops.a;
    const [bOuter, bMiddle, bInner] = loops.b;
    const y = runtime.allocate(spec);
    const [ap, bp, yp] = [a.buffer.pointer, b.buffer.pointer, y.pointer];
    const rows = outer * middle;
    if (rows === 0) return [y];
    if (rows === 1) {
      runtime.over(inner, GRAIN, name, (first, count) => {
        const [aFirst, bFirst, yFirst] = [ap + aInner * first, bp + bInner * first, yp + 4 * first];
        return [0, 1, 1, count, aFirst, 0, 0, aInner !== 0, bFirst, 0, 0, bInner !== 0, yFirst];
      });
    } else {
      runtime.over(rows, rowsWorth(inner), name, (first, count) => {
        const yFirst = yp + 4 * inner * first;
        return [first, count, middle, inner, ap, aOuter, aMiddle, aInner !== 0, bp, bOuter, bMiddle, bInner !== 0, yFirst];
      });
    }
    return [y];
  };

/** Functions of two numbers with broadcasting, in float32. */
export const binary = {
  add: kernel('add'),
  sub: kernel('sub'),
  mul: kernel('mul'),
  div: kernel('div'),
  maximum: kernel('maximum'),
  minimum: kernel('minimum'),
  reluGrad: kernel('reluGrad'),
};
