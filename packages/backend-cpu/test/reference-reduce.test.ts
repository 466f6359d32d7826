import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, indicesOf, type Numbers, numbers, run, shapes } from './reference-helpers.js';

const NAN = Number.NaN;

/** A shape with whole numbers from -8 to 8, so that sums are exact and there are ties. */
const arrays = (options: { least?: number; minRank?: number }): fc.Arbitrary<Numbers> =>
  shapes(options).chain(shape => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(fc.integer({ min: -8, max: 8 }), { minLength: length, maxLength: length }).map(data => numbers(shape, data));
  });
const withAxis = arrays({ least: 1, minRank: 1 }).chain(x => fc.tuple(fc.constant(x), fc.nat(x.shape.length - 1)));

/** The elements of x that share `index` on all axes but the given ones, in order. */
const along = (x: Numbers, axes: readonly number[], index: readonly number[]): number[] =>
  indicesOf(x.shape)
    .filter(other => other.every((i, axis) => axes.includes(axis) || i === index[axis]))
    .map(other => at(x, other));

describe('sum, max and min', () => {
  it('sums by hand', () => {
    const x = numbers([2, 3], [1, 2, 3, 4, 5, 6], 'float32');
    expect(run('sum', [x], { axes: [0] }, { shape: [1, 3] })).toEqual([[5, 7, 9]]);
    expect(run('sum', [x], { axes: [1] }, { shape: [2, 1] })).toEqual([[6, 15]]);
    expect(run('sum', [x], { axes: [0, 1] }, { shape: [1, 1] })).toEqual([[21]]);
    expect(run('sum', [x], { axes: [] }, { shape: [2, 3] })).toEqual([[1, 2, 3, 4, 5, 6]]);
  });

  it('takes scalars, and gives 0 for the sum of nothing', () => {
    expect(run('sum', [numbers([], [3])], { axes: [] }, { shape: [] })).toEqual([[3]]);
    expect(run('sum', [numbers([2, 0], [])], { axes: [1] }, { shape: [2, 1] })).toEqual([[0, 0]]);
    expect(run('sum', [numbers([0, 2], [])], { axes: [1] }, { shape: [0, 1] })).toEqual([[]]);
  });

  it('sums float32 in double: 1 + 2^-24 + 2^-24 + …', () => {
    const data = [1, ...Array.from({ length: 2 ** 16 }, () => 2 ** -24)];
    expect(run('sum', [numbers([data.length], data, 'float32')], { axes: [0] }, { shape: [1] })).toEqual([[1 + 2 ** -8]]);
  });

  it('counts bools and bytes as int32, which wraps around', () => {
    expect(run('sum', [numbers([3], [1, 0, 1], 'bool')], { axes: [0] }, { shape: [1], dtype: 'int32' })).toEqual([[2]]);
    expect(run('sum', [numbers([2], [200, 100], 'uint8')], { axes: [0] }, { shape: [1], dtype: 'int32' })).toEqual([[300]]);
    expect(run('sum', [numbers([2], [2147483647, 1], 'int32')], { axes: [0] }, { shape: [1] })).toEqual([[-2147483648]]);
  });

  it('passes NaN on', () => {
    for (const op of ['sum', 'max', 'min'] as const) {
      for (const data of [
        [NAN, 1],
        [1, NAN],
      ])
        expect(run(op, [numbers([2], data)], { axes: [0] }, { shape: [1] })).toEqual([[NAN]]);
    }
  });

  it('finds infinities', () => {
    const x = numbers([3], [-Infinity, Infinity, 0]);
    expect(run('max', [x], { axes: [0] }, { shape: [1] })).toEqual([[Infinity]]);
    expect(run('min', [x], { axes: [0] }, { shape: [1] })).toEqual([[-Infinity]]);
  });

  it('reduces any axes', () => {
    const cases = arrays({ least: 1 }).chain(x => fc.tuple(fc.constant(x), fc.subarray(x.shape.map((_, i) => i))));
    fc.assert(
      fc.property(cases, ([x, axes]) => {
        const out = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const groups = indicesOf(out).map(index => along(x, axes, index));
        const sums = groups.map(group => group.reduce((a, b) => a + b, 0));
        expect(run('sum', [x], { axes }, { shape: out })[0]).toEqual(sums);
        for (const dtype of ['float64', 'int32'] as const) {
          expect(run('max', [{ ...x, dtype }], { axes }, { shape: out })[0]).toEqual(groups.map(group => Math.max(...group)));
          expect(run('min', [{ ...x, dtype }], { axes }, { shape: out })[0]).toEqual(groups.map(group => Math.min(...group)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('argMax and argMin', () => {
  it('takes the first of equals and the first NaN', () => {
    const arg = (op: 'argMax' | 'argMin', data: number[]) =>
      run(op, [numbers([data.length], data)], { axis: 0 }, { shape: [1], dtype: 'int32' })[0]![0];
    expect(arg('argMax', [1, 3, 3, 2])).toBe(1);
    expect(arg('argMin', [3, 1, 1, 2])).toBe(1);
    expect(arg('argMax', [1, NAN, 5, NAN])).toBe(1);
    expect(arg('argMin', [1, NAN, -5, NAN])).toBe(1);
    expect(arg('argMax', [-Infinity, -Infinity])).toBe(0);
  });

  it('works along any axis', () => {
    fc.assert(
      fc.property(withAxis, ([x, axis]) => {
        const out = x.shape.with(axis, 1);
        const groups = indicesOf(out).map(index => along(x, [axis], index));
        const spec = { shape: out, dtype: 'int32' } as const;
        expect(run('argMax', [x], { axis }, spec)[0]).toEqual(groups.map(group => group.indexOf(Math.max(...group))));
        expect(run('argMin', [x], { axis }, spec)[0]).toEqual(groups.map(group => group.indexOf(Math.min(...group))));
      }),
      { numRuns: 300 },
    );
  });
});

describe('cumsum', () => {
  it.each([
    [false, false, [1, 3, 6]],
    [true, false, [0, 1, 3]],
    [false, true, [6, 5, 3]],
    [true, true, [5, 3, 0]],
  ])('exclusive %s, reverse %s', (exclusive, reverse, expected) => {
    expect(run('cumsum', [numbers([3], [1, 2, 3])], { axis: 0, exclusive, reverse }, { shape: [3] })).toEqual([expected]);
  });

  it('works along any axis', () => {
    fc.assert(
      fc.property(withAxis, fc.boolean(), fc.boolean(), ([x, axis], exclusive, reverse) => {
        const expected = indicesOf(x.shape).map(index => {
          const line = along(x, [axis], index);
          const i = index[axis]!;
          const part = reverse ? line.slice(exclusive ? i + 1 : i) : line.slice(0, exclusive ? i : i + 1);
          return part.reduce((a, b) => a + b, 0);
        });
        expect(run('cumsum', [x], { axis, exclusive, reverse }, { shape: x.shape })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('takes empty lines', () => {
    expect(run('cumsum', [numbers([2, 0], [])], { axis: 1, exclusive: false, reverse: true }, { shape: [2, 0] })).toEqual([[]]);
  });
});

describe('sort', () => {
  const sort = (x: Numbers, axis: number, descending: boolean) =>
    run('sort', [x], { axis, descending }, { shape: x.shape }, { shape: x.shape, dtype: 'int32' });

  it('puts NaN last ascending and first descending, and keeps the order of equals', () => {
    const x = numbers([7], [2, NAN, 1, 2, Infinity, NAN, 1]);
    expect(sort(x, 0, false)).toEqual([
      [1, 1, 2, 2, Infinity, NAN, NAN],
      [2, 6, 0, 3, 4, 1, 5],
    ]);
    expect(sort(x, 0, true)).toEqual([
      [NAN, NAN, Infinity, 2, 2, 1, 1],
      [1, 5, 4, 0, 3, 2, 6],
    ]);
  });

  it('keeps 0 and -0 in order, as they are equal', () =>
    expect(sort(numbers([2], [0, -0]), 0, false)).toEqual([
      [0, -0],
      [0, 1],
    ]));

  it('works along any axis, stable', () => {
    fc.assert(
      fc.property(withAxis, fc.boolean(), ([x, axis], descending) => {
        const [values, order] = sort(x, axis, descending) as [number[], number[]];
        indicesOf(x.shape).forEach((index, flat) => {
          const line = along(x, [axis], index);
          // Insertion sort: each element goes behind all that are not after it.
          const placed: number[] = [];
          line.forEach((value, i) => {
            const behind = placed.findIndex(j => (descending ? line[j]! < value : line[j]! > value));
            placed.splice(behind < 0 ? placed.length : behind, 0, i);
          });
          expect(order[flat]).toBe(placed[index[axis]!]);
          expect(values[flat]).toBe(line[placed[index[axis]!]!]);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('takes empty lines', () => expect(sort(numbers([2, 0], []), 1, false)).toEqual([[], []]));
});
