import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, broadcastShapes, counting, indicesOf, type Numbers, numbers, run, shapes } from './reference-helpers.js';

/** Like `at`, but axes of size 1 do not repeat; undefined outside. */
const exactly = (x: Numbers, index: readonly number[]): number | undefined =>
  index.every((i, axis) => i >= 0 && i < x.shape[axis]!) ? at(x, index) : undefined;

describe('permute', () => {
  it('transposes by hand', () => {
    expect(run('permute', [counting([2, 3])], { order: [1, 0] }, { shape: [3, 2] })).toEqual([[1, 4, 2, 5, 3, 6]]);
  });

  it('puts input axis order[i] at output axis i', () => {
    const cases = shapes().chain(shape =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: shape.length },
        ),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, order]) => {
        const x = counting(shape);
        const out = order.map(axis => shape[axis]!);
        const expected = indicesOf(out).map(index =>
          exactly(
            x,
            shape.map((_, axis) => index[order.indexOf(axis)]!),
          ),
        );
        expect(run('permute', [x], { order }, { shape: out })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('broadcastTo', () => {
  it('repeats', () => {
    fc.assert(
      fc.property(broadcastShapes(1), shapes(), ({ shapes: [shape] }, lead) => {
        const x = counting(shape!);
        const out = [...lead.slice(0, 2), ...shape!.map(size => (size === 1 ? 3 : size))];
        expect(run('broadcastTo', [x], { shape: out }, { shape: out })[0]).toEqual(indicesOf(out).map(index => at(x, index)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('slice', () => {
  it('takes every second of 1..4 by hand', () => {
    const attrs = { start: [1], stop: [5], step: [2] };
    expect(run('slice', [counting([6])], attrs, { shape: [2] })).toEqual([[2, 4]]);
  });

  it('takes start, start + step, … below stop', () => {
    const range = (size: number) =>
      fc
        .tuple(fc.nat(size), fc.nat(size), fc.integer({ min: 1, max: 3 }))
        .map(([a, b, step]) => [Math.min(a, b), Math.max(a, b), step] as const);
    const cases = shapes().chain(shape => fc.tuple(fc.constant(shape), fc.tuple(...shape.map(range))));
    fc.assert(
      fc.property(cases, ([shape, ranges]) => {
        const x = counting(shape);
        const lists = ranges.map(([start, stop, step]) => {
          const list: number[] = [];
          for (let i = start; i < stop; i += step) list.push(i);
          return list;
        });
        const out = lists.map(list => list.length);
        const attrs = { start: ranges.map(r => r[0]), stop: ranges.map(r => r[1]), step: ranges.map(r => r[2]) };
        const expected = indicesOf(out).map(index =>
          exactly(
            x,
            index.map((i, axis) => lists[axis]![i]!),
          ),
        );
        expect(run('slice', [x], attrs, { shape: out })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('pad', () => {
  it('pads around and between by hand', () => {
    const attrs = { padding: [[1, 2]] as const, interior: [1], value: 9 };
    expect(run('pad', [counting([3], 'int32')], attrs, { shape: [8] })).toEqual([[9, 1, 9, 2, 9, 3, 9, 9]]);
  });

  it('puts the input at before + i (interior + 1)', () => {
    const axis = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2));
    const cases = shapes().chain(shape =>
      fc.tuple(fc.constant(shape), fc.array(axis, { minLength: shape.length, maxLength: shape.length })),
    );
    fc.assert(
      fc.property(cases, ([shape, pads]) => {
        const x = counting(shape);
        const out = shape.map((size, i) => pads[i]![0] + pads[i]![1] + size + Math.max(0, size - 1) * pads[i]![2]);
        const attrs = {
          padding: pads.map(([before, after]) => [before, after] as const),
          interior: pads.map(p => p[2]),
          value: -1,
        };
        const expected = indicesOf(out).map(index => {
          const from = index.map((i, k) => (i - pads[k]![0]) / (pads[k]![2] + 1));
          return from.every(Number.isInteger) ? (exactly(x, from) ?? -1) : -1;
        });
        expect(run('pad', [x], attrs, { shape: out })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('concat', () => {
  it('joins along an axis by hand', () => {
    const [a, b] = [counting([2, 1]), numbers([2, 2], [10, 20, 30, 40])];
    expect(run('concat', [a, b], { axis: 1 }, { shape: [2, 3] })).toEqual([[1, 10, 20, 2, 30, 40]]);
  });

  it('puts each input after the one before', () => {
    const cases = shapes({ minRank: 1 }).chain(shape =>
      fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.array(fc.nat(3), { minLength: 1, maxLength: 4 })),
    );
    fc.assert(
      fc.property(cases, ([shape, axis, sizes]) => {
        const inputs = sizes.map((size, k) => {
          const x = counting(shape.with(axis, size));
          return { ...x, data: x.data.map(value => 1000 * k + value) };
        });
        const owner = sizes.flatMap((size, k) => Array.from({ length: size }, (_, i) => [k, i] as const));
        const out = shape.with(axis, owner.length);
        const expected = indicesOf(out).map(index => {
          const [k, i] = owner[index[axis]!]!;
          return exactly(inputs[k]!, index.with(axis, i));
        });
        expect(run('concat', inputs, { axis }, { shape: out })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('flip', () => {
  it('turns the named axes around', () => {
    const cases = shapes().chain(shape => fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, i) => i))));
    fc.assert(
      fc.property(cases, ([shape, axes]) => {
        const x = counting(shape, 'float32');
        const expected = indicesOf(shape).map(index =>
          exactly(
            x,
            index.map((i, axis) => (axes.includes(axis) ? shape[axis]! - 1 - i : i)),
          ),
        );
        expect(run('flip', [x], { axes }, { shape })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
