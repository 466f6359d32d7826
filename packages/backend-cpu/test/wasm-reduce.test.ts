import { type ReduceName, type Shape, sizeOf } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, type Operand, random, run } from './wasm-helpers.js';

const functions: Record<ReduceName, { start: number; f: (a: number, b: number) => number }> = {
  sum: { start: 0, f: (a, b) => a + b },
  max: { start: Number.NEGATIVE_INFINITY, f: Math.max },
  min: { start: Number.POSITIVE_INFINITY, f: Math.min },
};

/** Element by element, in double. */
function reduced({ shape, data }: Operand, axes: readonly number[], name: ReduceName): { shape: number[]; data: number[] } {
  const { start, f } = functions[name];
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const results = new Array<number>(sizeOf(kept)).fill(start);
  for (let flat = 0; flat < data.length; flat++) {
    let at = 0;
    for (let axis = shape.length - 1, rest = flat, step = 1; axis >= 0; axis--) {
      if (kept[axis] !== 1) at += (rest % shape[axis]!) * step;
      rest = Math.floor(rest / shape[axis]!);
      step *= kept[axis]!;
    }
    results[at] = f(results[at]!, data[flat]!);
  }
  return { shape: kept, data: results };
}

const cases: [shape: Shape, axes: number[]][] = [
  [[], []],
  [[5], [0]],
  [[5], []],
  [[7, 13], [1]],
  [[7, 13], [0]],
  [
    [7, 13],
    [0, 1],
  ],
  [
    [3, 5, 7, 11],
    [0, 2, 3],
  ],
  [[3, 5, 7, 11], [1]],
  [
    [3, 5, 7, 11],
    [0, 2],
  ],
  [
    [3, 5, 7, 11],
    [2, 3],
  ],
  [
    [3, 5, 7, 11],
    [0, 1, 2],
  ],
  [
    [3, 5, 1, 6],
    [1, 3],
  ],
  [
    [2, 3, 2, 3, 5],
    [1, 3],
  ],
  [[129, 6], [0]],
  [[200, 1], [0]],
];

describe.each(backends)('reductions, %s', (_, backend) => {
  test.each(['sum', 'max', 'min'] as const)('%s over leading, trailing, middle and several axes', name => {
    for (const [shape, axes] of cases) {
      const x = random(shape, 7);
      const expected = reduced(x, axes, name);
      const [y] = run(backend, name, [x], { axes }, [expected]);
      expectClose(y!, expected.data, name === 'sum' ? 1e-6 : 0, name === 'sum' ? 1e-5 : 0);
    }
  });

  test.each(Array.from({ length: 36 }, (_, n) => n + 1))('rows and columns of %i', n => {
    for (const [shape, axes] of [
      [[3, n], [1]],
      [[5, n], [0]],
      [[n, 3], [0]],
    ] as const) {
      const x = random(shape, n);
      for (const name of ['sum', 'max', 'min'] as const) {
        const expected = reduced(x, axes, name);
        expectClose(run(backend, name, [x], { axes }, [expected])[0]!, expected.data, 1e-6, 1e-5);
      }
    }
  });

  test('the sum over an empty axis is 0', () => {
    expect([...run(backend, 'sum', [f32([0, 5], [])], { axes: [0] }, [{ shape: [1, 5] }])[0]!]).toEqual([0, 0, 0, 0, 0]);
    expect([...run(backend, 'sum', [f32([2, 0], [])], { axes: [1] }, [{ shape: [2, 1] }])[0]!]).toEqual([0, 0]);
  });

  test('millions of elements keep all digits', () => {
    const n = 1 << 21;
    const tenth = Math.fround(0.1);
    const x = f32([n], new Float32Array(n).fill(tenth));
    for (const shape of [
      [1, n],
      [n, 1],
      [n / 2, 2],
      [n / 8, 1, 8],
    ]) {
      const last = shape.length - 1;
      const axes = shape[0] === 1 ? [1] : [0];
      const expected = shape[0] === 1 || shape[last] === 1 ? n * tenth : (n * tenth) / shape[last]!;
      const [y] = run(backend, 'sum', [{ ...x, shape }], { axes }, [
        { shape: shape.map((size, i) => (axes.includes(i) ? 1 : size)) },
      ]);
      expectClose(y!, new Float64Array(y!.length).fill(expected), 1e-6);
    }
  });

  test('NaN goes through max and min wherever it lies', () => {
    for (let at = 0; at < 11; at++) {
      const data = Float32Array.from({ length: 11 }, (_, i) => (i === at ? Number.NaN : i));
      for (const name of ['max', 'min'] as const) {
        for (const [shape, axis] of [
          [[1, 11], 1],
          [[11, 1], 0],
        ] as const) {
          expect([...run(backend, name, [f32(shape, data)], { axes: [axis] }, [{ shape: [1, 1] }])[0]!]).toEqual([Number.NaN]);
        }
        const [columns] = run(backend, name, [f32([2, 11], [...data, ...data])], { axes: [0] }, [{ shape: [1, 11] }]);
        expect([...columns!]).toEqual([...data]);
      }
    }
  });

  test('argMax and argMin give the first of equals, and the first NaN before all numbers', () => {
    const rows = [
      [1, 5, 2, 5, -1],
      [-3, -3, -4, -4, -3],
      [2, Number.NaN, 9, Number.NaN, -9],
      [Number.NaN, 1, 2, 3, 4],
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ];
    const x = f32([5, 5], rows.flat());
    const outputs = [{ shape: [5, 1], dtype: 'int32' as const }];
    expect([...run(backend, 'argMax', [x], { axis: 1 }, outputs)[0]!]).toEqual([1, 0, 1, 0, 3]);
    expect([...run(backend, 'argMin', [x], { axis: 1 }, outputs)[0]!]).toEqual([4, 2, 1, 0, 0]);
  });
});
