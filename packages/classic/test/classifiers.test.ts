import { cpu } from '@cnn/backend-cpu';
import { OptionError, randomKey, randomNormal, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  fitAdaline,
  fitLinearClassifier,
  fitPerceptron,
  type LinearClassifier,
  nearestNeighbours,
  predictLinear,
  predictUnit,
  type Samples,
  templates,
} from '../src/index.js';
import { linearGradient } from '../src/linear-classifier.js';

/** Three clouds of points around (4, 0), (-2, 3) and (-2, -3). */
function clouds(count: number, seed: number): Samples {
  const noise = randomNormal(2 * count, randomKey('clouds', seed));
  const centres = [
    [4, 0],
    [-2, 3],
    [-2, -3],
  ];
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  return { features: noise.map((value, i) => value + centres[labels[Math.floor(i / 2)]!]![i % 2]!), labels };
}
const accuracy = (found: Int32Array, labels: ArrayLike<number>): number =>
  found.filter((value, i) => value === labels[i]).length / found.length;

describe('nearestNeighbours', () => {
  const samples: Samples = { features: [0, 0, 3, 3, 0, 4.5], labels: [0, 1, 2] };

  it('takes the nearest by the distance asked for', async () => {
    const backend = await cpu();
    const live = backend.live();
    // From (0, 0.5) … to (3, 3): L2 of (1.7, 2.4): from 0 2.94, from 1 1.43, from 2 2.7.
    // (0, 0) to (3, 3): 4.24 by L2 and 6 by L1; to (0, 4.5): 4.5 by both.
    const without: Samples = { features: [3, 3, 0, 4.5], labels: [1, 2] };
    for (const [distance, expected] of [
      ['L2', 1],
      ['L1', 2],
    ] as const) {
      const classifier = nearestNeighbours(backend, without, { distance });
      expect([...(await classifier.predict([0, 0]))]).toEqual([expected]);
      classifier.dispose();
    }
    const all = nearestNeighbours(backend, samples);
    expect([...(await all.predict([0, 1, 2, 3, 0, 4]))]).toEqual([0, 1, 2]);
    all.dispose();
    expect(backend.live()).toBe(live);
  });

  it('lets k neighbours vote; of equal votes the nearest counts', async () => {
    const backend = await cpu();
    // On a line, seen from 0: 1 of class 0, then two of class 1.
    const line: Samples = { features: [1, 2, -3, 100], labels: [0, 1, 1, 0] };
    for (const [k, expected] of [
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 0],
    ] as const) {
      const classifier = nearestNeighbours(backend, line, { k });
      expect([...(await classifier.predict([0]))]).toEqual([expected]);
      classifier.dispose();
    }
  });

  it('reads clouds that overlap a little', async () => {
    const backend = await cpu();
    const classifier = nearestNeighbours(backend, clouds(300, 1), { k: 5 });
    const test = clouds(300, 2);
    expect(accuracy(await classifier.predict(test.features), test.labels)).toBeGreaterThan(0.97);
    classifier.dispose();
  });

  it('refuses what does not fit', async () => {
    const backend = await cpu();
    expect(() => nearestNeighbours(backend, { features: [1, 2, 3], labels: [0, 1] })).toThrow(ShapeError);
    expect(() => nearestNeighbours(backend, { features: [1, 2], labels: [0, -1] })).toThrow(OptionError);
    expect(() => nearestNeighbours(backend, { features: [1, Number.NaN], labels: [0, 1] })).toThrow('features[1]');
    expect(() => nearestNeighbours(backend, samples, { k: 4 })).toThrow('at most the number of samples, 3');
    const classifier = nearestNeighbours(backend, samples);
    await expect(classifier.predict([1, 2, 3])).rejects.toThrow(ShapeError);
    classifier.dispose();
  });
});

describe('linearGradient', () => {
  /** A classifier that gives the lecture's scores to the images (1, 0, 0), (0, 1, 0) and (0, 0, 1). */
  const lecture: LinearClassifier = {
    classes: 3,
    size: 3,
    weights: Float64Array.of(3.2, 1.3, 2.2, 5.1, 4.9, 2.5, -1.7, 2.0, -3.1),
    bias: new Float64Array(3),
  };
  const images: Samples = { features: [1, 0, 0, 0, 1, 0, 0, 0, 1], labels: [0, 1, 2] };

  it("gives the lecture's hinge losses: 2.9, 0, 12.9, mean 5.27", () => {
    const losses = [[0], [1], [2], [0, 1, 2]].map(chosen => linearGradient(lecture, images, chosen, 'svm', 0).loss);
    expect(losses[0]).toBeCloseTo(2.9, 12);
    expect(losses[1]).toBe(0);
    expect(losses[2]).toBeCloseTo(12.9, 12);
    expect(losses[3]).toBeCloseTo(5.27, 2);
  });

  it('starts at C - 1 and log C with weights of 0', () => {
    const zero = { ...lecture, weights: new Float64Array(9) };
    expect(linearGradient(zero, images, [0, 1, 2], 'svm', 0).loss).toBeCloseTo(2, 12);
    expect(linearGradient(zero, images, [0, 1, 2], 'softmax', 0).loss).toBeCloseTo(Math.log(3), 12);
  });

  it('gives the softmax loss of scores (1, -2, 0): -log 0.705', () => {
    const scores = { ...lecture, size: 1, weights: Float64Array.of(1, -2, 0) };
    const one: Samples = { features: [1], labels: [0] };
    expect(Math.exp(-linearGradient(scores, one, [0], 'softmax', 0).loss)).toBeCloseTo(0.705, 3);
  });

  it.each(['svm', 'softmax'] as const)('of %s is what finite differences give, penalty included', loss => {
    const samples: Samples = { features: Array.from(randomNormal(15, randomKey('gradient'))), labels: [0, 1, 2, 2, 1] };
    const classifier = { ...lecture, weights: randomNormal(9, randomKey('weights')), bias: randomNormal(3, randomKey('bias')) };
    const lossOf = (): number => linearGradient(classifier, samples, [0, 1, 2, 3, 4], loss, 0.3).loss;
    const { weights, bias } = linearGradient(classifier, samples, [0, 1, 2, 3, 4], loss, 0.3);
    for (const [values, slopes] of [
      [classifier.weights, weights],
      [classifier.bias, bias],
    ] as const) {
      values.forEach((value, i) => {
        values[i] = value + 1e-6;
        const above = lossOf();
        values[i] = value - 1e-6;
        const below = lossOf();
        values[i] = value;
        expect(slopes[i]).toBeCloseTo((above - below) / 2e-6, 6);
      });
    }
  });
});

describe('fitLinearClassifier', () => {
  it.each(['svm', 'softmax'] as const)('separates clouds with %s, the same for the same seed', loss => {
    const options = { loss, learningRate: 0.1, epochs: 20, seed: 3 };
    const classifier = fitLinearClassifier(clouds(300, 1), options);
    const test = clouds(300, 2);
    expect(accuracy(predictLinear(classifier, test.features), test.labels)).toBeGreaterThan(0.97);
    expect([...fitLinearClassifier(clouds(300, 1), options).weights]).toEqual([...classifier.weights]);
  });

  it('has smaller weights with regularisation', () => {
    const length = (regularisation: number): number =>
      Math.hypot(
        ...fitLinearClassifier(clouds(99, 1), { loss: 'softmax', learningRate: 0.1, epochs: 20, regularisation }).weights,
      );
    expect(length(3)).toBeLessThan(0.5 * length(0));
  });

  it('refuses impossible options and steps that are too long', () => {
    expect(() => fitLinearClassifier(clouds(9, 1), { loss: 'svm', learningRate: 0, epochs: 1 })).toThrow(OptionError);
    expect(() => fitLinearClassifier(clouds(9, 1), { loss: 'svm', learningRate: 10, epochs: 2000, regularisation: 10 })).toThrow(
      'the weights grew beyond all bounds',
    );
    const classifier = fitLinearClassifier(clouds(9, 1), { loss: 'svm', learningRate: 0.1, epochs: 1 });
    expect(() => predictLinear(classifier, [1, 2, 3])).toThrow(ShapeError);
  });
});

describe('templates', () => {
  it('are the weights as bytes from the least to the largest', () => {
    const classifier = { classes: 2, size: 3, weights: Float64Array.of(-1, 0, 1, 5, 5, 5), bias: new Float64Array(2) };
    expect([...templates(classifier, [1, 1, 3])]).toEqual([0, 128, 255, 0, 0, 0]);
    expect(() => templates(classifier, [1, 2, 2])).toThrow(ShapeError);
  });
});

describe('fitPerceptron', () => {
  it('follows the rule by hand, and ends when all is right', () => {
    // Seen in order: (1, 1) of 1: sum 0, so w = (1, 1), b = 1. (-1, 0) of 0: sum 0, right. (2, -2) of 0: sum 1, so w = (-1, 3), b = 0.
    // Second time: (1, 1): 2, right. (-1, 0): 1, wrong: w = (0, 3), b = -1. (2, -2): -7, right. Third time: 2, -1, -7: all right.
    const samples: Samples = { features: [1, 1, -1, 0, 2, -2], labels: [1, 0, 0] };
    const unit = fitPerceptron(samples);
    expect([...unit.weights]).toEqual([0, 3]);
    expect(unit.bias).toBe(-1);
    expect(unit.mistakes).toEqual([2, 1, 0]);
    expect([...predictUnit(unit, samples.features)]).toEqual([1, 0, 0]);
  });

  it('learns AND, and never XOR', () => {
    const features = [0, 0, 0, 1, 1, 0, 1, 1];
    expect(fitPerceptron({ features, labels: [0, 0, 0, 1] }).mistakes.at(-1)).toBe(0);
    const never = fitPerceptron({ features, labels: [0, 1, 1, 0] });
    expect(never.mistakes).toHaveLength(100);
    expect(never.mistakes).not.toContain(0);
  });
});

describe('fitAdaline', () => {
  it('follows the rule by hand', () => {
    // η = 0.5. x = 2, t = 1: error 1, w = 1, b = 0.5. x = -1, t = -1: sum -0.5, error -0.5, w = 1.25, b = 0.25.
    const unit = fitAdaline({ features: [2, -1], labels: [1, 0] }, { learningRate: 0.5, epochs: 1 });
    expect([...unit.weights]).toEqual([1.25]);
    expect(unit.bias).toBe(0.25);
    // Before its step, the first had sum 0, which says 0.
    expect(unit.mistakes).toEqual([1]);
  });

  it('comes to the least squares', () => {
    // Targets -1, -1, 1, 1 at 0, 1, 2, 3: slope 0.8 = Σ (x - 1.5) t / Σ (x - 1.5)² = 4 / 5, at 1.5 the mean 0.
    const unit = fitAdaline({ features: [0, 1, 2, 3], labels: [0, 0, 1, 1] }, { learningRate: 0.001, epochs: 20_000 });
    expect(unit.weights[0]).toBeCloseTo(0.8, 2);
    expect(unit.bias).toBeCloseTo(-1.2, 2);
  });

  it('refuses other labels and steps that are too long', () => {
    expect(() => fitAdaline({ features: [1], labels: [2] })).toThrow(OptionError);
    expect(() => fitAdaline({ features: [9, -9], labels: [1, 0] }, { learningRate: 1, epochs: 1000 })).toThrow(
      'the weights grew beyond all bounds',
    );
  });
});
