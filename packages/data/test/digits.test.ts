import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { OptionError } from '@cnn/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, digits, limit, loader, mnistFrom, statistics } from '../src/index.js';

const shared = new URL('../../../../shared/data/mnist/', import.meta.url);
const SIZE = 784;

async function everything(dataset: Dataset): Promise<{ images: Uint8Array; labels: Int32Array }> {
  return dataset.read(Array.from({ length: dataset.length }, (_, i) => i));
}

/** Softmax regression by stochastic gradient descent, written out here: weights of ten classes over pixels and a bias. */
async function linearClassifier(train: Dataset, epochs: number): Promise<(image: Float32Array) => number> {
  const weights = Array.from({ length: 10 }, () => new Float64Array(SIZE + 1));
  const scores = (image: Float32Array): number[] =>
    weights.map(row => {
      let sum = row[SIZE]!;
      for (let i = 0; i < SIZE; i++) sum += row[i]! * image[i]!;
      return sum;
    });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.02 * (1 - epoch / epochs);
    for await (const batch of loader(train, { batchSize: 50, shuffle: true }).epoch(epoch)) {
      for (let item = 0; item < batch.size; item++) {
        const image = batch.images.subarray(item * SIZE, (item + 1) * SIZE);
        const logits = scores(image);
        const highest = Math.max(...logits);
        const powers = logits.map(value => Math.exp(value - highest));
        const sum = powers.reduce((a, b) => a + b);
        weights.forEach((row, label) => {
          const slope = rate * (powers[label]! / sum - (label === batch.labels[item] ? 1 : 0));
          for (let i = 0; i < SIZE; i++) row[i]! -= slope * image[i]!;
          row[SIZE]! -= slope;
        });
      }
    }
  }
  return image => {
    const logits = scores(image);
    return logits.indexOf(Math.max(...logits));
  };
}

async function accuracy(classify: (image: Float32Array) => number, dataset: Dataset): Promise<number> {
  let right = 0;
  for await (const { image, label } of dataset) if (classify(Float32Array.from(image, value => value / 255)) === label) right++;
  return right / dataset.length;
}

describe('digits', () => {
  const { train, test } = digits();
  let linear: (image: Float32Array) => number;
  beforeAll(async () => {
    linear = await linearClassifier(train, 10);
  }, 240_000);

  it('are 10,000 and 2,000 grey images of ten classes, each as likely', async () => {
    expect(train).toMatchObject({
      length: 10_000,
      shape: [1, 28, 28],
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    });
    expect(test).toMatchObject({ length: 2000, shape: [1, 28, 28], classes: train.classes });
    const counts = Array(10).fill(0);
    for (const label of (await everything(train)).labels) counts[label]++;
    // 1,000 expected; the deviation of a binomial is 30.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('are the same bytes on every machine', async () => {
    // Whoever changes the generator changes a dataset that results were published for: do it knowingly.
    const { images, labels } = await everything(limit(train, 1000));
    expect(createHash('sha256').update(images).update(Uint8Array.from(labels)).digest('hex')).toBe(
      '231475a4098c6c80ba637f9ac52b32a53eb2e8364945a3a0ddfd44857196666f',
    );
  });

  it('differ by seed, and a larger set begins with the smaller', async () => {
    const small = await everything(digits({ count: 50 }).train);
    expect(small).toEqual(await everything(limit(train, 50)));
    expect((await everything(digits({ count: 50, seed: 1 }).train)).images).not.toEqual(small.images);
  });

  it('share no image between training and test set', async () => {
    const hashes = new Set<string>();
    for await (const { image } of train) hashes.add(createHash('md5').update(image).digest('hex'));
    expect(hashes.size).toBe(10_000);
    for await (const { image } of test) expect(hashes.has(createHash('md5').update(image).digest('hex'))).toBe(false);
  });

  it('lie in the frame as those of MNIST do: all ink inside, black around, the mass near the middle', async () => {
    const { mean, deviation } = await statistics(train);
    expect(mean[0]).toBeGreaterThan(0.1); // MNIST: 0.1307
    expect(mean[0]).toBeLessThan(0.15);
    expect(deviation[0]).toBeGreaterThan(0.25); // MNIST: 0.3081
    expect(deviation[0]).toBeLessThan(0.33);
    for await (const { image } of test) {
      let [mass, x, y] = [0, 0, 0];
      image.forEach((value, i) => {
        mass += value;
        x += value * ((i % 28) + 0.5);
        y += value * (Math.floor(i / 28) + 0.5);
      });
      expect(Math.abs(x / mass - 14)).toBeLessThan(3);
      expect(Math.abs(y / mass - 14)).toBeLessThan(3);
      expect(mass).toBeGreaterThan(20 * 255);
      expect(image[0]! + image[27]! + image[756]! + image[783]!).toBe(0);
    }
  });

  it('are too hard for a linear classifier and easier than chance by far', async () => {
    const found = await accuracy(linear, test);
    expect(found).toBeLessThan(0.9);
    expect(found).toBeGreaterThan(0.75);
  });

  it.skipIf(!existsSync(shared))('teach even a linear classifier to read most of MNIST', async () => {
    const file = (name: string) => ({ source: name, bytes: readFileSync(new URL(name, shared)) });
    const mnist = await mnistFrom({
      trainImages: file('train-images-idx3-ubyte.gz'),
      trainLabels: file('train-labels-idx1-ubyte.gz'),
      testImages: file('t10k-images-idx3-ubyte.gz'),
      testLabels: file('t10k-labels-idx1-ubyte.gz'),
    });
    expect(await accuracy(linear, mnist.test)).toBeGreaterThan(0.75);
  });

  it('refuse impossible options', () => {
    expect(() => digits({ count: 0 })).toThrow(OptionError);
    expect(() => digits({ seed: 0.5 })).toThrow(OptionError);
  });
});
