/** Reductions, orders and sums along axes: values by hand or by PyTorch, ties, NaN and empty axes. */
import { cpuReference } from '@cnn/backend-cpu';
import { ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { expectClose, float64, gradientOf, valuesOf } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const x = (numbers: Parameters<typeof tensor>[1]): Tensor => float64(backend, numbers);
const int = (numbers: Parameters<typeof tensor>[1]): Tensor => tensor(backend, numbers, { dtype: 'int32' });
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Values and indices of a sort. */
const sorted = (make: () => { values: Tensor; indices: Tensor }): [number[], number[]] =>
  tidy(() => {
    const { values, indices } = make();
    return [Array.from(values.dataSync()), Array.from(indices.dataSync())];
  });

describe('extremes', () => {
  test('NaN wins', () => {
    expect(
      valuesOf(() =>
        ops.max(
          x([
            [1, nan, 3],
            [1, 2, 3],
          ]),
          1,
        ),
      ),
    ).toEqual([nan, 3]);
    expect(
      valuesOf(() =>
        ops.min(
          x([
            [1, nan, 3],
            [1, 2, 3],
          ]),
          1,
        ),
      ),
    ).toEqual([nan, 1]);
    expect(valuesOf(() => ops.argMax(x([1, nan, 3, nan])))).toEqual([1]);
    expect(valuesOf(() => ops.argMin(x([1, nan, 0])))).toEqual([1]);
  });
  test('the first of equals', () => {
    expect(
      valuesOf(() =>
        ops.argMax(
          int([
            [1, 3, 3],
            [2, 2, 2],
          ]),
        ),
      ),
    ).toEqual([1, 0]);
    expect(
      valuesOf(() =>
        ops.argMin(
          int([
            [3, 1, 1],
            [2, 2, 2],
          ]),
        ),
      ),
    ).toEqual([1, 0]);
    expect(
      valuesOf(() =>
        ops.argMax(
          int([
            [1, 3],
            [3, 1],
          ]),
          0,
        ),
      ),
    ).toEqual([1, 0]);
  });
  test('ties share the gradient evenly', () => {
    const input = x([
      [1, 3, 3],
      [2, 2, 2],
    ]);
    expectClose(
      gradientOf(v => ops.max(v, 1), input),
      [0, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3],
    );
    expectClose(
      gradientOf(v => ops.min(v, 1), input),
      [1, 0, 0, 1 / 3, 1 / 3, 1 / 3],
    );
    input.dispose();
  });
  test('infinities', () => {
    expect(valuesOf(() => ops.max(x([-inf, -inf])))).toEqual([-inf]);
    expect(valuesOf(() => ops.min(x([inf, 1])))).toEqual([1]);
  });
});

describe('sums, means and products', () => {
  test('over no elements', () => {
    expect(valuesOf(() => ops.sum(ops.zeros(backend, [2, 0]), 1))).toEqual([0, 0]);
    expect(valuesOf(() => ops.prod(ops.zeros(backend, [2, 0]), 1))).toEqual([1, 1]);
    expect(valuesOf(() => ops.mean(ops.zeros(backend, [2, 0]), 1))).toEqual([nan, nan]);
  });
  test('whole numbers sum to int32, bools are counted', () => {
    expect(valuesOf(() => ops.sum(tensor(backend, [200, 100, 255], { dtype: 'uint8' })))).toEqual([555]);
    expect(valuesOf(() => ops.sum(tensor(backend, [true, false, true], { dtype: 'bool' })))).toEqual([2]);
  });
  test('the variance and its correction', () => {
    // By PyTorch 1.13.
    const input = (): Tensor =>
      x([
        [1, 2, 4, 8],
        [3, 3, 3, 5],
      ]);
    expectClose(
      valuesOf(() => ops.variance(input(), 1, { correction: 0 })),
      [7.1875, 0.75],
    );
    expectClose(
      valuesOf(() => ops.variance(input(), 1)),
      [28.75 / 3, 1],
    );
    expect(valuesOf(() => ops.variance(x([5])))).toEqual([nan]);
    expect(valuesOf(() => ops.variance(x([5, 6]), 0, { correction: 3 }))).toEqual([inf]);
  });
  test('the variance of large numbers close together', () => {
    expectClose(
      valuesOf(() => ops.variance(x([1e9, 1e9 + 1, 1e9 + 2]))),
      [1],
    );
  });
  test('the product and its gradient with one zero, several and none', () => {
    // By PyTorch 1.13.
    const input = x([
      [0, 2, 3],
      [0, 0, 4],
      [1, 2, 3],
    ]);
    expect(valuesOf(() => ops.prod(input, 1))).toEqual([0, 0, 6]);
    expect(gradientOf(v => ops.prod(v, 1), input)).toEqual([6, 0, 0, 0, 0, 0, 6, 3, 2]);
    expect(gradientOf(v => ops.prod(v), input)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    input.dispose();
  });
});

describe('cumsum', () => {
  const row = [1, 2, 3, 4];
  test.each([
    [{}, [1, 3, 6, 10]],
    [{ exclusive: true }, [0, 1, 3, 6]],
    [{ reverse: true }, [10, 9, 7, 4]],
    [{ exclusive: true, reverse: true }, [9, 7, 4, 0]],
  ])('%j', (options, wanted) => {
    expect(valuesOf(() => ops.cumsum(x(row), 0, options))).toEqual(wanted);
  });
  test('along the first axis', () => {
    expect(
      valuesOf(() =>
        ops.cumsum(
          int([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
          0,
        ),
      ),
    ).toEqual([1, 2, 4, 6, 9, 12]);
  });
});

describe('sort and topK', () => {
  test('NaN comes last, or first if descending', () => {
    // By torch.sort(stable=True) of PyTorch 1.13.
    const input = (): Tensor => x([3, nan, 1, 2, nan, -inf]);
    expect(sorted(() => ops.sort(input()))).toEqual([
      [-inf, 1, 2, 3, nan, nan],
      [5, 2, 3, 0, 1, 4],
    ]);
    expect(sorted(() => ops.sort(input(), 0, { descending: true }))).toEqual([
      [nan, nan, 3, 2, 1, -inf],
      [1, 4, 0, 3, 2, 5],
    ]);
    expect(sorted(() => ops.topK(input(), 3))).toEqual([
      [nan, nan, 3],
      [1, 4, 0],
    ]);
  });
  test('equals keep their order, both ways', () => {
    expect(sorted(() => ops.sort(int([2, 1, 2, 1])))).toEqual([
      [1, 1, 2, 2],
      [1, 3, 0, 2],
    ]);
    expect(sorted(() => ops.sort(int([2, 1, 2, 1]), 0, { descending: true }))).toEqual([
      [2, 2, 1, 1],
      [0, 2, 1, 3],
    ]);
  });
  test('topK along an axis, largest and smallest', () => {
    const input = (): Tensor =>
      int([
        [5, 1, 4],
        [2, 9, 3],
      ]);
    expect(sorted(() => ops.topK(input(), 2))).toEqual([
      [5, 4, 9, 3],
      [0, 2, 1, 2],
    ]);
    expect(sorted(() => ops.topK(input(), 2, 1, { largest: false }))).toEqual([
      [1, 4, 2, 3],
      [1, 2, 0, 2],
    ]);
    expect(sorted(() => ops.topK(input(), 1, 0))).toEqual([
      [5, 9, 4],
      [0, 1, 0],
    ]);
  });
  test('the gradient goes back to where the elements came from', () => {
    const input = x([3, 1, 2]);
    expect(gradientOf(v => ops.sort(v).values, input, [10, 20, 30])).toEqual([30, 10, 20]);
    expect(gradientOf(v => ops.topK(v, 2).values, input, [10, 20])).toEqual([10, 0, 20]);
    input.dispose();
  });
});
