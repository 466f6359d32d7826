/** Worked examples of a vision course, by the numbers that its slides and notes give. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, it } from 'vitest';

const backend = cpuReference({ poison: true });
const of = (data: Parameters<typeof tensor>[1]): Tensor => tensor(backend, data, { dtype: 'float64' });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

afterEach(() => {
  expect(backend.live()).toBe(0);
});

/** The value of a function and its gradient for each input. */
function differentiate(fn: (...inputs: Tensor[]) => Tensor, ...values: Parameters<typeof tensor>[1][]) {
  return tidy(() => {
    const inputs = values.map(of);
    const { loss, grads } = grad(() => fn(...inputs), inputs);
    return { value: numbers(loss)[0]!, gradients: grads.map(numbers) };
  });
}

const close = (...values: number[]) => values.map(value => expect.closeTo(value, 10));

describe('backpropagation', () => {
  it('goes through (x + y) z: -12 with gradients -4, -4 and 3', () => {
    const { value, gradients } = differentiate((x, y, z) => ops.mul(ops.add(x!, y!), z!), -2, 5, -4);
    expect(value).toBe(-12);
    expect(gradients).toEqual([[-4], [-4], [3]]);
  });

  it('has gates: add hands the gradient on, mul swaps the inputs, max routes it to the larger', () => {
    expect(differentiate((a, b) => ops.add(a!, b!), 3, 4).gradients).toEqual([[1], [1]]);
    expect(differentiate((a, b) => ops.mul(a!, b!), 3, 4).gradients).toEqual([[4], [3]]);
    expect(differentiate((a, b) => ops.maximum(a!, b!), 3, 4).gradients).toEqual([[0], [1]]);
    // 2 (x y + max(z, w)) at x = 3, y = -4, z = 2, w = -1.
    const gates = (x: Tensor, y: Tensor, z: Tensor, w: Tensor) => ops.mul(ops.add(ops.mul(x, y), ops.maximum(z, w)), 2);
    const { value, gradients } = differentiate((x, y, z, w) => gates(x!, y!, z!, w!), 3, -4, 2, -1);
    expect(value).toBe(-20);
    expect(gradients).toEqual([[-8], [6], [2], [0]]);
  });

  it('goes through a neuron: sigmoid of w0 x0 + w1 x1 + w2 at (2, -3, -3) and (-1, -2)', () => {
    const neuron = (w: Tensor, x: Tensor) => ops.sigmoid(ops.sum(ops.mul(w, x)));
    const { value, gradients } = differentiate((w, x) => neuron(w!, x!), [2, -3, -3], [-1, -2, 1]);
    expect(value).toBeCloseTo(0.73, 2);
    // The slides round to (-0.2, -0.39, 0.2) and (0.39, -0.59).
    const slope = (1 / (1 + Math.exp(-1))) * (1 - 1 / (1 + Math.exp(-1)));
    expect(gradients[0]).toEqual(close(-slope, -2 * slope, slope));
    expect(gradients[1]!.slice(0, 2)).toEqual(close(2 * slope, -3 * slope));
    expect(gradients[0]!.map(g => Math.round(100 * g) / 100)).toEqual([-0.2, -0.39, 0.2]);
  });

  it('knows that the slope of the sigmoid is (1 - s) s', () => {
    for (const x of [-3, 0, 0.7]) {
      const { value, gradients } = differentiate(v => ops.sigmoid(v!), x);
      expect(gradients[0]).toEqual(close((1 - value) * value));
    }
  });

  it('goes through |W x|²: gradients 2 q xᵀ and 2 Wᵀ q', () => {
    const squared = (w: Tensor, x: Tensor) => ops.sum(ops.square(ops.matmul(w, x)));
    const weights = [
      [0.1, 0.5],
      [-0.3, 0.8],
    ];
    const { value, gradients } = differentiate((w, x) => squared(w!, x!), weights, [[0.2], [0.4]]);
    expect(value).toBeCloseTo(0.116, 10);
    expect(gradients).toEqual([close(0.088, 0.176, 0.104, 0.208), close(-0.112, 0.636)]);
  });
});

describe('dropout', () => {
  const rate = 0.5;
  const draws = 4000;

  it('keeps the expectation of a neuron: inverted, nothing is to be done at test time', () => {
    tidy(() => {
      const x = of(new Float64Array(draws).fill(3));
      const y = numbers(ops.dropout(x, rate, [1, 2]));
      expect(new Set(y)).toEqual(new Set([0, 6]));
      // The mean of 4,000 draws of 0 or 6 has a standard deviation of 3 / sqrt(4000) = 0.047.
      expect(Math.abs(y.reduce((a, b) => a + b) / draws - 3)).toBeLessThan(4 * 0.047);
    });
  });

  it('is an average over the masks of w1 x + w2 y: half of the output where each is kept half the time', () => {
    const [w1, w2, x, y] = [0.3, -0.7, 2, 5];
    const outputs = [w1 * x + w2 * y, w1 * x, w2 * y, 0];
    expect(outputs.reduce((a, b) => a + b) / 4).toBeCloseTo(0.5 * (w1 * x + w2 * y), 12);
    // The layer divides by what is kept, so the same average over its masks is the whole output.
    tidy(() => {
      const input = of(Array.from({ length: draws }, () => [w1 * x, w2 * y]));
      const mean = numbers(ops.mean(ops.sum(ops.dropout(input, rate, [7, 7]), 1)))[0]!;
      // Its standard deviation is sqrt(0.6² + 3.5²) / sqrt(4000) = 0.056.
      expect(Math.abs(mean - (w1 * x + w2 * y))).toBeLessThan(4 * 0.056);
    });
  });
});

describe('distances and priors', () => {
  it('shows pictures that differ in all ways at one L2 distance', () => {
    const original = [10, 20, 30, 40, 50, 60, 70, 80, 90];
    const brighter = original.map(v => v + 10);
    const occluded = original.map((v, i) => (i === 4 ? v + 30 : v));
    const flickering = original.map((v, i) => v + (i % 2 === 0 ? 10 : -10));
    const distances = [brighter, occluded, flickering].map(picture =>
      tidy(() => numbers(ops.sqrt(ops.sum(ops.square(ops.sub(of(picture), of(original))))))[0]),
    );
    expect(distances).toEqual([30, 30, 30]);
  });

  it('takes L2 regularisation as the most likely weights under a normal prior', () => {
    // One weight, y = w x with noise of variance 1, prior of variance 1/2: w = Σ x y / (Σ x² + 2) = 28 / 16.
    const [x, y] = [
      [1, 2, 3],
      [2, 4, 6],
    ];
    const negativeLogPosterior = (w: Tensor) =>
      ops.add(ops.mul(ops.sum(ops.square(ops.sub(of(y!), ops.mul(of(x!), w)))), 0.5), ops.square(w));
    expect(differentiate(w => negativeLogPosterior(w!), 28 / 16).gradients).toEqual([close(0)]);
    // Without the prior the data's own 2 is.
    const likelihood = (w: Tensor) => ops.sum(ops.square(ops.sub(of(y!), ops.mul(of(x!), w))));
    expect(differentiate(w => likelihood(w!), 2).gradients).toEqual([close(0)]);
  });
});

describe('units', () => {
  it('are leaky by 0.1 or 0.01 below zero', () => {
    for (const slope of [0.1, 0.01]) {
      const { value, gradients } = differentiate(x => ops.leakyRelu(x!, slope), -3);
      expect(value).toBeCloseTo(-3 * slope, 12);
      expect(gradients[0]).toEqual(close(slope));
    }
  });

  it('die: a relu below zero passes no gradient, a leaky one does', () => {
    expect(differentiate(x => ops.relu(x!), -3).gradients).toEqual([[0]]);
    expect(differentiate(x => ops.leakyRelu(x!), -3).gradients[0]![0]).not.toBe(0);
  });
});
