import { type BinaryName, sizeOf, type UnaryName } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, type Operand, random, run } from './wasm-helpers.js';

const unary: Partial<Record<UnaryName, (x: number) => number>> = {
  neg: x => -x,
  abs: Math.abs,
  square: x => x * x,
  sqrt: Math.sqrt,
  rsqrt: x => 1 / Math.sqrt(x),
  reciprocal: x => 1 / x,
  floor: Math.floor,
  ceil: Math.ceil,
  relu: x => (Number.isNaN(x) ? x : Math.max(x, 0)),
  exp: Math.exp,
  log: Math.log,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

const specials = [
  0,
  -0,
  1,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  2 ** -149,
  -(2 ** -149),
  1.5 * 2 ** -127,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  88.7,
  88.8,
  -87.3,
  -88.5,
  -103.9,
  -104.1,
  0.625,
  -0.625,
  0.6249999,
  1e-8,
  -1e-8,
  Math.SQRT1_2,
  0.5,
  2.5,
  -2.5,
];

/** float32 numbers of every magnitude: all exponents with several mantissas, both signs, and the special ones. */
const everything = Float32Array.from([
  ...specials,
  ...Array.from(
    { length: 254 * 12 },
    (_, i) => (i % 2 ? -1 : 1) * 2 ** (Math.floor(i / 12) - 126) * (1 + ((i * 7919) % 1009) / 1009),
  ),
]);

/** The distance to the next float32 above |x|. */
function ulp(x: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(x))));
  return 2 ** (exponent - 23);
}

describe.each(backends)('unary, %s', (_, backend) => {
  test.each(Object.entries(unary))('%s is right to 2 units in the last place, of every magnitude', (name, f) => {
    const [y] = run(backend, name as UnaryName, [f32([everything.length], everything)], {}, [{ shape: [everything.length] }]);
    everything.forEach((x, i) => {
      const expected = f(x);
      const actual = y![i]!;
      if (Object.is(Math.fround(expected), actual)) return;
      const error = Math.abs(actual - expected) / ulp(expected);
      if (!(error <= 2)) expect.fail(`${name}(${x}) is ${actual}, expected ${expected}: ${error} ulp`);
    });
  });

  test('rounds half to even', () => {
    const [y] = run(backend, 'round', [f32([7], [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 1e9])], {}, [{ shape: [7] }]);
    expect([...y!]).toEqual([0, 2, 2, -0, -2, 2, 1e9]);
  });

  test.each(Array.from({ length: 18 }, (_, n) => n))('writes all of %i elements', n => {
    const x = random([n]);
    const [y] = run(backend, 'exp', [x], {}, [{ shape: [n] }]);
    expectClose(y!, Array.from(x.data, Math.exp), 3e-7);
  });

  test('an element has the same bits wherever it lies', () => {
    const x = random([19], 5);
    for (const name of ['exp', 'tanh', 'sigmoid', 'log'] as const) {
      const [whole] = run(backend, name, [x], {}, [{ shape: [19] }]);
      Array.from(x.data).forEach((value, i) => {
        expect(run(backend, name, [f32([1], [value])], {}, [{ shape: [1] }])[0]![0]).toBe(whole![i]);
      });
    }
  });
});

const binary: Partial<Record<BinaryName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
};

/** The element at an index, aligned at the end; an axis of size 1 repeats. */
function at({ shape, data }: Operand, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[own.reduce((flat, i, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!;
}

function broadcast(a: Operand, b: Operand, f: (a: number, b: number) => number): { shape: number[]; data: number[] } {
  const rank = Math.max(a.shape.length, b.shape.length);
  const size = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) =>
    size(a.shape, axis) === 1 ? size(b.shape, axis) : size(a.shape, axis),
  );
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index: number[] = [];
    for (let axis = rank - 1, rest = flat; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return Math.fround(f(at(a, index), at(b, index)));
  });
  return { shape, data };
}

describe.each(backends)('binary, %s', (_, backend) => {
  const entries = Object.entries(binary) as [BinaryName, (a: number, b: number) => number][];
  const check = (name: BinaryName, f: (a: number, b: number) => number, a: Operand, b: Operand) => {
    const { shape, data } = broadcast(a, b, f);
    const [y] = run(backend, name, [a, b], {}, [{ shape }]);
    expect([...y!]).toEqual(data);
  };

  const shapes: [number[], number[]][] = [
    [
      [7, 13],
      [7, 13],
    ],
    [[7, 13], []],
    [[1], [5, 3]],
    [[6, 10], [10]],
    [
      [6, 10],
      [6, 1],
    ],
    [
      [6, 1],
      [1, 10],
    ],
    [
      [3, 5, 4, 6],
      [5, 1, 1],
    ],
    [
      [1, 5, 1, 1],
      [3, 5, 7, 2],
    ],
    [
      [3, 5, 4, 6],
      [3, 1, 4, 6],
    ],
    [
      [2, 3, 2, 3, 5],
      [3, 1, 3, 1],
    ],
    [[0, 4], [4]],
  ];
  test.each(entries)('%s with scalars, rows, columns and channels', (name, f) => {
    for (const [a, b] of shapes) {
      check(name, f, random(a, 3), random(b, 4));
      check(name, f, random(b, 4), random(a, 3));
    }
  });

  test('any broadcast', () => {
    const pair = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom('both', 'a', 'b')), { maxLength: 5 });
    fc.assert(
      fc.property(pair, fc.nat(3), (axes, drop) => {
        const a = axes.map(([n, who]) => (who === 'b' ? 1 : n));
        const b = axes.map(([n, who]) => (who === 'a' ? 1 : n));
        const cut = Math.min(drop, b.findIndex(n => n !== 1) === -1 ? b.length : b.findIndex(n => n !== 1));
        check('sub', (x, y) => x - y, random(a, 1), random(b.slice(cut), 2));
      }),
      { numRuns: 100 },
    );
  });

  test('NaN goes through maximum and minimum', () => {
    const a = f32([6], [Number.NaN, 1, -0, 0, Number.POSITIVE_INFINITY, 2]);
    const b = f32([6], [1, Number.NaN, 0, -0, 5, 2]);
    expect([...run(backend, 'maximum', [a, b], {}, [{ shape: [6] }])[0]!]).toEqual([
      Number.NaN,
      Number.NaN,
      0,
      0,
      Number.POSITIVE_INFINITY,
      2,
    ]);
    expect([...run(backend, 'minimum', [a, b], {}, [{ shape: [6] }])[0]!]).toEqual([Number.NaN, Number.NaN, -0, -0, 5, 2]);
  });

  test('reluGrad passes dy where y is above 0', () => {
    const y = f32([9], [1, 0, -1, -0, Number.NaN, 2, 1e-40, 0, 3]);
    const dy = f32([9], [1, 2, 3, 4, 5, Number.NaN, 7, Number.NaN, -9]);
    expect([...run(backend, 'reluGrad', [y, dy], {}, [{ shape: [9] }])[0]!]).toEqual([1, 0, 0, 0, 0, Number.NaN, 7, 0, -9]);
  });
});
