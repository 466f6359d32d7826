import { DTypeError, OptionError, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { arrayDataset, limit, statistics, subset } from '../src/index.js';

const options = {
  name: 'four',
  images: Uint8Array.from({ length: 16 }, (_, i) => i),
  labels: [0, 1, 1, 0],
  shape: [1, 2, 2],
  classes: ['a', 'b'],
} as const;
const four = arrayDataset(options);

describe('arrayDataset', () => {
  it('reads items in the order asked for, in memory of their own', async () => {
    const { images, labels } = await four.read([2, 0]);
    expect([...images]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
    expect([...labels]).toEqual([1, 0]);
    images.fill(255);
    expect([...(await four.read([2])).images]).toEqual([8, 9, 10, 11]);
  });

  it('is iterable from the first item', async () => {
    const seen: [number[], number][] = [];
    for await (const { image, label } of four) seen.push([[...image], label]);
    expect(seen).toEqual([
      [[0, 1, 2, 3], 0],
      [[4, 5, 6, 7], 1],
      [[8, 9, 10, 11], 1],
      [[12, 13, 14, 15], 0],
    ]);
  });

  it('refuses labels that do not match the images, and labels that are no class', () => {
    expect(() => arrayDataset({ ...options, labels: [0, 1, 1] })).toThrow(ShapeError);
    expect(() => arrayDataset({ ...options, labels: [0, 1, 1] })).toThrow(
      'four: 3 labels of images [1, 2, 2] need 12 bytes; there are 16',
    );
    for (const label of [2, -1, 0.5, Number.NaN]) {
      expect(() => arrayDataset({ ...options, labels: [0, 1, label, 0] })).toThrow(OptionError);
    }
    expect(() => arrayDataset({ ...options, labels: [0, 1, 2, 0] })).toThrow(
      /labels\[2\]' is 2; allowed: a whole number from 0 to 1/,
    );
    expect(() => arrayDataset({ ...options, shape: [1, 0, 2] })).toThrow(/shape/);
  });

  it.each([[Float32Array.from({ length: 16 }, () => 0.5)], [Array(16).fill(1)]])('refuses images that are not bytes', images => {
    expect(() => arrayDataset({ ...options, images: images as never })).toThrow(DTypeError);
    expect(() => arrayDataset({ ...options, images: images as never })).toThrow(
      'four: the images must be bytes 0 to 255 in a Uint8Array',
    );
  });

  it('refuses an index outside of the set', async () => {
    await expect(four.read([0, 4])).rejects.toThrow(/four: option 'indices\[1\]' is 4; allowed: a whole number from 0 to 3/);
    await expect(four.read([-1])).rejects.toThrow(OptionError);
  });
});

describe('subset and limit', () => {
  it('choose items', async () => {
    const chosen = subset(four, [3, 1]);
    expect(chosen.length).toBe(2);
    expect([...(await chosen.read([1, 0])).images]).toEqual([4, 5, 6, 7, 12, 13, 14, 15]);
    expect([...(await limit(four, 3).read([0, 1, 2])).labels]).toEqual([0, 1, 1]);
    await expect(limit(four, 3).read([3])).rejects.toThrow(OptionError);
    expect(limit(four, 9).length).toBe(4);
  });

  it('refuse impossible choices', () => {
    expect(() => subset(four, [0, 4])).toThrow(OptionError);
    expect(() => limit(four, 0)).toThrow(OptionError);
  });
});

describe('statistics', () => {
  it('are mean and deviation per channel of x / 255', async () => {
    // Channel 0: 0, 255, 0, 255, so mean 0.5 and deviation 0.5; channel 1: 51 everywhere, 0.2 and 0.
    const two = arrayDataset({
      name: 'two',
      images: Uint8Array.of(0, 255, 51, 51, 0, 255, 51, 51),
      labels: [0, 0],
      shape: [2, 1, 2],
      classes: ['a'],
    });
    const { mean, deviation } = await statistics(two);
    expect(mean[0]).toBeCloseTo(0.5, 12);
    expect(mean[1]).toBeCloseTo(0.2, 12);
    expect(deviation[0]).toBeCloseTo(0.5, 12);
    expect(deviation[1]).toBeCloseTo(0, 12);
  });

  it('of no images are an error', async () => {
    await expect(statistics(subset(four, []))).rejects.toThrow(ShapeError);
  });
});
