import { OptionError, randomKey, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { compose, normalise, oneHot, randomCrop, randomHorizontalFlip, toFloat } from '../src/index.js';
import { batchOf } from './helpers.js';

const key = randomKey('test');

describe('toFloat', () => {
  it('divides by 255, as float32', () => {
    const { images } = toFloat().apply(batchOf([1, 1, 4], [0, 51, 128, 255], [0]), key);
    expect([...images]).toEqual([0, Math.fround(0.2), Math.fround(128 / 255), 1]);
  });
});

describe('normalise', () => {
  it('subtracts the mean and divides by the deviation of each channel', () => {
    const images = [0.5, 1, 0.25, 0.75, 0, 0.5, 0.5, 0.5];
    const normalised = normalise({ mean: [0.5, 0.25], deviation: [0.25, 0.5] }).apply(batchOf([2, 1, 2], images, [0, 0]), key);
    expect([...normalised.images]).toEqual([0, 2, 0, 1, -2, 0, 0.5, 0.5]);
  });

  it('refuses lists that do not fit', () => {
    expect(() => normalise({ mean: [0, 0], deviation: [1] })).toThrow(OptionError);
    expect(() => normalise({ mean: [0], deviation: [0] })).toThrow(OptionError);
    expect(() => normalise({ mean: [Number.NaN], deviation: [1] })).toThrow(OptionError);
    expect(() => normalise({ mean: [0], deviation: [1] }).shape!([3, 4, 4])).toThrow(ShapeError);
  });
});

describe('randomCrop', () => {
  const image = [1, 2, 3, 4, 5, 6]; // 2 rows of 3
  /** The crop at one place, written down anew: a pixel outside of the image is 0. */
  const cropAt = (top: number, left: number, height: number, width: number): number[] =>
    Array.from({ length: height * width }, (_, i) => {
      const [row, column] = [top + Math.floor(i / width), left + (i % width)];
      return row < 0 || row > 1 || column < 0 || column > 2 ? 0 : image[row * 3 + column]!;
    });

  it('gives every window of the padded image, each about as often', () => {
    const size = 3000;
    const many = batchOf([1, 2, 3], Array.from({ length: size }, () => image).flat(), Array(size).fill(0));
    const { images, shape } = randomCrop({ padding: 1, size: [3, 2] }).apply(many, key);
    expect(shape).toEqual([1, 3, 2]);
    const windows = new Map<string, number>();
    for (let top = -1; top <= 0; top++) for (let left = -1; left <= 2; left++) windows.set(cropAt(top, left, 3, 2).join(), 0);
    expect(windows.size).toBe(8);
    for (let i = 0; i < size; i++) {
      const window = images.subarray(i * 6, (i + 1) * 6).join();
      expect(windows.has(window)).toBe(true);
      windows.set(window, windows.get(window)! + 1);
    }
    // 375 expected of each; the deviation of a binomial is 18.
    for (const count of windows.values()) expect(Math.abs(count - 375)).toBeLessThan(90);
  });

  it('cuts all channels at the same place and keeps the size unless told', () => {
    const { images, shape } = randomCrop({ padding: 2 }).apply(
      batchOf([2, 2, 3], [...image, ...image.map(v => 10 * v)], [0]),
      key,
    );
    expect(shape).toEqual([2, 2, 3]);
    expect([...images.subarray(6)]).toEqual([...images.subarray(0, 6)].map(v => 10 * v));
  });

  it('gives black where the window lies outside of the image', () => {
    const far = batchOf([1, 1, 1], Array(64).fill(9), Array(64).fill(0));
    const { images } = randomCrop({ padding: 3, size: 1 }).apply(far, key);
    expect(images).toContain(0);
    expect(images.every(value => value === 0 || value === 9)).toBe(true);
  });

  it('refuses a crop that does not fit', () => {
    expect(() => randomCrop({ padding: 1, size: 5 }).shape!([1, 2, 3])).toThrow(
      'randomCrop: a crop of 5x5 does not fit into 2x3 with padding 1',
    );
    expect(() => randomCrop({ padding: -1 })).toThrow(OptionError);
  });
});

describe('randomHorizontalFlip', () => {
  const image = [1, 2, 3, 4, 5, 6];

  it('changes left and right of whole images, about as often as asked', () => {
    const size = 1000;
    const many = batchOf([1, 2, 3], Array.from({ length: size }, () => image).flat(), Array(size).fill(0));
    const { images } = randomHorizontalFlip({ probability: 0.25 }).apply(many, key);
    let flipped = 0;
    for (let i = 0; i < size; i++) {
      const seen = [...images.subarray(i * 6, (i + 1) * 6)];
      if (seen[0] === 3) {
        expect(seen).toEqual([3, 2, 1, 6, 5, 4]);
        flipped++;
      } else {
        expect(seen).toEqual(image);
      }
    }
    // 250 expected; the deviation of a binomial is 14.
    expect(Math.abs(flipped - 250)).toBeLessThan(70);
  });

  it('refuses a probability above 1', () => {
    expect(() => randomHorizontalFlip({ probability: 1.1 })).toThrow(OptionError);
  });
});

describe('oneHot', () => {
  it('sets 1 at the label', () => {
    const { targets } = oneHot({ classes: 3 }).apply(batchOf([1, 1, 1], [0, 0], [2, 0]), key);
    expect([...targets!]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('refuses a label that is no class', () => {
    expect(() => oneHot({ classes: 2 }).apply(batchOf([1, 1, 1], [0], [2]), key)).toThrow(/more than the label 2/);
  });
});

describe('compose', () => {
  it('applies one after the other, with keys that later ones do not change', () => {
    const flips = (count: number): number[] => {
      const batch = batchOf(
        [1, 1, 2],
        Array.from({ length: 64 }, (_, i) => i % 2),
        Array(32).fill(0),
      );
      const extra = Array.from({ length: count }, () => toFloat());
      return [...compose(randomHorizontalFlip(), ...extra).apply(batch, key).images].map(Math.sign);
    };
    expect(flips(2)).toEqual(flips(0));
    const both = compose(toFloat(), randomCrop({ padding: 1, size: 1 }));
    expect(both.name).toBe('toFloat, randomCrop');
    expect(both.shape!([1, 2, 2])).toEqual([1, 1, 1]);
  });
});
