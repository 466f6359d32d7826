import { sizeOf } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, i32, type Operand, random, run } from './wasm-helpers.js';

/** log softmax of some numbers, in double. */
function logSoftmaxOf(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const rest = Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return row.map(x => x - top - rest);
}

/** Applies a function to each line of numbers along an axis. */
function along({ shape, data }: Operand, axis: number, f: (line: number[]) => number[]): number[] {
  const inner = sizeOf(shape.slice(axis + 1));
  const n = shape[axis]!;
  const result = new Array<number>(data.length);
  for (let line = 0; line < data.length / n; line++) {
    const start = Math.floor(line / inner) * n * inner + (line % inner);
    const values = f(Array.from({ length: n }, (_, i) => data[start + i * inner]!));
    values.forEach((value, i) => {
      result[start + i * inner] = value;
    });
  }
  return result;
}

describe.each(backends)('softmax, %s', (_, backend) => {
  test.each([
    [[5, 10], 1],
    [[5, 1], 1],
    [[3, 1000], 1],
    [[4, 7], 0],
    [[2, 5, 3, 3], 1],
    [[2, 5, 4, 4], 1],
    [[3, 4, 5], 2],
    [[0, 4], 1],
    [[3, 0], 0],
  ])('%j over axis %i', (shape, axis) => {
    const x = random(shape, 3, 5);
    const [log] = run(backend, 'logSoftmax', [x], { axis }, [{ shape }]);
    expectClose(log!, along(x, axis, logSoftmaxOf), 1e-6, 1e-6);
    const [y] = run(backend, 'softmax', [x], { axis }, [{ shape }]);
    expectClose(
      y!,
      along(x, axis, line => logSoftmaxOf(line).map(Math.exp)),
      2e-6,
    );
  });

  test('huge logits do not overflow', () => {
    const x = f32([2, 3], [1000, 0, -1000, 3e38, -3e38, 3e38]);
    expectClose(run(backend, 'softmax', [x], { axis: 1 }, [x])[0]!, [1, 0, 0, 0.5, 0, 0.5], 1e-6);
    expectClose(
      run(backend, 'logSoftmax', [f32([1, 3], [1000, 0, -1000])], { axis: 1 }, [{ shape: [1, 3] }])[0]!,
      [0, -1000, -2000],
      0,
    );
  });

  const kinds = [
    ['labels', 0],
    ['labels', 0.1],
    ['probabilities', 0],
    ['probabilities', 0.3],
  ] as const;

  describe.each(kinds)('cross-entropy of %s with smoothing %d', (kind, labelSmoothing) => {
    test.each([1, 2, 3, 4, 5, 7, 8, 10, 13, 100])('%i classes', classes => {
      const n = 6;
      const x = random([n, classes], classes, 4);
      const labels = Array.from({ length: n }, (_, i) => (i * 7) % classes);
      // Targets need not sum to 1.
      const weights = random([n, classes], 9).data;
      const targets = Array.from({ length: n }, (_, row) =>
        Array.from({ length: classes }, (_, i) =>
          kind === 'labels' ? Number(labels[row] === i) : Math.abs(weights[row * classes + i]!),
        ),
      );
      const smoothed = targets.map(row => row.map(t => (1 - labelSmoothing) * t + labelSmoothing / classes));
      const rows = targets.map((_, row) => Array.from(x.data).slice(row * classes, (row + 1) * classes));
      const given = kind === 'labels' ? i32([n], labels) : f32([n, classes], targets.flat());

      const expected = rows.map((row, i) => logSoftmaxOf(row).reduce((sum, value, k) => sum - smoothed[i]![k]! * value, 0));
      const [loss] = run(backend, 'softmaxCrossEntropy', [x, given], { labelSmoothing }, [{ shape: [n] }]);
      expectClose(loss!, expected, 2e-6, 1e-6);

      const dy = random([n], 11);
      const gradient = rows.flatMap((row, i) => {
        const mass = smoothed[i]!.reduce((a, b) => a + b, 0);
        return logSoftmaxOf(row).map((value, k) => dy.data[i]! * (Math.exp(value) * mass - smoothed[i]![k]!));
      });
      const [dx] = run(backend, 'softmaxCrossEntropyGrad', [dy, x, given], { labelSmoothing }, [x]);
      expectClose(dx!, gradient, 1e-5, 2e-6 * Math.max(1, classes / 8));
    });
  });

  test('a label out of range gives NaN in its row only', () => {
    const x = random([3, 5]);
    const labels = i32([3], [-1, 2, 5]);
    const [loss] = run(backend, 'softmaxCrossEntropy', [x, labels], { labelSmoothing: 0 }, [{ shape: [3] }]);
    expect(Array.from(loss!, Number.isNaN)).toEqual([true, false, true]);
    const dy = f32([3], [1, 1, 0]);
    const [dx] = run(backend, 'softmaxCrossEntropyGrad', [dy, x, labels], { labelSmoothing: 0.1 }, [x]);
    expect(Array.from(dx!, Number.isNaN)).toEqual(Array.from({ length: 15 }, (_, i) => i < 5 || i >= 10));
  });

  test('a small loss of large logits keeps its digits', () => {
    const x = f32([2, 2], [1000, 995, -995, -1000]);
    const [loss] = run(backend, 'softmaxCrossEntropy', [x, i32([2], [0, 0])], { labelSmoothing: 0 }, [{ shape: [2] }]);
    expectClose(loss!, [Math.log1p(Math.exp(-5)), Math.log1p(Math.exp(-5))], 1e-5);
  });
});
