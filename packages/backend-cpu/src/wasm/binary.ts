import { type None, type Shape, sameShape, sizeOf } from '@cnn/tensor';
import type { WasmKernel } from './kernel.js';

type Name = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'reluGrad';

/** Three axes [outer, middle, inner] and the bytes between neighbours of a and b along each; 0 where one is broadcast. */
interface Loops {
  readonly sizes: number[];
  readonly a: number[];
  readonly b: number[];
}

/**
 * The axes of a broadcast, neighbouring ones joined where both operands run on or both repeat; `undefined` where more than
 * three are left. Operands are aligned at their last axes.
 */
function loopsOf(a: Shape, b: Shape, y: Shape): Loops | undefined {
  const sizes: number[] = [];
  const aSteps: number[] = [];
  const bSteps: number[] = [];
  for (let axis = y.length - 1, aRun = 4, bRun = 4; axis >= 0; axis--) {
    const size = y[axis]!;
    if (size === 1) continue;
    const aStep = (a[axis - y.length + a.length] ?? 1) === 1 ? 0 : aRun;
    const bStep = (b[axis - y.length + b.length] ?? 1) === 1 ? 0 : bRun;
    if (aStep) aRun *= size;
    if (bStep) bRun *= size;
    if (sizes.length > 0 && aStep === aSteps[0]! * sizes[0]! && bStep === bSteps[0]! * sizes[0]!) {
      sizes[0]! *= size;
    } else {
      sizes.unshift(size);
      aSteps.unshift(aStep);
      bSteps.unshift(bStep);
    }
  }
  if (sizes.length > 3) return undefined;
  while (sizes.length < 3) {
    sizes.unshift(1);
    aSteps.unshift(0);
    bSteps.unshift(0);
  }
  return { sizes, a: aSteps, b: bSteps };
}

const kernel =
  (name: Name): WasmKernel<None> =>
  (runtime, inputs, _, outputs) => {
    const a = inputs[0]!;
    const b = inputs[1]!;
    const spec = outputs[0]!;
    if (a.dtype !== 'float32') return undefined;
    if (sameShape(a.shape, b.shape)) {
      const y = runtime.allocate(spec);
      runtime.exports[name](1, 1, sizeOf(spec.shape), a.buffer.pointer, 0, 0, true, b.buffer.pointer, 0, 0, true, y.pointer);
      return [y];
    }
    const loops = loopsOf(a.shape, b.shape, spec.shape);
    if (!loops) return undefined;
    const [outer, middle, inner] = loops.sizes as [number, number, number];
    const [aOuter, aMiddle, aInner] = loops.a as [number, number, number];
    const [bOuter, bMiddle, bInner] = loops.b as [number, number, number];
    const y = runtime.allocate(spec);
    runtime.exports[name](
      outer,
      middle,
      inner,
      a.buffer.pointer,
      aOuter,
      aMiddle,
      aInner !== 0,
      b.buffer.pointer,
      bOuter,
      bMiddle,
      bInner !== 0,
      y.pointer,
    );
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
