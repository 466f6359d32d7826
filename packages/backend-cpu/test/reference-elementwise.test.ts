import type { BinaryName, UnaryName } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, broadcastShapes, counting, indicesOf, numbers, run } from './reference-helpers.js';

const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;

const unary = (name: UnaryName, xs: readonly number[], dtype: 'float32' | 'float64' | 'int32' | 'bool' = 'float64'): number[] =>
  run(name, [numbers([xs.length], xs, dtype)], {}, { shape: [xs.length], dtype: name === 'isFinite' ? 'bool' : dtype })[0]!;

const compared = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'logicalAnd', 'logicalOr', 'logicalXor'];
const binary = (name: BinaryName, a: number, b: number, dtype: 'float32' | 'float64' | 'int32' | 'bool' = 'float64'): number =>
  run(
    name,
    [numbers([1], [a], dtype), numbers([1], [b], dtype)],
    {},
    { shape: [1], dtype: compared.includes(name) ? 'bool' : dtype },
  )[0]![0]!;

const close = (actual: number, expected: number, relative = 1e-15): void => {
  if (Number.isFinite(expected)) expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
  else expect(actual).toBe(expected);
};

describe('functions of one number', () => {
  // By hand, and from mpmath 1.3 to 17 digits.
  it.each<[UnaryName, number, number]>([
    ['neg', 2.5, -2.5],
    ['abs', -2.5, 2.5],
    ['exp', -1.5, 0.22313016014842982],
    ['exp', -INF, 0],
    ['expm1', 1e-10, 1.00000000005e-10],
    ['expm1', -INF, -1],
    ['log', 10, Math.LN10],
    ['log', 0, -INF],
    ['log', -1, NAN],
    ['log1p', 1e-10, 9.9999999995e-11],
    ['log1p', -1, -INF],
    ['sqrt', 2.25, 1.5],
    ['sqrt', -1, NAN],
    ['rsqrt', 0.25, 2],
    ['rsqrt', 0, INF],
    ['square', -1.5, 2.25],
    ['reciprocal', -4, -0.25],
    ['floor', -1.5, -2],
    ['ceil', 1.2, 2],
    ['sin', 1, 0.8414709848078965],
    ['cos', 1, 0.5403023058681398],
    ['tanh', 0.5, 0.46211715726000974],
    ['tanh', INF, 1],
    ['sigmoid', 0.25, 0.5621765008857981],
    ['sigmoid', -1.5, 0.18242552380635635],
    ['sigmoid', 40, 1],
    ['sigmoid', INF, 1],
    ['sigmoid', -INF, 0],
    ['softplus', -1.5, 0.20141327798275246],
    ['softplus', 0.25, 0.8259394198788436],
    ['softplus', 800, 800],
    ['softplus', INF, INF],
    ['softplus', -INF, 0],
    ['relu', 3, 3],
    ['relu', -3, 0],
    ['relu', INF, INF],
  ])('%s(%d) = %d', (name, x, y) => close(unary(name, [x])[0]!, y));

  it('keeps the small results of sigmoid and softplus, which a naive formula loses', () => {
    close(unary('sigmoid', [-710])[0]!, 4.4762862e-309, 1e-7);
    close(unary('softplus', [-40])[0]!, 4.248354255291589e-18);
  });

  it('rounds halves to even', () => {
    expect(unary('round', [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2.6, -2.6, 1e300])).toEqual([
      0, 2, 2, -0, -2, -2, 0, 3, -3, 1e300,
    ]);
  });

  it('has sign(0) = 0', () => expect(unary('sign', [-2, 0, 3, -INF])).toEqual([-1, 0, 1, -1]));

  it('tells finite numbers', () => expect(unary('isFinite', [1, NAN, INF, -INF, 0])).toEqual([1, 0, 0, 0, 1]));

  it('negates bools', () => expect(unary('logicalNot', [0, 1], 'bool')).toEqual([1, 0]));

  it('passes NaN on', () => {
    const names: UnaryName[] = [
      ...(['neg', 'abs', 'sign', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'rsqrt', 'square', 'reciprocal', 'floor'] as const),
      ...(['ceil', 'round', 'sin', 'cos', 'tanh', 'sigmoid', 'erf', 'softplus', 'relu'] as const),
    ];
    for (const name of names) expect([name, ...unary(name, [NAN])]).toEqual([name, NAN]);
  });

  it('wraps whole numbers around', () => {
    expect(unary('neg', [5, -(2 ** 31)], 'int32')).toEqual([-5, -(2 ** 31)]);
    expect(unary('abs', [-7, -(2 ** 31)], 'int32')).toEqual([7, -(2 ** 31)]);
    // 2147483647² = 2^62 - 2^32 + 1, which a double cannot hold: 1 modulo 2^32.
    expect(unary('square', [3, 46341, 2147483647], 'int32')).toEqual([9, -2147479015, 1]);
    expect(unary('relu', [-7, 7], 'int32')).toEqual([0, 7]);
    expect(unary('sign', [-7, 0, 7], 'int32')).toEqual([-1, 0, 1]);
  });

  it('rounds to float32 once', () => expect(unary('exp', [1], 'float32')).toEqual([Math.fround(Math.E)]));

  it('takes scalars and empty arrays', () => {
    expect(run('neg', [numbers([], [3])], {}, { shape: [] })).toEqual([[-3]]);
    expect(run('neg', [numbers([2, 0], [])], {}, { shape: [2, 0] })).toEqual([[]]);
  });
});

describe('erf', () => {
  // mpmath 1.3 with 30 digits; 0.5, 1, 1.5 and 2 are also in table 7.1 of Abramowitz and Stegun (0.5204998778 and so on).
  it.each([
    [1e-300, 1.1283791670955126e-300],
    [1e-9, 1.1283791670955127e-9],
    [0.1, 0.11246291601828488],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [1.9999999, 0.9953222629522538],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5.5, 0.9999999999999927],
    [7, 1],
    [INF, 1],
  ])('erf(%d) = %d', (x, y) => {
    const [plus, minus] = unary('erf', [x, -x]) as [number, number];
    close(plus, y);
    expect(minus).toBe(-plus);
  });

  it('keeps zero', () => expect(unary('erf', [0, -0])).toEqual([0, -0]));
});

describe('functions of two numbers', () => {
  it.each<[BinaryName, number, number, number]>([
    ['add', 1.5, 2, 3.5],
    ['sub', 1.5, 2, -0.5],
    ['mul', 1.5, 2, 3],
    ['div', 3, 2, 1.5],
    ['div', -1, 0, -INF],
    ['div', 0, 0, NAN],
    ['pow', 2, 10, 1024],
    ['pow', -8, 1 / 3, NAN],
    ['pow', NAN, 0, 1],
    ['pow', 1, NAN, 1],
    ['pow', 1, -INF, 1],
    ['pow', -1, INF, 1],
    ['pow', 0, -1, INF],
    ['maximum', 2, 3, 3],
    ['maximum', NAN, 3, NAN],
    ['maximum', 3, NAN, NAN],
    ['minimum', 2, 3, 2],
    ['minimum', NAN, 3, NAN],
    ['minimum', 3, NAN, NAN],
    ['equal', 2, 2, 1],
    ['equal', NAN, NAN, 0],
    ['notEqual', 2, 2, 0],
    ['notEqual', NAN, NAN, 1],
    ['less', 1, 2, 1],
    ['less', 2, 2, 0],
    ['less', NAN, 2, 0],
    ['lessEqual', 2, 2, 1],
    ['lessEqual', 2, NAN, 0],
    ['greater', 2, 1, 1],
    ['greater', 2, 2, 0],
    ['greater', NAN, 2, 0],
    ['greaterEqual', 2, 2, 1],
    ['greaterEqual', 2, NAN, 0],
  ])('%s(%d, %d) = %d', (name, a, b, y) => expect(binary(name, a, b)).toBe(y));

  it.each<[BinaryName, number[]]>([
    ['logicalAnd', [0, 0, 0, 1]],
    ['logicalOr', [0, 1, 1, 1]],
    ['logicalXor', [0, 1, 1, 0]],
  ])('%s has its truth table', (name, table) => {
    const rows = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const;
    expect(rows.map(([a, b]) => binary(name, a, b, 'bool'))).toEqual(table);
  });

  it('wraps whole numbers around', () => {
    expect(binary('add', 2147483647, 1, 'int32')).toBe(-2147483648);
    expect(binary('sub', -2147483648, 1, 'int32')).toBe(2147483647);
    // 123456789 * 987654321 = 121932631112635269 = 28389652 * 2^32 - 67153019, by hand.
    expect(binary('mul', 123456789, 987654321, 'int32')).toBe(Number(BigInt.asIntN(32, 123456789n * 987654321n)));
  });

  it('rounds to float32 once', () => {
    const [a, b] = [Math.fround(0.1), Math.fround(0.2)];
    expect(binary('add', a, b, 'float32')).toBe(Math.fround(a + b));
  });

  it('broadcasts as NumPy does', () => {
    fc.assert(
      fc.property(broadcastShapes(2), ({ out, shapes: [left, right] }) => {
        const a = counting(left!);
        const b = { ...counting(right!), data: counting(right!).data.map(x => 1000 * x) };
        const expected = indicesOf(out).map(index => at(a, index) - at(b, index));
        expect(run('sub', [a, b], {}, { shape: out })[0]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('select', () => {
  it('picks by condition and never mixes: NaN on the other side stays there', () => {
    const inputs = [numbers([3], [1, 0, 1], 'bool'), numbers([3], [1, NAN, 3]), numbers([3], [NAN, 5, NAN])];
    expect(run('select', inputs, {}, { shape: [3], dtype: 'float64' })).toEqual([[1, 5, 3]]);
  });

  it('broadcasts its three inputs', () => {
    fc.assert(
      fc.property(broadcastShapes(3), fc.infiniteStream(fc.boolean()), ({ out, shapes: [first, second, third] }, bits) => {
        const condition = numbers(
          first!,
          counting(first!).data.map(() => Number(bits.next().value)),
          'bool',
        );
        const a = counting(second!, 'int32');
        const b = { ...counting(third!, 'int32'), data: counting(third!).data.map(x => -x) };
        const expected = indicesOf(out).map(index => (at(condition, index) ? at(a, index) : at(b, index)));
        expect(run('select', [condition, a, b], {}, { shape: out, dtype: 'int32' })[0]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
