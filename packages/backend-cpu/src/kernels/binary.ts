import { type BinaryName, isFloat, type None } from '@cnn/tensor';
import type { ReferenceKernel, ReferenceKernels } from '../reference-kernel.js';
import { broadcast, contiguous, eachRow } from '../strided.js';

/** Applies `f` to each pair of elements; to whole numbers `whole`, where doubles would not wrap around as int32 does. */
const map =
  (f: (a: number, b: number) => number, whole = f): ReferenceKernel<None> =>
  ([a, b], _, [y]) => {
    const left = a!.data;
    const right = b!.data;
    const to = y!.data;
    const g = isFloat(a!.dtype) ? f : whole;
    const layouts = [broadcast(a!.shape, y!.shape), broadcast(b!.shape, y!.shape), contiguous(y!.shape)];
    eachRow(y!.shape, layouts, (length, at, step) => {
      const i = at[0]!;
      const j = at[1]!;
      const k = at[2]!;
      const p = step[0]!;
      const q = step[1]!;
      for (let n = 0; n < length; n++) to[k + n] = g(left[i + n * p]!, right[j + n * q]!);
    });
  };

/** C's pow, which PyTorch follows: 1 to any power is 1, and so is -1 to an infinite one. JavaScript gives NaN. */
function pow(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

const truth = (f: (a: number, b: number) => boolean): ReferenceKernel<None> => map((a, b) => Number(f(a, b)));

/**
 * Functions of two numbers, broadcast. Whole numbers wrap around. The larger or smaller of a number and NaN is NaN, and a
 * comparison with NaN is false, `notEqual` true.
 */
export const binary: Pick<ReferenceKernels, BinaryName> = {
  add: map((a, b) => a + b),
  sub: map((a, b) => a - b),
  mul: map((a, b) => a * b, Math.imul),
  div: map((a, b) => a / b),
  pow: map(pow),
  maximum: map((a, b) => Math.max(a, b)),
  minimum: map((a, b) => Math.min(a, b)),
  equal: truth((a, b) => a === b),
  notEqual: truth((a, b) => a !== b),
  less: truth((a, b) => a < b),
  lessEqual: truth((a, b) => a <= b),
  greater: truth((a, b) => a > b),
  greaterEqual: truth((a, b) => a >= b),
  logicalAnd: truth((a, b) => a !== 0 && b !== 0),
  logicalOr: truth((a, b) => a !== 0 || b !== 0),
  logicalXor: truth((a, b) => (a !== 0) !== (b !== 0)),
};
