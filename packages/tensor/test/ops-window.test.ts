/** Windows, convolutions, pools and resizing: values by PyTorch 1.13, ties and NaN by hand, and the algebra that they obey. */
import { cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import { ops, type Tensor, type tensor, tidy } from '@cnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { expectClose, float64, gradientOf, valuesOf } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const x = (numbers: Parameters<typeof tensor>[1], shape?: readonly number[]): Tensor => float64(backend, numbers, shape);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const randomly = (shape: readonly number[], seed = 1): Tensor => x(spread(sizeOf(shape), seed), shape);

/** Whole numbers that go up by `step` and start again at `modulus`, around 0: easy to make in PyTorch, too. */
const pattern = (shape: readonly number[], step = 7, modulus = 11): Tensor =>
  x(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * step) % modulus) - (modulus - 1) / 2),
    shape,
  );

const dot = (a: Tensor, b: Tensor): Tensor => ops.sum(ops.mul(a, b));

describe('unfold and fold', () => {
  test("a reshape of unfold is PyTorch's F.unfold", () => {
    const wanted = [
      0, 0, -3, 0, 0, 0, 4, -4, 0, 0, 0, 3, -3, 0, 1, 4, 4, -4, -3, 0, 0, 3, 4, -4, 0, 0, 5, -3, 0, 0, 1, 4, 0, 0, -3, 0, 5, -3,
      -2, 1, 1, 4, 5, -3, -3, 0, 1, 4,
    ];
    const options = { dilation: [2, 1], padding: [1, 0], stride: 2 };
    expect(valuesOf(() => ops.reshape(ops.unfold(pattern([1, 2, 4, 5]), [2, 3], options), [1, 12, 4]))).toEqual(wanted);
  });
  test('a row of pixels by hand', () => {
    // The windows are [9, 1], [1, 2] and [2, 3]; their first elements come first.
    const padded = { padding: [[1, 0]] as const, padValue: 9 };
    expect(valuesOf(() => ops.unfold(x([1, 2, 3], [1, 1, 3]), 2, padded))).toEqual([9, 1, 2, 1, 2, 3]);
    expect(valuesOf(() => ops.fold(x([1, 2, 3, 4], [1, 1, 2, 2]), [3], 2))).toEqual([1, 2 + 3, 4]);
  });

  const window = fc.record({
    size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.tuple(fc.nat(2), fc.nat(2)), fc.tuple(fc.nat(2), fc.nat(2))),
  });
  const fits = ({ size, kernel, dilation, padding }: typeof window extends fc.Arbitrary<infer T> ? T : never): boolean =>
    [0, 1].every(i => size[i]! + padding[i]![0]! + padding[i]![1]! >= dilation[i]! * (kernel[i]! - 1) + 1);

  test('each is the transpose of the other: <unfold x, y> = <x, fold y>', () => {
    fc.assert(
      fc.property(window.filter(fits), ({ size, kernel, ...options }) => {
        const [left, right] = valuesOf(() => {
          const image = randomly([2, 2, ...size], 1);
          const columns = ops.unfold(image, kernel, options);
          const other = randomly(columns.shape, 2);
          return ops.stack([dot(columns, other), dot(image, ops.fold(other, size, kernel, options))]);
        });
        expectClose([left!], [right!], 1e-12);
      }),
    );
  });

  test('conv2d is linear in the image and in the weight', () => {
    fc.assert(
      fc.property(window.filter(fits), fc.double({ min: -3, max: 3, noNaN: true }), ({ size, kernel, ...options }, factor) => {
        tidy(() => {
          const [a, b] = [randomly([1, 2, ...size], 1), randomly([1, 2, ...size], 2)];
          const [u, v] = [randomly([3, 2, ...kernel], 3), randomly([3, 2, ...kernel], 4)];
          const conv = (image: Tensor, weight: Tensor): Tensor => ops.conv2d(image, weight, undefined, options);
          const sum = ops.add(conv(a, u), ops.mul(conv(b, u), factor));
          expectClose(conv(ops.add(a, ops.mul(b, factor)), u).dataSync(), sum.dataSync(), 1e-12);
          const weights = ops.add(conv(a, u), ops.mul(conv(a, v), factor));
          expectClose(conv(a, ops.add(u, ops.mul(v, factor))).dataSync(), weights.dataSync(), 1e-12);
        });
      }),
    );
  });

  test('convTranspose2d is the transpose of conv2d: <conv(x, w), y> = <x, convTranspose(y, w)>', () => {
    fc.assert(
      fc.property(window.filter(fits), ({ size, kernel, padding, ...options }) => {
        tidy(() => {
          const image = randomly([1, 2, ...size], 1);
          const weight = randomly([3, 2, ...kernel], 2);
          const y = ops.conv2d(image, weight, undefined, { ...options, padding });
          const other = randomly(y.shape, 3);
          const outputPadding = size.map((n, i) => {
            const back =
              (y.shape[2 + i]! - 1) * options.stride[i]! -
              padding[i]![0]! -
              padding[i]![1]! +
              options.dilation[i]! * (kernel[i]! - 1) +
              1;
            return n - back;
          });
          const back = ops.convTranspose2d(other, weight, undefined, { ...options, padding, outputPadding });
          expect(back.shape).toEqual(image.shape);
          expectClose(dot(y, other).dataSync(), dot(image, back).dataSync(), 1e-12);
        });
      }),
    );
  });
});

describe('convolutions', () => {
  test('groups, stride, padding, dilation and bias', () => {
    const options = { stride: [2, 1], padding: [1, 2], dilation: [2, 1], groups: 2 };
    expect(valuesOf(() => ops.conv2d(pattern([1, 2, 4, 5]), pattern([2, 1, 2, 3], 3, 5), x([1, -1]), options))).toEqual([
      7, -7, -5, 17, -5, -7, 7, 2, 0, 5, -9, 10, 12, -13, 4, -10, -6, 9, -9, -1, -1, 7, 5, -12, 6, 2, -5, -1,
    ]);
  });
  test.each([
    ['reflect', [0, -3, -3, 0, 2, -1, -23, 13, 2, -1, 21, 2, 0, -3, -14, 0]],
    ['replicate', [-17, 20, -24, -6, 17, -1, -23, 6, -16, -1, 21, 6, 5, 20, -13, 16]],
    ['circular', [1, -5, -5, 1, -6, -1, -23, 16, -17, -1, 21, 5, 23, -5, 6, -10]],
  ] as const)('%s padding', (paddingMode, wanted) => {
    const run = (): Tensor =>
      ops.conv2d(pattern([1, 1, 4, 4]), pattern([1, 1, 3, 3], 3, 5), undefined, { padding: 1, paddingMode });
    expect(valuesOf(run)).toEqual(wanted);
  });
  test('it is a cross-correlation: the kernel is not flipped', () => {
    expect(valuesOf(() => ops.conv1d(x([1, 2, 3, 4], [1, 1, 4]), x([1, 10], [1, 1, 2])))).toEqual([21, 32, 43]);
  });
  test('a transposed convolution', () => {
    const options = { stride: 2, padding: [1, 0], outputPadding: [1, 0], dilation: [1, 2] };
    expect(valuesOf(() => ops.convTranspose2d(pattern([1, 2, 2, 3]), pattern([2, 1, 2, 2], 3, 5), undefined, options))).toEqual([
      9, 0, -16, 0, 2, 0, 0, -10, 0, -3, 0, 9, 0, 7, -2, 0, 5, 0, 1, 0, -1,
    ]);
  });
  test("'same' puts the odd pixel after", () => {
    expect(valuesOf(() => ops.conv1d(x([1, 2, 3], [1, 1, 3]), x([1, 1], [1, 1, 2]), undefined, { padding: 'same' }))).toEqual([
      3, 5, 3,
    ]);
  });
});

describe('pools', () => {
  test('max pooling in ceil mode, with indices', () => {
    const pooled = tidy(() => {
      const options = { stride: 2, padding: [1, 0], ceilMode: true };
      const { values, indices } = ops.maxPool2dWithIndices(pattern([1, 1, 5, 6]), [3, 2], options);
      return [Array.from(values.dataSync()), Array.from(indices.dataSync())];
    });
    expect(pooled).toEqual([
      [4, 5, 1, 4, 5, 4, 5, 3, 4],
      [6, 3, 4, 6, 14, 17, 25, 20, 28],
    ]);
  });
  test('average pooling in ceil mode, with and without the padding', () => {
    const run = (countIncludePad: boolean): number[] =>
      valuesOf(() => ops.avgPool2d(pattern([1, 1, 5, 6]), [3, 2], { stride: 2, padding: 1, ceilMode: true, countIncludePad }));
    expectClose(run(true), [-1 / 6, -2 / 3, 4 / 3, -4 / 3, 1, -1 / 3, -1, 1 / 6, -1 / 3, 5 / 6, -5 / 6, 1 / 3]);
    expectClose(run(false), [-0.5, -1, 2, -4, 2, -1 / 3, -1, 1 / 3, -1, 1.25, -1.25, 1]);
  });
  test('a tie goes to the first, and so does its gradient', () => {
    const image = x([1, 1, 1, 1], [1, 1, 2, 2]);
    expect(valuesOf(() => ops.maxPool2dWithIndices(image, 2).indices)).toEqual([0]);
    expect(gradientOf(v => ops.maxPool2d(v, 2), image)).toEqual([1, 0, 0, 0]);
    image.dispose();
  });
  test('NaN wins, infinities pool', () => {
    expect(valuesOf(() => ops.maxPool2d(x([1, nan, 3, 4], [1, 1, 2, 2]), 2))).toEqual([nan]);
    expect(valuesOf(() => ops.maxPool2dWithIndices(x([1, nan, 3, nan], [1, 1, 2, 2]), 2).indices)).toEqual([1]);
    expect(valuesOf(() => ops.maxPool2d(x([-inf, -5, 2, inf], [1, 1, 2, 2]), [1, 2]))).toEqual([-5, inf]);
  });
  test('the padding of max pooling never wins', () => {
    expect(valuesOf(() => ops.maxPool2d(x([-3], [1, 1, 1, 1]), 3, { padding: 1, stride: 1 }))).toEqual([-3]);
  });
  test('where all is minus infinity, the first pixel wins and not the padding', () => {
    const pooled = (): Tensor => ops.maxPool2dWithIndices(x([-inf, -inf, -inf, -inf], [1, 1, 2, 2]), 2, { padding: 1 }).indices;
    expect(valuesOf(pooled)).toEqual([0, 1, 2, 3]);
  });
  test('overlapping windows add their gradients up', () => {
    const image = x([1, 3, 2], [1, 1, 1, 3]);
    expect(gradientOf(v => ops.maxPool2d(v, [1, 2], { stride: 1 }), image)).toEqual([0, 2, 0]);
    expect(gradientOf(v => ops.avgPool2d(v, [1, 2], { stride: 1 }), image)).toEqual([0.5, 1, 0.5]);
    image.dispose();
  });
  test('global pools', () => {
    const image = (): Tensor => x([1, 2, 3, 6, -1, -2, -3, -4], [1, 2, 2, 2]);
    expect(valuesOf(() => ops.globalAvgPool2d(image()))).toEqual([3, -2.5]);
    expect(valuesOf(() => ops.globalMaxPool2d(image()))).toEqual([6, -1]);
  });
  test.each([
    [
      [3, 2],
      [-1 / 4, 1 / 8, -1 / 12, -1 / 6, -3 / 8, 0],
      [5, 5, 5, 5, 4, 5],
    ],
    [
      [2, 4],
      [-1 / 6, 5 / 9, -1 / 9, 0, 2 / 3, -4 / 9, 1 / 9, -1],
      [5, 5, 5, 4, 5, 4, 5, 3],
    ],
    [
      [6, 9],
      [
        -5, -1.5, 0, 1.5, 5, 3, -1, 0.5, 4, -2.5, -1.75, -0.25, 1.25, 2, 0, -1.25, 0.25, 1, 2.5, 0.5, -0.75, 0.75, 1.5, -0.5,
        -1.75, -0.25, 0.5, 2, 0, -1.25, 0.25, 1, 1.75, 0.5, -0.75, 0, 1.5, -0.5, -1.75, -0.25, 0.5, 1.25, 0, -1.25, -0.5, 4, 2,
        -2, -0.5, 3, 1, -3, -1.5, 2,
      ],
      [
        -5, 2, 2, 5, 5, 5, 1, 4, 4, 0, 2, 3, 5, 5, 5, 2, 4, 4, 5, 5, 3, 4, 4, 4, 2, 3, 3, 5, 5, 2, 4, 4, 5, 5, 3, 3, 4, 4, 2, 3,
        3, 5, 5, 2, 2, 4, 4, 0, 3, 3, 3, -1, 2, 2,
      ],
    ],
  ])('adaptive pools of 5 by 7 to %j', (size, average, maximum) => {
    expectClose(
      valuesOf(() => ops.adaptiveAvgPool2d(pattern([1, 1, 5, 7]), size)),
      average,
    );
    expect(valuesOf(() => ops.adaptiveMaxPool2d(pattern([1, 1, 5, 7]), size))).toEqual(maximum);
  });
});

describe('resize', () => {
  const image = (): Tensor => pattern([1, 1, 3, 4]);
  test('nearest', () => {
    expect(valuesOf(() => ops.resize(image(), [5, 7]))).toEqual([
      -5, -5, 2, 2, -2, -2, 5, -5, -5, 2, 2, -2, -2, 5, 1, 1, -3, -3, 4, 4, 0, 1, 1, -3, -3, 4, 4, 0, -4, -4, 3, 3, -1, -1, -5,
    ]);
    expect(valuesOf(() => ops.resize(image(), [2, 2]))).toEqual([-5, -2, 1, 4]);
  });
  test('bilinear, edges on edges', () => {
    expectClose(
      valuesOf(() => ops.resize(image(), [5, 7], { mode: 'bilinear' })),
      [
        -5, -2.5, 1.5, 0, -1.5, 2.5, 5, -2.6, -1.671428571, -0.1857142857, 0.2, 0.5857142857, 2.071428571, 3, 1, -0.4285714286,
        -2.714285714, 0.5, 3.714285714, 1.428571429, 0, -2, -1.071428571, 0.4142857143, 0.8, 0.7142857143, -1.571428571, -3, -4,
        -1.5, 2.5, 1, -1.285714286, -3.571428571, -5,
      ],
    );
    expectClose(
      valuesOf(() => ops.resize(image(), [2, 2], { mode: 'bilinear' })),
      [-1.375, 1.625, -0.625, -1.75],
    );
    expectClose(
      valuesOf(() => ops.resize(image(), [1, 1], { mode: 'bilinear' })),
      [0.5],
    );
  });
  test('bilinear, corners on corners', () => {
    const aligned = { mode: 'bilinear', alignCorners: true } as const;
    expectClose(
      valuesOf(() => ops.resize(image(), [5, 7], aligned)),
      [
        -5, -1.5, 2, 0, -2, 1.5, 5, -2, -1.25, -0.5, 0.25, 1, 1.75, 2.5, 1, -1, -3, 0.5, 4, 2, 0, -1.5, -0.75, 0, 0.75, 1.5, -0.5,
        -2.5, -4, -0.5, 3, 1, -1, -3, -5,
      ],
    );
    expectClose(
      valuesOf(() => ops.resize(image(), [2, 2], aligned)),
      [-5, 5, -4, -5],
    );
    expectClose(
      valuesOf(() => ops.resize(image(), [1, 1], aligned)),
      [-5],
    );
  });
  test('to the size it has changes nothing', () => {
    const same = valuesOf(image);
    expect(valuesOf(() => ops.resize(image(), [3, 4]))).toEqual(same);
    expect(valuesOf(() => ops.resize(image(), [3, 4], { mode: 'bilinear' }))).toEqual(same);
    expect(valuesOf(() => ops.resize(image(), [3, 4], { mode: 'bilinear', alignCorners: true }))).toEqual(same);
  });
});

describe('normalisation', () => {
  test('local response normalisation over an even neighbourhood', () => {
    expectClose(
      valuesOf(() => ops.localResponseNorm(pattern([1, 5, 1, 2]), { size: 4, alpha: 0.5, beta: 0.75, k: 2 })),
      [
        -1.368920128, 0.5475680512, -0.5386158286, 1.193966591, 0.2152899333, -0.7163799545, 0.9686582449, 0, -1.027378378,
        1.013513545,
      ],
      1e-9,
    );
  });
  test('batch statistics are the mean and the biased variance', () => {
    const [y, mean, variance] = tidy(() => {
      const result = ops.batchNorm(x([1, 10, 3, 20], [2, 2]), x([1, 2]), x([0, 5]), { epsilon: 1e-12 });
      return [result.y, result.mean, result.variance].map(part => Array.from(part.dataSync()));
    });
    expect(mean).toEqual([2, 15]);
    expect(variance).toEqual([1, 25]);
    expectClose(y!, [-1, 3, 1, 7], 1e-9);
  });
  test('with its own statistics, inference gives what training gave', () => {
    tidy(() => {
      const [image, weight, bias] = [randomly([3, 2, 2, 2]), randomly([2], 2), randomly([2], 3)];
      const { y, mean, variance } = ops.batchNorm(image, weight, bias);
      expectClose(ops.batchNormInference(image, weight, bias, { mean, variance }).dataSync(), y.dataSync(), 1e-14);
    });
  });
  test('what is normalised has mean 0 and variance 1', () => {
    tidy(() => {
      const image = ops.add(ops.mul(randomly([2, 4, 3, 3]), 5), 100);
      const epsilon = 1e-12;
      for (const [y, shape] of [
        [ops.layerNorm(image, [4, 3, 3], undefined, undefined, { epsilon }), [2, -1]],
        [ops.groupNorm(image, 2, undefined, undefined, { epsilon }), [4, -1]],
        [ops.instanceNorm(image, undefined, undefined, { epsilon }), [8, -1]],
      ] as const) {
        const groups = ops.reshape(y, shape);
        expectClose(ops.mean(groups, 1).dataSync(), new Float64Array(shape[0]), 1e-9);
        expectClose(ops.variance(groups, 1, { correction: 0 }).dataSync(), new Float64Array(shape[0]).fill(1), 1e-9);
      }
    });
  });
});
