import { type DType, type PrimitiveOps, type Shape, sizeOf, toTypedArray } from '@cnn/tensor';
import fc from 'fast-check';
import { expect } from 'vitest';
import { cpuReference } from '../src/index.js';

/** Numbers with their shape. */
export interface Numbers {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: readonly number[];
}

export const numbers = (shape: Shape, data: readonly number[], dtype: DType = 'float64'): Numbers => ({ shape, data, dtype });

/** Distinct numbers 1, 2, … in a shape, so that a misplaced element shows. */
export const counting = (shape: Shape, dtype: DType = 'float64'): Numbers =>
  numbers(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => i + 1),
    dtype,
  );

/**
 * Runs a primitive on the reference backend, whose outputs begin as NaN, and gives the numbers of each output. The inputs must
 * stay as they were and nothing may leak.
 */
export function run<K extends keyof PrimitiveOps>(
  op: K,
  inputs: readonly Numbers[],
  attrs: PrimitiveOps[K],
  ...outputs: readonly { readonly shape: Shape; readonly dtype?: DType }[]
): number[][] {
  const backend = cpuReference({ poison: true });
  const views = inputs.map(input => ({ ...input, buffer: backend.write(toTypedArray(input.data, input.dtype), input) }));
  const before = views.map(({ buffer }) => buffer.slice());
  const specs = outputs.map(({ shape, dtype }) => ({ shape, dtype: dtype ?? inputs[0]?.dtype ?? ('float64' as const) }));
  const results = backend.kernels[op](views, attrs as never, specs, [])!;
  expect(views.map(({ buffer }) => buffer)).toEqual(before);
  expect(backend.live()).toBe(inputs.length + outputs.length);
  return results.map(buffer => Array.from(backend.readSync(buffer, specs[0]!)));
}

/** All indices of a shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) all = all.flatMap(index => Array.from({ length: size }, (_, i) => [...index, i]));
  return all;
}

/** The element at an index, which is aligned at the end and repeats along axes of size 1, as NumPy broadcasts. */
export function at({ shape, data }: Numbers, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) flat = flat * shape[axis]! + (shape[axis] === 1 ? 0 : own[axis]!);
  return data[flat]!;
}

/** Shapes up to rank 4 with sizes from 0 (or `least`) to 4. */
export const shapes = ({ least = 0, minRank = 0 } = {}): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: least, max: 4 }), { minLength: minRank, maxLength: 4 });

/** A shape, and shapes that broadcast to it. */
export const broadcastShapes = (count: number): fc.Arbitrary<{ out: number[]; shapes: number[][] }> =>
  shapes().chain(out =>
    fc
      .array(fc.tuple(fc.nat(out.length), fc.array(fc.boolean(), { minLength: out.length, maxLength: out.length })), {
        minLength: count,
        maxLength: count,
      })
      .map(cuts => {
        const cut = cuts.map(([drop, ones]) => out.map((size, axis) => (ones[axis] ? 1 : size)).slice(drop));
        // What they really broadcast to: an axis that all have at size 1, or that all lack, is not in it at its full size.
        const rank = Math.max(...cut.map(shape => shape.length));
        const joint = Array.from({ length: rank }, (_, i) => {
          const sizes = cut.map(shape => shape[i - rank + shape.length] ?? 1);
          return sizes.find(size => size !== 1) ?? 1;
        });
        return { out: joint, shapes: cut };
      }),
  );
