/** Moving elements about, and reading and adding at indices: values by hand, and against plain arrays. */
import { cpuReference } from '@cnn/backend-cpu';
import { ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { float64, gradientOf, valuesOf } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const int = (numbers: Parameters<typeof tensor>[1]): Tensor => tensor(backend, numbers, { dtype: 'int32' });
const { NaN: nan } = Number;
/** 0, 1, 2, … in some shape. */
const count = (...shape: number[]): Tensor =>
  ops.reshape(
    ops.arange(
      backend,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );

describe('slice', () => {
  // What NumPy gives for np.arange(6)[start:stop:step].
  test.each([
    [
      [1, 4],
      [1, 2, 3],
    ],
    [
      [-2, 99],
      [4, 5],
    ],
    [
      [-99, 2],
      [0, 1],
    ],
    [
      [0, 6, 4],
      [0, 4],
    ],
    [
      [1, 6, 2],
      [1, 3, 5],
    ],
    [[4, 1], []],
    [
      [5, 1, -1],
      [5, 4, 3, 2],
    ],
    [
      [5, -99, -2],
      [5, 3, 1],
    ],
    [
      [-1, -7, -1],
      [5, 4, 3, 2, 1, 0],
    ],
    [
      [-2, -5, -2],
      [4, 2],
    ],
    [
      [99, 3, -1],
      [5, 4],
    ],
    [[1, 4, -1], []],
    [[-99, 99, -1], []],
    [
      [0, Number.POSITIVE_INFINITY],
      [0, 1, 2, 3, 4, 5],
    ],
  ] as const)('[%j] of 0 to 5', (range, wanted) => {
    expect(valuesOf(() => ops.slice(count(6), [range as [number, number]]))).toEqual(wanted);
  });

  test('two axes, one of them backwards', () => {
    expect(
      valuesOf(() =>
        ops.slice(count(3, 4), [
          [2, 0, -1],
          [1, 4, 2],
        ]),
      ),
    ).toEqual([9, 11, 5, 7]);
  });

  test('agrees with walking over indices', () => {
    const place = fc.integer({ min: -8, max: 8 });
    const step = fc.integer({ min: -3, max: 3 }).filter(n => n !== 0);
    fc.assert(
      fc.property(fc.nat(7), place, place, step, (n, start, stop, step) => {
        const clamp = (i: number, low: number, high: number): number => Math.min(Math.max(i < 0 ? i + n : i, low), high);
        const wanted: number[] = [];
        if (step > 0) for (let i = clamp(start, 0, n); i < clamp(stop, 0, n); i += step) wanted.push(i);
        else for (let i = clamp(start, -1, n - 1); i > clamp(stop, -1, n - 1); i += step) wanted.push(i);
        expect(valuesOf(() => ops.slice(count(n), [[start, stop, step]]))).toEqual(wanted);
        if (step === 1) expect(wanted).toEqual(Array.from({ length: n }, (_, i) => i).slice(start, stop));
      }),
    );
  });
});

describe('pad', () => {
  // By torch.nn.functional.pad of PyTorch 1.13 for [[-5, 2, -2, 5], [1, -3, 4, 0], [-4, 3, -1, -5]].
  const image = (): Tensor =>
    int([
      [-5, 2, -2, 5],
      [1, -3, 4, 0],
      [-4, 3, -1, -5],
    ]);
  test.each([
    [
      'reflect',
      [
        3, -4, 3, -1, -5, -1, 3, -3, 1, -3, 4, 0, 4, -3, 2, -5, 2, -2, 5, -2, 2, -3, 1, -3, 4, 0, 4, -3, 3, -4, 3, -1, -5, -1, 3,
        -3, 1, -3, 4, 0, 4, -3,
      ],
    ],
    [
      'replicate',
      [
        -5, -5, 2, -2, 5, 5, 5, -5, -5, 2, -2, 5, 5, 5, -5, -5, 2, -2, 5, 5, 5, 1, 1, -3, 4, 0, 0, 0, -4, -4, 3, -1, -5, -5, -5,
        -4, -4, 3, -1, -5, -5, -5,
      ],
    ],
    [
      'circular',
      [
        0, 1, -3, 4, 0, 1, -3, -5, -4, 3, -1, -5, -4, 3, 5, -5, 2, -2, 5, -5, 2, 0, 1, -3, 4, 0, 1, -3, -5, -4, 3, -1, -5, -4, 3,
        5, -5, 2, -2, 5, -5, 2,
      ],
    ],
  ] as const)('%s', (mode, wanted) => {
    expect(
      valuesOf(() =>
        ops.pad(
          image(),
          [
            [2, 1],
            [1, 2],
          ],
          { mode },
        ),
      ),
    ).toEqual(wanted);
  });
  test('constant, and fewer pairs than axes', () => {
    expect(
      valuesOf(() =>
        ops.pad(
          int([
            [1, 2],
            [3, 4],
          ]),
          [[1, 0]],
          { value: 9 },
        ),
      ),
    ).toEqual([9, 1, 2, 9, 3, 4]);
    expect(
      valuesOf(() =>
        ops.pad(int([[1], [2]]), [
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toEqual([0, 1, 0, 2, 0, 0]);
  });
  test('a mirror of one pixel repeats nothing, a circle goes once around', () => {
    expect(valuesOf(() => ops.pad(int([1, 2, 3]), [[2, 2]], { mode: 'reflect' }))).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(valuesOf(() => ops.pad(int([1, 2, 3]), [[3, 3]], { mode: 'circular' }))).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });
  test('pad and slice undo each other', () => {
    const amount = fc.nat(3);
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), amount, amount, amount, amount, (h, w, a, b, c, d) => {
        const back = valuesOf(() =>
          ops.slice(
            ops.pad(
              count(h, w),
              [
                [a, b],
                [c, d],
              ],
              { value: 7 },
            ),
            [
              [a, a + h],
              [c, c + w],
            ],
          ),
        );
        expect(back).toEqual(valuesOf(() => count(h, w)));
      }),
    );
  });
});

describe('joining, cutting, repeating', () => {
  test('concat, stack and split', () => {
    expect(
      valuesOf(() =>
        ops.concat([
          int([[1, 2]]),
          int([
            [3, 4],
            [5, 6],
          ]),
        ]),
      ),
    ).toEqual([1, 2, 3, 4, 5, 6]);
    expect(
      valuesOf(() =>
        ops.concat(
          [
            int([[1], [2]]),
            int([
              [3, 4],
              [5, 6],
            ]),
          ],
          1,
        ),
      ),
    ).toEqual([1, 3, 4, 2, 5, 6]);
    expect(valuesOf(() => ops.stack([int([1, 2]), int([3, 4])]))).toEqual([1, 2, 3, 4]);
    expect(valuesOf(() => ops.stack([int([1, 2]), int([3, 4])], 1))).toEqual([1, 3, 2, 4]);
    const parts = tidy(() => ops.split(count(2, 4), [1, 3], 1).map(part => [part.shape, Array.from(part.dataSync())]));
    expect(parts).toEqual([
      [
        [2, 1],
        [0, 4],
      ],
      [
        [2, 3],
        [1, 2, 3, 5, 6, 7],
      ],
    ]);
    expect(tidy(() => ops.split(count(4), 2).map(part => Array.from(part.dataSync())))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
  test('split and concat undo each other', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), fc.nat(3), (sizes, other) => {
        const n = sizes.reduce((a, b) => a + b, 0);
        expect(valuesOf(() => ops.concat(ops.split(count(other, n), sizes, 1), 1))).toEqual(valuesOf(() => count(other, n)));
      }),
    );
  });
  test('tile', () => {
    expect(
      valuesOf(() =>
        ops.tile(
          int([
            [1, 2],
            [3, 4],
          ]),
          [2, 2],
        ),
      ),
    ).toEqual([1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4]);
    expect(valuesOf(() => ops.tile(int([1, 2]), [3]))).toEqual([1, 2, 1, 2, 1, 2]);
  });
  test('flip, permute and transpose', () => {
    expect(valuesOf(() => ops.flip(count(2, 3)))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(valuesOf(() => ops.flip(count(2, 3), 0))).toEqual([3, 4, 5, 0, 1, 2]);
    expect(valuesOf(() => ops.transpose(count(2, 3)))).toEqual([0, 3, 1, 4, 2, 5]);
    // [i, j, k] of the result is [j, k, i] of 0 to 11 in [2, 3, 2].
    expect(valuesOf(() => ops.permute(count(2, 3, 2), [2, 0, 1]))).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  });
  test('permuting back gives the tensor again', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    fc.assert(
      fc.property(order, fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)), (order, shape) => {
        const back = order.map((_, axis) => order.indexOf(axis));
        expect(valuesOf(() => ops.permute(ops.permute(count(...shape), order), back))).toEqual(valuesOf(() => count(...shape)));
      }),
    );
  });
  test('broadcastTo repeats as indexing modulo the size', () => {
    const axis = fc.record({ size: fc.nat(3), one: fc.boolean() });
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 3 }), fc.nat(2), (axes, missing) => {
        const to = axes.map(({ size }) => size);
        const from = axes.map(({ size, one }) => (one ? 1 : size)).slice(Math.min(missing, axes.length));
        const wanted: number[] = [];
        const walk = (prefix: number[]): void => {
          if (prefix.length < to.length) {
            for (let i = 0; i < to[prefix.length]!; i++) walk([...prefix, i]);
            return;
          }
          const inner = prefix.slice(to.length - from.length);
          wanted.push(inner.reduce((at, i, k) => at * from[k]! + (i % from[k]!), 0));
        };
        walk([]);
        expect(valuesOf(() => ops.broadcastTo(count(...from), to))).toEqual(wanted);
      }),
    );
  });
});

describe('indices', () => {
  test('gather and scatterAdd as in PyTorch', () => {
    const table = (): Tensor =>
      int([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    expect(valuesOf(() => ops.gather(table(), int([[2, 0]]), 0))).toEqual([5, 2]);
    expect(valuesOf(() => ops.gather(table(), int([[1], [0], [1]]), 1))).toEqual([2, 3, 6]);
    expect(
      valuesOf(() =>
        ops.scatterAdd(
          table(),
          int([
            [2, 0],
            [2, 0],
          ]),
          int([
            [10, 20],
            [30, 40],
          ]),
          0,
        ),
      ),
    ).toEqual([1, 62, 3, 4, 45, 6]);
  });
  test('an index out of range reads NaN, or 0 in whole numbers, and writes nowhere', () => {
    const x = float64(backend, [1, 2, 3]);
    const indices = int([-1, 0, 3, 2]);
    expect(valuesOf(() => ops.gather(x, indices, 0))).toEqual([nan, 1, nan, 3]);
    expect(valuesOf(() => ops.gather(int([1, 2, 3]), indices, 0))).toEqual([0, 1, 0, 3]);
    expect(valuesOf(() => ops.scatterAdd(x, indices, float64(backend, [10, 20, 30, 40]), 0))).toEqual([21, 2, 43]);
    expect(gradientOf(v => ops.gather(v, indices, 0), x)).toEqual([1, 0, 1]);
    const updates = float64(backend, [10, 20, 30, 40]);
    expect(gradientOf(v => ops.scatterAdd(x, indices, v, 0), updates)).toEqual([0, 1, 0, 1]);
    for (const each of [x, indices, updates]) each.dispose();
  });
  test('scatterAdd is the transpose of gather: <gather(x), y> = <x, scatterAdd(0, y)>', () => {
    const number = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 6 }), fc.array(fc.tuple(fc.nat(5), number)), (x, picks) => {
        const indices = (): Tensor => int(picks.map(([i]) => i % x.length));
        const y = picks.map(([, value]) => value);
        const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * b[i]!, 0);
        const gathered = valuesOf(() => ops.gather(int(x), indices(), 0));
        const scattered = valuesOf(() => ops.scatterAdd(ops.zeros(backend, [x.length], 'int32'), indices(), int(y), 0));
        expect(dot(gathered, y)).toBe(dot(x, scattered));
      }),
    );
  });
  test('take reads whole slices', () => {
    expect(valuesOf(() => ops.take(count(3, 2), int([2, 0, 2])))).toEqual([4, 5, 0, 1, 4, 5]);
    expect(valuesOf(() => ops.take(count(2, 3), int([2, 0]), 1))).toEqual([2, 0, 5, 3]);
  });
  test('oneHot; a label out of range gives zeros', () => {
    expect(valuesOf(() => ops.oneHot(int([1, 0, -1, 3]), 3))).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(tidy(() => ops.oneHot(int([[1, 0]]), 3).shape)).toEqual([1, 2, 3]);
  });
  test('arange', () => {
    expect(valuesOf(() => ops.arange(backend, 4))).toEqual([0, 1, 2, 3]);
    expect(valuesOf(() => ops.arange(backend, 3, { start: 5, step: -2 }))).toEqual([5, 3, 1]);
    expect(valuesOf(() => ops.arange(backend, 3, { step: 0.5, dtype: 'float64' }))).toEqual([0, 0.5, 1]);
  });
});
