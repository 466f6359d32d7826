import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, counting, indicesOf, numbers, run, shapes } from './reference-helpers.js';

const NAN = Number.NaN;

/** x's shape, an axis, and indices [-2 .. size + 1] in a shape that differs on the axis. */
const cases = shapes({ minRank: 1 }).chain(shape =>
  fc.tuple(fc.nat(shape.length - 1), fc.nat(4)).chain(([axis, length]) => {
    const count = shape.with(axis, length).reduce((product, size) => product * size, 1);
    const index = fc.integer({ min: -2, max: shape[axis]! + 1 });
    return fc
      .array(index, { minLength: count, maxLength: count })
      .map(data => ({ shape, axis, indices: numbers(shape.with(axis, length), data, 'int32') }));
  }),
);

describe('gather', () => {
  it('follows the example of PyTorch’s manual', () => {
    const indices = numbers([2, 2], [0, 0, 1, 0], 'int32');
    expect(run('gather', [counting([2, 2]), indices], { axis: 1 }, { shape: [2, 2] })).toEqual([[1, 1, 4, 3]]);
  });

  it('gives NaN, or 0 in whole numbers, for an index out of range', () => {
    const indices = numbers([3], [-1, 2, 1], 'int32');
    expect(run('gather', [counting([2]), indices], { axis: 0 }, { shape: [3] })).toEqual([[NAN, NAN, 2]]);
    expect(run('gather', [counting([2], 'int32'), indices], { axis: 0 }, { shape: [3] })).toEqual([[0, 0, 2]]);
  });

  it('reads along any axis', () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, indices }) => {
        const x = counting(shape);
        const expected = indicesOf(indices.shape).map(index => {
          const i = at(indices, index);
          return i >= 0 && i < shape[axis]! ? at(x, index.with(axis, i)) : NAN;
        });
        expect(run('gather', [x, indices], { axis }, { shape: indices.shape })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('scatterAdd', () => {
  it('adds up what goes to one place', () => {
    const [x, indices, updates] = [numbers([3], [10, 20, 30]), numbers([4], [1, 1, 0, 1], 'int32'), numbers([4], [1, 2, 3, 4])];
    expect(run('scatterAdd', [x, indices, updates], { axis: 0 }, { shape: [3] })).toEqual([[13, 27, 30]]);
  });

  it('adds along any axis and leaves out what is out of range', () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, indices }) => {
        const x = counting(shape);
        const updates = { ...counting(indices.shape), data: counting(indices.shape).data.map(value => 1000 * value) };
        const expected = indicesOf(shape).map(index => {
          let sum = at(x, index);
          for (const from of indicesOf(indices.shape)) {
            if (from.every((i, k) => (k === axis ? at(indices, from) : i) === index[k])) sum += at(updates, from);
          }
          return sum;
        });
        expect(run('scatterAdd', [x, indices, updates], { axis }, { shape })[0]).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
