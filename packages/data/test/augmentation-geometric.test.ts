import { OptionError, randomKey } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  randomAffine,
  randomElastic,
  randomHorizontalFlip,
  randomLensDistortion,
  randomPerspective,
  randomResizedCrop,
  randomVerticalFlip,
  type Transform,
} from '../src/index.js';
import { perspectiveSource } from '../src/transforms/random-perspective.js';
import { warp } from '../src/transforms/warp.js';
import { batchOf, largestDifference, torchvision } from './helpers.js';

const key = randomKey('geometric');
const small = () => batchOf([3, 9, 7], torchvision.small, [0]);
/** 3 rows of 3. */
const square = () => batchOf([1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9], [0]);

describe.each<[string, Transform]>([
  ['randomAffine', randomAffine({ degrees: 0, translateX: 0, scale: [1, 1], shearX: 0 })],
  ['randomAffine by whole turns', randomAffine({ degrees: [360, 360] })],
  ['randomPerspective', randomPerspective({ distortion: 0 })],
  ['randomLensDistortion', randomLensDistortion({ strength: 0 })],
  ['randomElastic', randomElastic({ alpha: 0, sigma: 2 })],
  ['randomResizedCrop', randomResizedCrop({ scale: [1, 1], ratio: [7 / 9, 7 / 9] })],
  ['randomVerticalFlip twice', { name: 'twice', apply: batch => flipped(flipped(batch)) }],
])('%s without change', (_, transform) => {
  it('gives the same image', () => {
    expect(largestDifference(transform.apply(small(), key).images, small().images)).toBeLessThan(1e-6);
  });
});

function flipped(batch: ReturnType<typeof small>) {
  return randomVerticalFlip({ probability: 1 }).apply(batch, key);
}

describe.each<[string, Transform]>([
  ['randomAffine', randomAffine({ degrees: 40, scale: [0.5, 2] })],
  ['randomPerspective', randomPerspective()],
  ['randomLensDistortion', randomLensDistortion()],
  ['randomElastic', randomElastic({ alpha: 5, sigma: 1 })],
  ['randomResizedCrop', randomResizedCrop()],
])('%s by chance', (_, transform) => {
  const twice = () => batchOf([3, 9, 7], [...torchvision.small, ...torchvision.small], [0, 0]);

  it('gives each image of a batch a change of its own, the same for the same key', () => {
    const { images } = transform.apply(twice(), key);
    expect([...images]).toEqual([...transform.apply(twice(), key).images]);
    expect([...images]).not.toEqual([...transform.apply(twice(), randomKey('other')).images]);
    expect(largestDifference(images.subarray(0, 189), images.subarray(189))).toBeGreaterThan(0.05);
  });
});

describe('randomVerticalFlip', () => {
  it('changes top and bottom in each channel', () => {
    const batch = batchOf([2, 3, 2], [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60], [0]);
    expect([...randomVerticalFlip({ probability: 1 }).apply(batch, key).images]).toEqual([
      5, 6, 3, 4, 1, 2, 50, 60, 30, 40, 10, 20,
    ]);
  });

  it('together with the horizontal one turns an image by 180 degrees', () => {
    const both = randomHorizontalFlip({ probability: 1 }).apply(flipped(small()), key);
    const turned = randomAffine({ degrees: [180, 180] }).apply(small(), key);
    expect(largestDifference(both.images, turned.images)).toBeLessThan(1e-6);
  });
});

describe('randomAffine', () => {
  it('turns clockwise: by 90 degrees, rows from the top become columns from the right', () => {
    const { images } = randomAffine({ degrees: [90, 90] }).apply(square(), key);
    expect(largestDifference(images, [7, 4, 1, 8, 5, 2, 9, 6, 3])).toBeLessThan(1e-6);
  });

  it('moves by fractions of the size and fills in what comes from outside', () => {
    const { images } = randomAffine({ translateX: [1 / 3, 1 / 3], translateY: [-1 / 3, -1 / 3], fill: 10 }).apply(square(), key);
    expect(largestDifference(images, [10, 4, 5, 10, 7, 8, 10, 10, 10])).toBeLessThan(1e-5);
  });

  it('scales about the middle', () => {
    const { images } = randomAffine({ scale: [2, 2] }).apply(square(), key);
    expect([...images]).toEqual([3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7]);
  });

  it('gives what torchvision gives', () => {
    const { images } = randomAffine({
      degrees: [20, 20],
      translateX: [1 / 7, 1 / 7],
      translateY: [-2 / 9, -2 / 9],
      scale: [1.2, 1.2],
      shearX: [10, 10],
      shearY: [5, 5],
    }).apply(small(), key);
    expect(largestDifference(images, torchvision.results.affine!)).toBeLessThan(1e-5);
  });

  it('draws from the range that a number is short for', () => {
    const column = batchOf([1, 1, 9], [0, 0, 0, 0, 1, 0, 0, 0, 0], [0]);
    const many = { ...column, images: new Float32Array(9 * 400), labels: new Int32Array(400), size: 400 };
    for (let i = 0; i < 400; i++) many.images[9 * i + 4] = 1;
    const { images } = randomAffine({ translateX: 3 / 9 }).apply(many, key);
    const centres = Array.from({ length: 400 }, (_, image) =>
      Array.from({ length: 9 }, (_, x) => (x - 4) * images[9 * image + x]!).reduce((a, b) => a + b),
    );
    expect(Math.max(...centres)).toBeLessThanOrEqual(3);
    expect(Math.max(...centres)).toBeGreaterThan(2.9);
    expect(Math.min(...centres)).toBeLessThan(-2.9);
  });

  it('refuses impossible ranges', () => {
    expect(() => randomAffine({ degrees: -1 })).toThrow(OptionError);
    expect(() => randomAffine({ degrees: [20, 10] })).toThrow(OptionError);
    expect(() => randomAffine({ scale: [0, 1] })).toThrow(OptionError);
    expect(() => randomAffine({ shearX: [-90, 0] })).toThrow(OptionError);
    expect(() => randomAffine({})).toThrow('at least one');
  });
});

describe('randomPerspective', () => {
  it('gives what torchvision gives for the same corners', () => {
    const { images } = warp(small(), [9, 7], 0, () => perspectiveSource(9, 7, torchvision.corners));
    expect(largestDifference(images, torchvision.results.perspective!)).toBeLessThan(1e-4);
  });

  it('brings the corners of the image to the four points', () => {
    const source = perspectiveSource(9, 7, torchvision.corners);
    const found = torchvision.corners.map(([x, y]) => source(x, y));
    expect(
      largestDifference(
        found.flatMap(point => [...point]),
        [0, 0, 6, 0, 6, 8, 0, 8],
      ),
    ).toBeLessThan(1e-9);
  });

  it('refuses distortions that may fold the image', () => {
    expect(() => randomPerspective({ distortion: 0.7 })).toThrow(OptionError);
  });
});

describe('randomLensDistortion', () => {
  it('reads a row of 5 at 0.5, 1.375 and so on for a cushion of -0.25', () => {
    // Distances from the middle 2 and 1 of at most 2: 2 (1 - 1/4) = 1.5 and 1 (1 - 1/16) = 0.9375.
    const { images } = randomLensDistortion({ strength: [-0.25, -0.25] }).apply(batchOf([1, 1, 5], [0, 1, 2, 3, 4], [0]), key);
    expect([...images]).toEqual([0.5, 1.0625, 2, 2.9375, 3.5]);
  });

  it('shows more than the image for a barrel', () => {
    // 2 (1 + 1/2) = 3: a pixel beyond the edge.
    const { images } = randomLensDistortion({ strength: [0.5, 0.5], fill: 9 }).apply(
      batchOf([1, 1, 5], [0, 1, 2, 3, 4], [0]),
      key,
    );
    expect([...images]).toEqual([9, 0.875, 2, 3.125, 9]);
  });

  it('refuses a cushion that would show a ring twice', () => {
    expect(() => randomLensDistortion({ strength: 0.4 })).toThrow(OptionError);
    expect(() => randomLensDistortion({ strength: [-0.4, 0] })).toThrow(OptionError);
  });
});

describe('randomElastic', () => {
  it('moves pixels by means of -alpha to alpha, smoothly', () => {
    // The image is its own x coordinate, so the change is the displacement.
    const [height, width] = [24, 24];
    const ramp = Array.from({ length: height * width }, (_, i) => i % width);
    const { images } = randomElastic({ alpha: 20, sigma: 3 }).apply(batchOf([1, height, width], ramp, [0]), key);
    const moved = ramp.map((x, i) => images[i]! - x);
    const inner = (y: number, x: number): number => moved[y * width + x]!;
    let [most, steepest] = [0, 0];
    for (let y = 8; y < 16; y++) {
      for (let x = 8; x < 15; x++) {
        most = Math.max(most, Math.abs(inner(y, x)));
        steepest = Math.max(steepest, Math.abs(inner(y, x + 1) - inner(y, x)));
      }
    }
    // The mean of uniform numbers (deviation 1 / √3) under a Gaussian of deviation 3 has deviation 1 / (√3 · 2√π · 3) = 0.054; times 20 it is 1.1.
    expect(most).toBeGreaterThan(0.3);
    expect(most).toBeLessThan(5);
    expect(steepest).toBeLessThan(most / 2);
  });

  it('refuses what has no meaning', () => {
    expect(() => randomElastic({ alpha: 1, sigma: 0 })).toThrow(OptionError);
  });
});

describe('randomResizedCrop', () => {
  it('scales the whole image as torchvision does', () => {
    const transform = randomResizedCrop({ size: [12, 5], scale: [1, 1], ratio: [7 / 9, 7 / 9] });
    const { images, shape } = transform.apply(small(), key);
    expect(shape).toEqual([3, 12, 5]);
    expect(transform.shape!([3, 9, 7])).toEqual([3, 12, 5]);
    expect(largestDifference(images, torchvision.results.resized!)).toBeLessThan(1e-5);
  });

  it('takes windows of the areas and proportions asked for', () => {
    // Each image has its coordinates as channels, and a crop of the same size shows the window's corners.
    const [height, width] = [40, 60];
    const x = Array.from({ length: height * width }, (_, i) => i % width);
    const y = Array.from({ length: height * width }, (_, i) => Math.floor(i / width));
    const size = 200;
    const image = [...x, ...y];
    const many = batchOf([2, height, width], Array.from({ length: size }, () => image).flat(), Array(size).fill(0));
    const { images } = randomResizedCrop({ scale: [0.2, 0.5], ratio: [0.5, 2] }).apply(many, key);
    const last = height * width - 1;
    const windows = Array.from({ length: size }, (_, i) => {
      const start = i * image.length;
      const windowWidth = images[start + last]! - images[start]! + 1;
      const windowHeight = images[start + height * width + last]! - images[start + height * width]! + 1;
      return { area: (windowWidth * windowHeight) / (height * width), ratio: windowWidth / windowHeight };
    });
    // Whole pixels: sides of 15 to 49, each up to half a pixel longer or shorter.
    for (const { area, ratio } of windows) {
      expect(area).toBeGreaterThan(0.18);
      expect(area).toBeLessThan(0.53);
      expect(ratio).toBeGreaterThan(0.46);
      expect(ratio).toBeLessThan(2.15);
    }
    expect(Math.min(...windows.map(({ area }) => area))).toBeLessThan(0.23);
    expect(Math.max(...windows.map(({ area }) => area))).toBeGreaterThan(0.45);
    expect(Math.min(...windows.map(({ ratio }) => ratio))).toBeLessThan(0.6);
    expect(Math.max(...windows.map(({ ratio }) => ratio))).toBeGreaterThan(1.6);
  });

  it('takes the largest window in the middle where none fits', () => {
    const transform = randomResizedCrop({ size: [1, 2], scale: [1, 1], ratio: [2, 2] });
    const { images } = transform.apply(batchOf([1, 4, 2], [0, 0, 1, 2, 3, 4, 9, 9], [0]), key);
    // 1 row of 2 at row floor((4 - 1) / 2).
    expect([...images]).toEqual([1, 2]);
  });
});
