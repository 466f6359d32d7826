import { OptionError, randomKey, randomNormal, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { colourHistogram, hog, kMeans, nearestCentres, patches, visualWords } from '../src/index.js';

describe('colourHistogram', () => {
  it('counts colours, wherever they are', () => {
    // Four pixels: black, pure red twice, white.
    const image = [0, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255];
    const histogram = colourHistogram(image, { bins: 2 });
    expect([...histogram]).toEqual([0.25, 0, 0, 0, 0.5, 0, 0, 0.25]);
    const turned = [255, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 0];
    expect([...colourHistogram(turned, { bins: 2 })]).toEqual([...histogram]);
  });

  it('divides the range evenly', () => {
    expect(colourHistogram([63, 0, 0], { bins: 4 })[0]).toBe(1);
    expect(colourHistogram([64, 0, 0], { bins: 4 })[16]).toBe(1);
    expect(() => colourHistogram([1, 2])).toThrow(ShapeError);
  });
});

describe('hog', () => {
  /** A ramp that rises by 1 per pixel in a direction. */
  const ramp = (degrees: number, side: number): number[] => {
    const [x, y] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return Array.from({ length: side * side }, (_, i) => (i % side) * x + Math.floor(i / side) * y);
  };
  /** The shares of the nine directions in the middle of an image of 8x8 cells, as a sum of 1. */
  const directions = (degrees: number): number[] => {
    const features = hog(ramp(degrees, 64), [1, 64, 64]);
    const middle = features.subarray((3 * 7 + 3) * 36, (3 * 7 + 3) * 36 + 9);
    const sum = middle.reduce((a, b) => a + b);
    return Array.from(middle, value => value / sum);
  };

  it('puts an edge into the bin of its direction, whichever side is dark', () => {
    // Bins of 20 degrees; their middles are 10, 30, 50 …
    for (const [degrees, bin] of [
      [10, 0],
      [50, 2],
      [90, 4],
      [170, 8],
      [230, 2],
    ] as const) {
      directions(degrees).forEach((share, i) => {
        expect(share).toBeCloseTo(i === bin ? 1 : 0, 5);
      });
    }
  });

  it('shares an edge between two directions, around the circle too', () => {
    // 40 is halfway from 30 to 50, and 0 from 170 to 10.
    const middle = directions(40);
    expect(middle[1]).toBeCloseTo(0.5, 5);
    expect(middle[2]).toBeCloseTo(0.5, 5);
    const zero = directions(0);
    expect(zero[0]).toBeCloseTo(0.5, 5);
    expect(zero[8]).toBeCloseTo(0.5, 5);
  });

  it('clips what is above 0.2 and divides again', () => {
    // 35 degrees: 3 to 1 for 30 and 50, that is 0.95 and 0.32 of the length; both clipped to 0.2, and then 1 / √2.
    const features = hog(ramp(35, 24), [1, 24, 24], { block: 1 }).subarray(4 * 9, 5 * 9);
    expect(features[1]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(features[2]).toBeCloseTo(Math.SQRT1_2, 5);
  });

  it('gives 3,780 numbers for the window of 128x64 of the paper, each block of length 1', () => {
    const image = Array.from(randomNormal(128 * 64, randomKey('hog')));
    const features = hog(image, [1, 128, 64]);
    expect(features).toHaveLength(3780);
    for (let block = 0; block < 3780; block += 36) expect(Math.hypot(...features.subarray(block, block + 36))).toBeCloseTo(1, 5);
  });

  it('does not change with brightness and contrast', () => {
    const image = Array.from(randomNormal(256, randomKey('hog')));
    const features = hog(image, [1, 16, 16]);
    hog(
      image.map(value => 3 * value + 7),
      [1, 16, 16],
    ).forEach((value, i) => {
      expect(value).toBeCloseTo(features[i]!, 5);
    });
  });

  it('takes the strongest channel', () => {
    const weak = ramp(90, 16).map(value => value / 10);
    const strong = ramp(10, 16);
    expect([...hog([...weak, ...strong], [2, 16, 16])]).toEqual([...hog(strong, [1, 16, 16])]);
  });

  it('gives zeros where there is no edge, and refuses what it cannot take', () => {
    expect([...hog(Array(256).fill(3), [1, 16, 16])]).toEqual(Array(36).fill(0));
    expect(() => hog([1, 2], [1, 1, 2])).toThrow('no room for a block');
    expect(() => hog([1, 2], [1, 2, 2])).toThrow(ShapeError);
    expect(() => hog([Number.NaN, ...Array(255).fill(0)], [1, 16, 16])).toThrow(OptionError);
  });
});

describe('kMeans', () => {
  const two = [0, 0, 0, 1, 1, 0, 10, 10, 10, 11, 11, 10];

  it('finds two clusters and their means', () => {
    const clusters = kMeans(two, { k: 2, size: 2 });
    const centres = [clusters.centres.slice(0, 2), clusters.centres.slice(2)].sort((a, b) => a[0]! - b[0]!);
    for (const [centre, start] of [
      [centres[0]!, 0],
      [centres[1]!, 10],
    ] as const)
      for (const value of centre) expect(value).toBeCloseTo(start + 1 / 3, 12);
    const nearest = nearestCentres(clusters, two);
    expect(new Set(nearest.subarray(0, 3)).size).toBe(1);
    expect(new Set(nearest.subarray(3)).size).toBe(1);
    expect(nearest[0]).not.toBe(nearest[3]);
  });

  it('takes each row for a cluster where there are as many, and rows that are all the same', () => {
    const each = kMeans([5, 1, 3], { k: 3, size: 1 });
    expect([...each.centres].sort((a, b) => a - b)).toEqual([1, 3, 5]);
    expect([...kMeans([2, 2, 2], { k: 2, size: 1 }).centres]).toEqual([2, 2]);
  });

  it('refuses more clusters than rows and broken rows', () => {
    expect(() => kMeans([1, 2], { k: 3, size: 1 })).toThrow(OptionError);
    expect(() => kMeans([1, 2, 3], { k: 1, size: 2 })).toThrow(ShapeError);
  });
});

describe('visualWords', () => {
  it('cuts patches from the top left, channel by channel', () => {
    const image = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    const overlapping = patches(image, [2, 3, 3], { size: 2, stride: 1 });
    expect(overlapping).toHaveLength(4 * 8);
    expect([...overlapping.subarray(8, 16)]).toEqual([1, 2, 4, 5, 11, 12, 14, 15]);
    expect([...overlapping.subarray(16, 24)]).toEqual([3, 4, 6, 7, 13, 14, 16, 17]);
    expect([...patches(image, [2, 3, 3], { size: 2 })]).toEqual([0, 1, 3, 4, 10, 11, 13, 14]);
    expect(() => patches(image, [2, 3, 3], { size: 4 })).toThrow(ShapeError);
  });

  it('counts the nearest words', () => {
    const codebook = { k: 3, size: 1, centres: Float64Array.of(0, 10, 20) };
    expect([...visualWords(codebook, [1, 2, 9, 24])]).toEqual([0.5, 0.25, 0.25]);
    expect(() => visualWords(codebook, [])).toThrow(ShapeError);
  });
});
