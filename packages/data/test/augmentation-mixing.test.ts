import { OptionError, randomKey, ShapeError, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { averageCrops, cutMix, cutout, mixup, oneHot, randomErasing, tenCrop } from '../src/index.js';
import { randomBeta } from '../src/transforms/random-beta.js';
import { batchOf } from './helpers.js';

const key = randomKey('mixing');
const keys = Array.from({ length: 200 }, (_, i) => randomKey('mixing', i));

/** The rows and columns of an image that differ from `background`, and whether they are all of a rectangle. */
function changedRectangle(image: ArrayLike<number>, width: number, background: number) {
  const changed = Array.from(image).flatMap((value, i) =>
    value === background ? [] : [[Math.floor(i / width), i % width] as const],
  );
  const rows = new Set(changed.map(([row]) => row));
  const columns = new Set(changed.map(([, column]) => column));
  return { height: rows.size, width: columns.size, isFull: changed.length === rows.size * columns.size };
}

describe('cutout', () => {
  it('puts a square around a random pixel, cut off at the edges, into all channels', () => {
    const sizes = keys.map(each => {
      const { images } = cutout({ size: 4, value: 7 }).apply(batchOf([2, 6, 8], Array(96).fill(1), [0]), each);
      expect([...images.subarray(0, 48)]).toEqual([...images.subarray(48)]);
      expect(images.every(value => value === 1 || value === 7)).toBe(true);
      const { height, width, isFull } = changedRectangle(images.subarray(0, 48), 8, 1);
      expect(isFull).toBe(true);
      return `${height}x${width}`;
    });
    // Around row 0 rows -2 to 1, of which 2 are left, around row 5 rows 3 to 6: 3.
    expect(new Set(sizes)).toEqual(new Set(['2x2', '2x3', '2x4', '3x2', '3x3', '3x4', '4x2', '4x3', '4x4']));
    // 3 of 6 rows and 5 of 8 columns leave it whole: 62 of 200, deviation 6.5.
    expect(Math.abs(sizes.filter(size => size === '4x4').length - 62)).toBeLessThan(33);
  });

  it('refuses a size of 0', () => {
    expect(() => cutout({ size: 0 })).toThrow(OptionError);
  });
});

describe('randomErasing', () => {
  it('erases rectangles within the image of the areas and proportions asked for', () => {
    const areas = keys.map(each => {
      const transform = randomErasing({ probability: 1, scale: [0.1, 0.3], ratio: [0.5, 2] });
      const { images } = transform.apply(batchOf([1, 30, 40], Array(1200).fill(1), [0]), each);
      const { height, width, isFull } = changedRectangle(images, 40, 1);
      expect(isFull).toBe(true);
      expect(height / width).toBeGreaterThan(0.45);
      expect(height / width).toBeLessThan(2.2);
      return (height * width) / 1200;
    });
    expect(Math.min(...areas)).toBeGreaterThan(0.09);
    expect(Math.max(...areas)).toBeLessThan(0.32);
    expect(Math.min(...areas)).toBeLessThan(0.12);
    expect(Math.max(...areas)).toBeGreaterThan(0.27);
  });

  it('leaves as many images as it is told to', () => {
    const { images } = randomErasing({ probability: 0.25 }).apply(
      batchOf([1, 10, 10], Array(100_000).fill(1), Array(1000).fill(0)),
      key,
    );
    let erased = 0;
    for (let i = 0; i < 1000; i++) if (images.subarray(100 * i, 100 * i + 100).includes(0)) erased++;
    // 250 expected; the deviation of a binomial is 14.
    expect(Math.abs(erased - 250)).toBeLessThan(70);
  });

  it('leaves images in which no rectangle fits', () => {
    const batch = batchOf([1, 2, 2], [1, 1, 1, 1], [0]);
    expect([...randomErasing({ probability: 1, scale: [1, 1], ratio: [1, 1] }).apply(batch, key).images]).toEqual([1, 1, 1, 1]);
  });
});

describe('randomBeta', () => {
  it.each([0.2, 1, 3])('has the mean 1/2 and the variance 1 / (4 (2 alpha + 1)) for alpha %d', alpha => {
    const count = 2000;
    const drawn = Array.from({ length: count }, (_, i) => randomBeta(alpha, randomKey('beta', i)));
    const mean = drawn.reduce((sum, value) => sum + value) / count;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / count));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1);
  });
});

/** Images that are constant 1, 2, 3, 4 with labels 0 to 3, one-hot. */
const four = () =>
  oneHot({ classes: 4 }).apply(
    batchOf(
      [1, 4, 5],
      [1, 2, 3, 4].flatMap(value => Array(20).fill(value)),
      [0, 1, 2, 3],
    ),
    key,
  );

describe('mixup', () => {
  it('mixes images and targets by the same share', () => {
    let isMixed = false;
    for (const each of keys.slice(0, 20)) {
      const { images, targets, labels } = mixup({ alpha: 1 }).apply(four(), each);
      expect([...labels]).toEqual([0, 1, 2, 3]);
      for (let image = 0; image < 4; image++) {
        const row = [...targets!.subarray(4 * image, 4 * image + 4)];
        expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 6);
        // The image's value is the mean of the class's values.
        const value = row.reduce((sum, share, label) => sum + share * (label + 1), 0);
        for (const pixel of images.subarray(20 * image, 20 * image + 20)) expect(pixel).toBeCloseTo(value, 5);
        isMixed ||= row[image]! < 0.9;
      }
    }
    expect(isMixed).toBe(true);
  });

  it('refuses a batch without targets', () => {
    expect(() => mixup().apply(batchOf([1, 1, 1], [0], [0]), key)).toThrow(UsageError);
    expect(() => cutMix().apply(batchOf([1, 1, 1], [0], [0]), key)).toThrow('give it after oneHot');
  });
});

describe('cutMix', () => {
  it('replaces one rectangle by what the other image has, and mixes targets by area', () => {
    const shares = new Set<number>();
    for (const each of keys.slice(0, 40)) {
      const { images, targets } = cutMix().apply(four(), each);
      for (let image = 0; image < 4; image++) {
        const pixels = images.subarray(20 * image, 20 * image + 20);
        const { height, width, isFull } = changedRectangle(pixels, 5, image + 1);
        expect(isFull).toBe(true);
        for (let label = 0; label < 4; label++) {
          const area = pixels.filter(value => value === label + 1).length;
          expect(targets![4 * image + label]).toBeCloseTo(area / 20, 6);
        }
        shares.add(height * width);
      }
    }
    expect(shares.size).toBeGreaterThan(5);
  });
});

describe('tenCrop', () => {
  const batch = () => batchOf([1, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...Array(12).fill(20)], [5, 6]);

  it('gives corners, middle, and the same flipped', () => {
    const crops = tenCrop(batch(), { size: 2 });
    expect(crops.size).toBe(20);
    expect(crops.shape).toEqual([1, 2, 2]);
    const first = Array.from({ length: 10 }, (_, i) => [...crops.images.subarray(4 * i, 4 * i + 4)]);
    // The middle of 3 rows is at round(1 / 2) = 1, as in torchvision but for ties, which it rounds to even.
    expect(first).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
      [4, 5, 8, 9],
      [6, 7, 10, 11],
      [5, 6, 9, 10],
      [1, 0, 5, 4],
      [3, 2, 7, 6],
      [5, 4, 9, 8],
      [7, 6, 11, 10],
      [6, 5, 10, 9],
    ]);
    expect(crops.images.subarray(40).every(value => value === 20)).toBe(true);
  });

  it('repeats labels, indices and targets for each crop', () => {
    const crops = tenCrop(oneHot({ classes: 7 }).apply(batch(), key), { size: [1, 4] });
    expect([...crops.labels]).toEqual([...Array(10).fill(5), ...Array(10).fill(6)]);
    expect([...crops.indices]).toEqual([...Array(10).fill(0), ...Array(10).fill(1)]);
    for (let crop = 0; crop < 20; crop++)
      expect([...crops.targets!.subarray(7 * crop, 7 * crop + 7)].indexOf(1)).toBe(crop < 10 ? 5 : 6);
  });

  it('averages over the crops of each image', () => {
    const scores = Array.from({ length: 20 }, (_, crop) => [crop, crop < 10 ? 1 : 3]).flat();
    expect([...averageCrops(scores, 2)]).toEqual([4.5, 1, 14.5, 3]);
    expect(() => averageCrops([1, 2, 3], 1)).toThrow(ShapeError);
  });

  it('refuses a crop that does not fit', () => {
    expect(() => tenCrop(batch(), { size: 4 })).toThrow('a crop of 4x4 does not fit into 3x4');
  });
});
