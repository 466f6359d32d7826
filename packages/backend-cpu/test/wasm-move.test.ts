import { type Shape, sizeOf } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, f32, i32, type Operand, run } from './wasm-helpers.js';

/** 1, 2, 3, …, so that a misplaced element shows. */
const counting = (shape: Shape): Operand =>
  f32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1),
  );

function indicesOf(shape: Shape): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) all = all.flatMap(index => Array.from({ length: size }, (_, i) => [...index, i]));
  return all;
}

const at = ({ shape, data }: Operand, index: readonly number[]): number =>
  data[index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]!;

/** The elements of x that an index function picks for each index of the output. */
const pick = (shape: Shape, x: Operand, from: (index: number[]) => number[]) => indicesOf(shape).map(index => at(x, from(index)));

const shapes = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1)), { minLength: 1, maxLength: 5 })
  .filter(shape => sizeOf(shape) < 3000);

describe.each(backends)('moving elements, %s', (_, backend) => {
  const check = fc.assert;

  test.each([
    [
      [5, 7],
      [1, 0],
    ],
    [
      [8, 12],
      [1, 0],
    ],
    [
      [64, 65],
      [1, 0],
    ],
    [
      [2, 3, 9, 10],
      [0, 2, 3, 1],
    ],
    [
      [2, 9, 10, 5],
      [0, 3, 1, 2],
    ],
    [
      [3, 4, 5],
      [2, 1, 0],
    ],
    [
      [3, 4, 5],
      [1, 0, 2],
    ],
    [
      [2, 3, 4, 5, 6],
      [4, 3, 2, 1, 0],
    ],
    [
      [2, 0, 3],
      [2, 1, 0],
    ],
    [[], []],
  ] as [number[], number[]][])('permute %j by %j', (shape, order) => {
    const x = counting(shape);
    const y = order.map(axis => shape[axis]!);
    const inverse = shape.map((_, axis) => order.indexOf(axis));
    const expected = pick(y, x, index => inverse.map(i => index[i]!));
    expect([...run(backend, 'permute', [x], { order }, [{ shape: y }])[0]!]).toEqual(expected);
    const whole = i32(shape, x.data);
    expect([...run(backend, 'permute', [whole], { order }, [{ shape: y, dtype: 'int32' }])[0]!]).toEqual(expected);
  });

  test('any permutation', () => {
    check(
      fc.property(
        shapes.chain(shape => fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }))),
        ([shape, order]) => {
          const x = counting(shape);
          const y = order.map(axis => shape[axis]!);
          const inverse = shape.map((_, axis) => order.indexOf(axis));
          const [result] = run(backend, 'permute', [x], { order }, [{ shape: y }]);
          expect([...result!]).toEqual(pick(y, x, index => inverse.map(i => index[i]!)));
        },
      ),
    );
  });

  test('any broadcast', () => {
    check(
      fc.property(shapes, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), fc.nat(4), (y, ones, drop) => {
        const full = y.map((n, axis) => (ones[axis] ? 1 : n));
        const lead = Math.min(drop, y.length);
        const x = counting(full.slice(lead));
        const [result] = run(backend, 'broadcastTo', [x], { shape: y }, [{ shape: y }]);
        expect([...result!]).toEqual(pick(y, x, index => index.slice(lead).map((i, axis) => (x.shape[axis] === 1 ? 0 : i))));
      }),
    );
  });

  test('any slice', () => {
    const axis = fc
      .integer({ min: 1, max: 8 })
      .chain(size => fc.tuple(fc.constant(size), fc.nat(size), fc.nat(size), fc.integer({ min: 1, max: 4 })));
    check(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), axes => {
        const start = axes.map(([, a, b]) => Math.min(a, b));
        const stop = axes.map(([, a, b]) => Math.max(a, b));
        const step = axes.map(axis => axis[3]);
        const y = start.map((from, i) => Math.ceil((stop[i]! - from) / step[i]!));
        const x = counting(axes.map(([size]) => size));
        const [result] = run(backend, 'slice', [x], { start, stop, step }, [{ shape: y }]);
        expect([...result!]).toEqual(pick(y, x, index => index.map((i, k) => start[k]! + i * step[k]!)));
      }),
    );
  });

  test('any padding', () => {
    const axis = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(3), fc.nat(3), fc.nat(2));
    check(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), axes => {
        const x = counting(axes.map(([size]) => size));
        const padding = axes.map(([, before, after]) => [before, after] as const);
        const interior = axes.map(axis => axis[3]);
        const y = axes.map(([size, before, after, between]) => before + after + size + Math.max(0, size - 1) * between);
        const expected = indicesOf(y).map(index => {
          const own = index.map((i, k) => (i - padding[k]![0]) / (interior[k]! + 1));
          return own.every((i, k) => Number.isInteger(i) && i >= 0 && i < x.shape[k]!) ? at(x, own) : -7;
        });
        const [result] = run(backend, 'pad', [x], { padding, interior, value: -7 }, [{ shape: y }]);
        expect([...result!]).toEqual(expected);
      }),
    );
  });

  test('any concatenation', () => {
    check(
      fc.property(shapes, fc.nat(4), fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }), (shape, pickAxis, sizes) => {
        const axis = pickAxis % shape.length;
        const parts = sizes.map((size, i) => {
          const part = counting(shape.with(axis, size));
          return f32(
            part.shape,
            Float32Array.from(part.data, value => value + 10_000 * i),
          );
        });
        const y = shape.with(
          axis,
          sizes.reduce((a, b) => a + b, 0),
        );
        const expected = indicesOf(y).map(index => {
          let part = 0;
          let i = index[axis]!;
          while (i >= sizes[part]!) i -= sizes[part++]!;
          return at(parts[part]!, index.with(axis, i));
        });
        expect([...run(backend, 'concat', parts, { axis }, [{ shape: y }])[0]!]).toEqual(expected);
      }),
    );
  });

  test('any flip', () => {
    check(
      fc.property(shapes, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (shape, which) => {
        const axes = [...shape.keys()].filter(axis => which[axis]);
        const x = counting(shape);
        const expected = pick(shape, x, index => index.map((i, axis) => (axes.includes(axis) ? shape[axis]! - 1 - i : i)));
        expect([...run(backend, 'flip', [x], { axes }, [{ shape }])[0]!]).toEqual(expected);
      }),
    );
  });

  test('runs of 63, 64 and 65 elements', () => {
    for (const n of [63, 64, 65]) {
      const x = counting([3, n + 2]);
      const [y] = run(backend, 'slice', [x], { start: [0, 1], stop: [3, n + 1], step: [1, 1] }, [{ shape: [3, n] }]);
      expect([...y!]).toEqual(pick([3, n], x, ([i, j]) => [i!, j! + 1]));
    }
  });
});
