import { OptionError, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { convolve, convolve2d, crossCorrelate, crossCorrelate2d, SOBEL_X, SOBEL_Y } from '../src/index.js';

const close = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12);
  });
};
const signal = [1, 5, 3, 7, 5, 9, 7, 14];
const third = 1 / 3;

describe('convolve', () => {
  it("gives the lecture's moving average: 3, 5, 5, 7, 7, 10", () => {
    close(convolve(signal, [third, third, third], 'valid'), [3, 5, 5, 7, 7, 10]);
    close(crossCorrelate(signal, [third, third, third]), [3, 5, 5, 7, 7, 10]);
  });

  it('flips the kernel, and cross-correlation does not', () => {
    // By hand: (1, 2, 3) with (0, 1, 0.5), numpy.convolve's example.
    close(convolve([1, 2, 3], [0, 1, 0.5]), [0, 1, 2.5, 4, 1.5]);
    close(convolve([1, 2, 3], [0, 1, 0.5], 'same'), [1, 2.5, 4]);
    close(convolve([1, 2, 3], [0, 1, 0.5], 'valid'), [2.5]);
    close(crossCorrelate([1, 2, 3], [0, 1, 0.5]), [3.5]);
    close(crossCorrelate([1, 2, 3], [0, 1, 0.5], 'same'), [2, 3.5, 3]);
  });

  it('commutes and associates', () => {
    const [a, b] = [
      [2, -1, 4],
      [3, 0.5],
    ];
    close(convolve(signal, a!), convolve(a!, signal));
    close(convolve(convolve(signal, a!), b!), convolve(signal, convolve(a!, b!)));
  });

  it('does not commute without the flip', () => {
    expect(crossCorrelate(signal, [1, 2], 'full')).not.toEqual(crossCorrelate([1, 2], signal, 'full'));
  });

  it('is equivariant to translation: a signal moved by two gives a result moved by two', () => {
    close(convolve([0, 0, ...signal], [2, -1, 4]), [0, 0, ...convolve(signal, [2, -1, 4])]);
  });

  it('refuses what has no result', () => {
    expect(() => convolve([], [1])).toThrow(ShapeError);
    expect(() => convolve([1], [1, 2], 'valid')).toThrow('a kernel of 2 does not fit into 1');
    expect(() => convolve([1], [1], 'some' as 'same')).toThrow(OptionError);
  });
});

describe('convolve2d', () => {
  const picture = [
    [1, 2, 0],
    [0, 3, 1],
    [4, 0, 2],
  ];
  const kernel = [
    [1, 2],
    [3, 4],
  ];

  it('gives what is worked out by hand', () => {
    // Top left of 'valid': 1·4 + 2·3 + 0·2 + 3·1 = 13.
    expect(convolve2d(picture, kernel, 'valid')).toEqual([
      [13, 15],
      [17, 17],
    ]);
    // 1·1 + 2·2 + 0·3 + 3·4 = 17.
    expect(crossCorrelate2d(picture, kernel)).toEqual([
      [17, 15],
      [18, 13],
    ]);
    expect(convolve2d([[1]], kernel)).toEqual(kernel);
  });

  it('commutes, associates and moves with the picture', () => {
    const other = [[2, -1, 1]];
    expect(convolve2d(picture, kernel)).toEqual(convolve2d(kernel, picture));
    expect(convolve2d(convolve2d(picture, kernel), other)).toEqual(convolve2d(picture, convolve2d(kernel, other)));
    const moved = [[0, 0, 0, 0], ...picture.map(row => [0, ...row])];
    expect(convolve2d(moved, kernel)).toEqual([[0, 0, 0, 0, 0], ...convolve2d(picture, kernel).map(row => [0, ...row])]);
  });

  it('finds edges with the Sobel filters', () => {
    const leftDark = Array.from({ length: 4 }, () => [0, 0, 10, 10]);
    // 1 + 2 + 1 times the step of 10.
    expect(crossCorrelate2d(leftDark, SOBEL_X)).toEqual([
      [40, 40],
      [40, 40],
    ]);
    expect(crossCorrelate2d(leftDark, SOBEL_Y)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const topDark = [0, 0, 10, 10].map(value => Array(4).fill(value) as number[]);
    expect(crossCorrelate2d(topDark, SOBEL_Y)).toEqual([
      [40, 40],
      [40, 40],
    ]);
    expect(crossCorrelate2d(topDark, SOBEL_X)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('refuses rows of different lengths', () => {
    expect(() => convolve2d([[1, 2], [3]], [[1]])).toThrow('row 1 of the picture has 1 numbers, row 0 has 2');
  });
});
