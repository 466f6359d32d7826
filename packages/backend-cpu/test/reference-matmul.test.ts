import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, indicesOf, type Numbers, numbers, run } from './reference-helpers.js';

const plain = { transposeA: false, transposeB: false };

describe('matmul', () => {
  it('multiplies by hand', () => {
    const [a, b] = [numbers([2, 3], [1, 2, 3, 4, 5, 6]), numbers([3, 2], [7, 8, 9, 10, 11, 12])];
    expect(run('matmul', [a, b], plain, { shape: [2, 2] })).toEqual([[58, 64, 139, 154]]);
  });

  it('gives zeros where the inner size is 0, and nothing where there are no rows', () => {
    expect(run('matmul', [numbers([2, 0], []), numbers([0, 2], [])], plain, { shape: [2, 2] })).toEqual([[0, 0, 0, 0]]);
    expect(run('matmul', [numbers([0, 2], []), numbers([2, 1], [1, 2])], plain, { shape: [0, 1] })).toEqual([[]]);
    expect(run('matmul', [numbers([0, 1, 2], []), numbers([2, 1], [1, 2])], plain, { shape: [0, 1, 1] })).toEqual([[]]);
  });

  it('passes NaN and infinity on, also beside a 0', () => {
    const [a, b] = [numbers([1, 2], [0, 1]), numbers([2, 2], [Number.NaN, Infinity, 1, 1])];
    expect(run('matmul', [a, b], plain, { shape: [1, 2] })).toEqual([[Number.NaN, Number.NaN]]);
  });

  it('sums float32 in double', () => {
    // 2^24 + 1 - 2^24: float32 loses the 1.
    const [a, b] = [numbers([1, 3], [2 ** 24, 1, -(2 ** 24)], 'float32'), numbers([3, 1], [1, 1, 1], 'float32')];
    expect(run('matmul', [a, b], plain, { shape: [1, 1] })).toEqual([[1]]);
  });

  it('wraps int32 around', () => {
    const [a, b] = [123456789, -987654321];
    const expected = Number(BigInt.asIntN(32, BigInt(a) * BigInt(a) + BigInt(b) * BigInt(a)));
    for (const transposeB of [false, true]) {
      const inputs = [numbers([1, 2], [a, b], 'int32'), numbers(transposeB ? [1, 2] : [2, 1], [a, a], 'int32')];
      expect(run('matmul', inputs, { transposeA: false, transposeB }, { shape: [1, 1] })).toEqual([[expected]]);
    }
  });

  it('takes transposed operands and broadcasts leading axes', () => {
    const size = fc.integer({ min: 0, max: 4 });
    const axis = fc.record({ full: fc.integer({ min: 0, max: 3 }), oneA: fc.boolean(), oneB: fc.boolean() });
    const cases = fc.record({
      m: size,
      k: size,
      n: size,
      axes: fc.array(axis, { maxLength: 2 }),
      /** How many leading axes b lacks. */
      missing: fc.nat(2),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ m, k, n, axes, missing, transposeA, transposeB }) => {
        const leadA = axes.map(({ full, oneA }) => (oneA ? 1 : full));
        const leadB = axes.map(({ full, oneB }, i) => (oneB || i < missing ? 1 : full));
        const lead = leadA.map((length, i) => (length === 1 ? leadB[i]! : length));
        const swapped = (list: number[], yes: boolean) => (yes ? [...list.slice(0, -2), list.at(-1)!, list.at(-2)!] : list);
        // Whole numbers, so that the order of a sum does not matter, that differ from place to place.
        const make = (shape: number[], factor: number): Numbers =>
          numbers(
            shape,
            indicesOf(shape).map((_, i) => ((i * factor) % 101) - 50),
          );
        const a = make(swapped([...leadA, m, k], transposeA), 31);
        const b = make(swapped([...leadB.slice(missing), k, n], transposeB), 17);
        const expected = indicesOf([...lead, m, n]).map(index => {
          const batch = index.slice(0, -2);
          const [i, j] = index.slice(-2) as [number, number];
          let sum = 0;
          for (let p = 0; p < k; p++) {
            sum += at(a, swapped([...batch, i, p], transposeA)) * at(b, swapped([...batch, p, j], transposeB));
          }
          return sum;
        });
        expect(run('matmul', [a, b], { transposeA, transposeB }, { shape: [...lead, m, n] })[0]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
