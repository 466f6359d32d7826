/** Worked examples of a vision course, by the numbers that its slides and notes give. */
import { cpu, cpuReference } from '@cnn/backend-cpu';
import { digits, loader, normalise, statistics, toFloat } from '@cnn/data';
import { batchNorm, conv2d, dropout, flatten, initialise, type Layer, linear, losses, relu, sequential, tanh } from '@cnn/layers';
import { sgd } from '@cnn/optim';
import { grad, ops, randomKey, randomNormal, type Tensor, tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, it } from 'vitest';
import { type Callback, fit } from '../src/index.js';

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

const draws = 4000;

describe('dropout', () => {
  const rate = 0.5;

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

describe('dropout at test time', () => {
  it('is left alone where training divided by what was kept, and scaled by it where training did not', () => {
    const [rate, value] = [0.25, 3];
    const net = initialise(dropout({ rate }), { backend, input: [draws], dtype: 'float64', seed: 1 });
    tidy(() => {
      const x = of([Array(draws).fill(value)]);
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
      // Four deviations of the mean of as many draws of 0 or 1, times the value.
      const stray = 4 * Math.sqrt((rate * (1 - rate)) / draws) * value;

      const trained = numbers(net.apply(x, { training: true, step: 0 }));
      const tested = numbers(net.apply(x));
      expect(new Set(trained)).toEqual(new Set([0, value / (1 - rate)]));
      expect(new Set(tested)).toEqual(new Set([value]));
      expect(Math.abs(mean(trained) - value)).toBeLessThan(stray / (1 - rate));

      // The original scheme drops by the same masks and divides nothing; its mean is what test time must scale to.
      const dropped = trained.map(kept => (kept === 0 ? 0 : value));
      expect(Math.abs(mean(dropped) - (1 - rate) * mean(tested))).toBeLessThan(stray);
    });
    net.dispose();
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

describe('convolution', () => {
  it('of a layer does not flip: with a flipped kernel it is the convolution of mathematics', () => {
    // numpy.convolve([1, 2, 3], [0, 1, 0.5]) is [0, 1, 2.5, 4, 1.5].
    tidy(() => {
      const x = ops.reshape(of([1, 2, 3]), [1, 1, 3]);
      const kernel = (values: number[]) => ops.reshape(of(values), [1, 1, 3]);
      expect(numbers(ops.conv1d(x, kernel([0.5, 1, 0]), undefined, { padding: 2 }))).toEqual([0, 1, 2.5, 4, 1.5]);
      // As it is given, it is numpy.correlate(x, kernel, 'full').
      expect(numbers(ops.conv1d(x, kernel([0, 1, 0.5]), undefined, { padding: 2 }))).toEqual([0.5, 2, 3.5, 3, 0]);
    });
  });
});

describe('max pooling under a shift of one pixel', () => {
  const pooled = (row: number[], stride: number) =>
    tidy(() => numbers(ops.maxPool2d(ops.reshape(of(row), [1, 1, 1, row.length]), [1, 2], { stride: [1, stride] })));

  it('keeps some patterns and changes every output of others, at stride 2', () => {
    // A bump that stays in its window: nothing changes.
    expect(pooled([0, 0, 9, 0, 0, 0], 2)).toEqual([0, 9, 0]);
    expect(pooled([0, 0, 0, 9, 0, 0], 2)).toEqual([0, 9, 0]);
    // One step further it is in the next.
    expect(pooled([0, 0, 0, 0, 9, 0], 2)).toEqual([0, 0, 9]);
    // Pairs that were apart are together: all outputs change.
    expect(pooled([0, 0, 1, 1, 0, 0, 1, 1], 2)).toEqual([0, 1, 0, 1]);
    expect(pooled([1, 0, 0, 1, 1, 0, 0, 1], 2)).toEqual([1, 1, 1, 1]);
  });

  it('moves with the picture at stride 1: equivariant, not invariant', () => {
    expect(pooled([0, 0, 1, 3, 2, 0, 0], 1)).toEqual([0, 1, 3, 3, 2, 0]);
    expect(pooled([0, 0, 0, 1, 3, 2, 0], 1)).toEqual([0, 0, 1, 3, 3, 2]);
  });
});

describe('normalisation before relu', () => {
  const net = (layers: readonly Layer[]) => initialise(sequential(layers), { backend, input: [3], dtype: 'float64' });
  // Three units whose inputs lie far below 0, about 0 and far above, 200 examples.
  const drawn = randomNormal(600, randomKey('normalisation before relu'));
  const rows = Array.from({ length: 200 }, (_, i) => [drawn[3 * i]! - 5, drawn[3 * i + 1]!, drawn[3 * i + 2]! + 5]);
  const outputsOf = (layers: readonly Layer[]): number[][] =>
    tidy(() => {
      const model = net(layers);
      const y = numbers(model.apply(of(rows), { training: true, update: () => {} }));
      model.dispose();
      return [0, 1, 2].map(unit => y.filter((_, i) => i % 3 === unit));
    });
  const alive = (unit: number[]): number => unit.filter(value => value > 0).length / unit.length;

  it('has every unit on for about half of the examples; without it one is dead and one linear', () => {
    expect(outputsOf([relu()]).map(alive)).toEqual([0, expect.closeTo(0.5, 1), 1]);
    expect(outputsOf([batchNorm(), relu()]).map(alive)).toEqual([1, 1, 1].map(() => expect.closeTo(0.5, 1)));
  });

  it('has half-normal outputs of mean 1 / √(2π); after relu the mean is 0 instead, and values are negative', () => {
    const mean = (unit: number[]): number => unit.reduce((a, b) => a + b) / unit.length;
    const before = outputsOf([batchNorm(), relu()])[1]!;
    expect(mean(before)).toBeCloseTo(1 / Math.sqrt(2 * Math.PI), 1);
    expect(Math.min(...before)).toBe(0);
    const after = outputsOf([relu(), batchNorm()])[1]!;
    expect(mean(after)).toBeCloseTo(0, 10);
    expect(Math.min(...after)).toBeLessThan(0);
  });
});

describe('training', () => {
  // AlexNet's setting: pixels from 0 to 255 less their mean, and normal first weights. With inputs and weights of a good size both are as fast on these digits.
  it('to 25 % error takes relu fewer epochs than tanh (Krizhevsky et al., 2012, figure 1, in small)', async () => {
    const fast = await cpu();
    const { train } = digits({ count: 600 });
    const { mean } = await statistics(train);
    /** The training accuracy after each epoch, until it is 75 %. */
    const accuracies = async (activation: () => Layer): Promise<number[]> => {
      const weightInitialiser = { type: 'normal', deviation: 0.05 };
      const convolutions = [8, 16, 16, 32].flatMap((filters, i) => [
        conv2d({ filters, kernelSize: 3, stride: 1 + (i % 2), padding: 1, weightInitialiser }),
        activation(),
      ]);
      const net = initialise(sequential([...convolutions, flatten(), linear({ units: 10 })]), {
        backend: fast,
        input: [1, 28, 28],
        seed: 1,
      });
      const untilDone: Callback = {
        name: 'until 25 %',
        onEvent: (event, run) => {
          if (event.type === 'epochEnd' && event.trainAccuracy >= 0.75) run.stop();
        },
      };
      const { history } = await fit({
        net,
        loss: losses.softmaxCrossEntropy(),
        optimizer: sgd({ learningRate: 0.001, momentum: 0.9 }),
        data: loader(train, {
          batchSize: 50,
          shuffle: true,
          seed: 1,
          transforms: [toFloat(), normalise({ mean, deviation: [1 / 255] })],
        }),
        epochs: 12,
        callbacks: [untilDone],
      });
      net.dispose();
      return history.map(({ trainAccuracy }) => trainAccuracy);
    };
    const [withRelu, withTanh] = [await accuracies(relu), await accuracies(tanh)];
    expect(withRelu.at(-1)).toBeGreaterThanOrEqual(0.75);
    expect(withTanh.at(-1)).toBeLessThan(0.75);
    expect(fast.live()).toBe(0);
    fast.dispose();
  });
});
