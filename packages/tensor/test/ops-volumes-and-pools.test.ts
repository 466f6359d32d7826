/** Convolution over volumes, locally connected layers and the rarer pools: values by PyTorch 1.13 (float64) and by hand. */
import { cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import { grad, ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { expectClose, float64, gradientOf, valuesOf } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const x = (numbers: Parameters<typeof tensor>[1], shape?: readonly number[]): Tensor => float64(backend, numbers, shape);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const randomly = (shape: readonly number[], seed = 1): Tensor => x(spread(sizeOf(shape), seed), shape);

/** Whole numbers that go up by `step` and start again at `modulus`, around 0: easy to make in PyTorch, too. */
const pattern = (shape: readonly number[], step = 7, modulus = 11): Tensor =>
  x(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * step) % modulus) - (modulus - 1) / 2),
    shape,
  );

describe('conv3d', () => {
  const options = { stride: [1, 2, 1], padding: [1, 1, 0], groups: 2, dilation: [1, 1, 2] };

  test("is PyTorch's, and so are its gradients", () => {
    tidy(() => {
      const volumes = pattern([1, 4, 2, 3, 3]);
      const weight = pattern([2, 2, 2, 2, 2], 5, 7);
      const y = ops.conv3d(volumes, weight, x([1, -2]), options);
      expect(y.shape).toEqual([1, 2, 3, 2, 1]);
      expectClose(y.dataSync(), [18, 26, 35, -1, 17, -7, 4, 20, 13, 18, 6, 5]);
      const { grads } = grad(() => ops.sum(ops.conv3d(volumes, weight, undefined, options)), [volumes, weight]);
      expectClose(
        grads[0]!.dataSync(),
        [
          -1, 0, -5, 0, 0, 3, -1, 0, -5, -1, 0, -5, 0, 0, 3, -1, 0, -5, -5, 0, 5, 3, 0, -1, -5, 0, 5, -5, 0, 5, 3, 0, -1, -5, 0,
          5, 5, 0, 1, -1, 0, -5, 5, 0, 1, 5, 0, 1, -1, 0, -5, 5, 0, 1, 1, 0, -3, -5, 0, 5, 1, 0, -3, 1, 0, -3, -5, 0, 5, 1, 0, -3,
        ],
      );
      expectClose(
        grads[1]!.dataSync(),
        [7, 2, 3, -7, 7, 2, 3, -7, -5, 1, -10, 2, -5, 1, -10, 2, 5, 0, 10, 0, 5, 0, 10, 0, -7, -1, -3, -2, -7, -1, -3, -2],
      );
    });
  });

  test.each(['zeros', 'reflect', 'replicate', 'circular'] as const)(
    'is conv2d where the kernel is one deep, with %s padding',
    paddingMode => {
      // Slice by slice, as one image each.
      const [volume, image] = [true, false].map(deep =>
        valuesOf(() => {
          const images = randomly([3, 2, 4, 5]);
          const weight = randomly([2, 2, 3, 3], 2);
          if (!deep) return ops.conv2d(images, weight, undefined, { padding: 1, paddingMode });
          const slices = ops.reshape(ops.permute(images, [1, 0, 2, 3]), [1, 2, 3, 4, 5]);
          const y = ops.conv3d(slices, ops.reshape(weight, [2, 2, 1, 3, 3]), undefined, { padding: [0, 1, 1], paddingMode });
          return ops.permute(ops.reshape(y, [2, 3, 4, 5]), [1, 0, 2, 3]);
        }),
      );
      expectClose(volume!, image!);
    },
  );

  test('refuses what does not fit', () => {
    const refuses = (message: string, call: () => Tensor): void => expect(() => tidy(call)).toThrow(message);
    const volumes = (): Tensor => x(new Float64Array(2 * 27), [1, 2, 3, 3, 3]);
    const weight = (...shape: number[]): Tensor => x(new Float64Array(sizeOf(shape)), shape);
    refuses('conv3d: the input is [2, 3, 3]; it must be volumes [n, c, d, h, w]', () =>
      ops.conv3d(weight(2, 3, 3), weight(1, 2, 1, 1, 1)),
    );
    refuses('conv3d: 2 channels and a weight [3, 1, 1, 1, 1] do not make 2 groups of 1 channels', () =>
      ops.conv3d(volumes(), weight(3, 1, 1, 1, 1), undefined, { groups: 2 }),
    );
    refuses('conv3d: the bias is [3]; it must be [2]', () => ops.conv3d(volumes(), weight(2, 2, 1, 1, 1), weight(3)));
    refuses('conv3d: the window does not fit', () => ops.conv3d(volumes(), weight(2, 2, 4, 1, 1)));
    refuses("conv3d: option 'groups'", () => ops.conv3d(volumes(), weight(2, 2, 1, 1, 1), undefined, { groups: 0 }));
  });
});

describe('locallyConnected2d', () => {
  test('weighs each place by itself, by hand', () => {
    // Windows [1, 2], [2, 3], [3, 4] by weights [1, 0], [0, 1], [1, 1], and 10, 20, 30 more.
    expect(
      valuesOf(() =>
        ops.locallyConnected2d(
          x([1, 2, 3, 4], [1, 1, 1, 4]),
          x([1, 0, 0, 1, 1, 1], [1, 3, 1, 1, 1, 2]),
          x([10, 20, 30], [1, 1, 3]),
        ),
      ),
    ).toEqual([11, 23, 37]);
  });

  test('with the same weight everywhere it is a convolution', () => {
    const options = { stride: [2, 1], padding: 1, dilation: [1, 2] };
    const [convolved, local] = [true, false].map(shared =>
      valuesOf(() => {
        const images = randomly([2, 3, 5, 4]);
        const weight = randomly([2, 3, 3, 2], 2);
        return shared
          ? ops.conv2d(images, weight, undefined, options)
          : ops.locallyConnected2d(images, ops.broadcastTo(weight, [3, 4, 2, 3, 3, 2]), undefined, options);
      }),
    );
    expectClose(local!, convolved!);
  });

  test('refuses a weight or bias for other places', () => {
    const zeros = (...shape: number[]): Tensor => x(new Float64Array(sizeOf(shape)), shape);
    expect(() => tidy(() => ops.locallyConnected2d(zeros(1, 2, 4, 4), zeros(2, 3, 1, 2, 2, 2)))).toThrow(
      'locallyConnected2d: the weight is [2, 3, 1, 2, 2, 2]; images [1, 2, 4, 4] need [3, 3, 1, 2, 2, 2]',
    );
    expect(() => tidy(() => ops.locallyConnected2d(zeros(1, 1, 2, 2), zeros(1, 1, 1, 1, 2, 2), zeros(1)))).toThrow(
      'locallyConnected2d: the bias is [1]; it must be [1, 1, 1]',
    );
  });
});

describe('lpPool2d', () => {
  test("is PyTorch's, and so is its gradient", () => {
    tidy(() => {
      const image = pattern([1, 2, 4, 4]);
      expectClose(
        valuesOf(() => ops.lpPool2d(image, 2)),
        [6.2449979984, 6.7082039325, 5.7445626465, 7.2111025509, 5.9160797831, 6.7082039325, 6.7082039325, 5.9160797831],
      );
      expectClose(
        gradientOf(y => ops.lpPool2d(y, 2), image),
        [
          -0.800640769, 0.3202563076, -0.298142397, 0.7453559925, 0.1601281538, -0.4803844614, 0.596284794, 0, -0.6963106238,
          0.5222329679, -0.1386750491, -0.6933752453, 0.3481553119, -0.3481553119, 0.6933752453, 0.1386750491, -0.5070925528,
          0.6761234038, 0, -0.596284794, 0.5070925528, -0.1690308509, -0.7453559925, 0.298142397, -0.298142397, 0.7453559925,
          0.1690308509, -0.5070925528, 0.596284794, 0, -0.6761234038, 0.5070925528,
        ],
      );
      // PyTorch raises signed numbers to an odd power; it was given |x|.
      expectClose(
        valuesOf(() => ops.lpPool2d(image, [2, 3], { norm: 3, stride: 1 })),
        [
          6.1534494937, 6.1446336514, 5.6877339597, 6.2487997695, 6.1534494937, 6.5962022841, 6.2487997695, 6.3988279104,
          6.5962022841, 6.5962022841, 6.3988279104, 6.2487997695,
        ],
      );
    });
  });

  test('a window of zeros has gradient 0, and NaN stays', () => {
    tidy(() => {
      expectClose(
        gradientOf(y => ops.lpPool2d(y, [1, 2]), x([0, 0, 3, 4], [1, 1, 1, 4])),
        [0, 0, 0.6, 0.8],
      );
      expect(valuesOf(() => ops.lpPool2d(x([Number.NaN, 1], [1, 1, 1, 2]), [1, 2]))).toEqual([Number.NaN]);
    });
  });

  test('refuses a norm below 1', () => {
    expect(() => tidy(() => ops.lpPool2d(x([1], [1, 1, 1, 1]), 1, { norm: 0.5 }))).toThrow("lpPool2d: option 'norm'");
  });
});

describe('fractionalMaxPool2d', () => {
  // PyTorch's samples are for columns, then rows.
  test.each([
    [
      [0.8, 0.3],
      [
        17, 6, 19, 4, 17, 2, 15, 0, 13, -2, 20, 20, 18, 18, 20, 20, 14, 14, 12, 12, 6, 19, 4, 17, 2, 15, 0, 13, -2, 11, 20, 9, 18,
        7, 20, 5, 14, -1, 12, -3,
      ],
    ],
    [
      [0, 0],
      [
        17, 6, 19, 4, 17, 2, 15, 0, 13, -2, 11, 20, 18, 18, 7, 20, 14, 14, -1, 12, 6, 19, 19, 17, 2, 15, 15, 13, -2, 11, 20, 9,
        18, 7, 20, 5, 14, -1, 12, -3,
      ],
    ],
    [
      [0.5, 0.95],
      [
        17, 6, 19, 4, 17, 2, 15, 0, 18, 18, 7, 20, 18, 18, 3, 16, 14, 14, -1, 12, 6, 19, 19, 17, 2, 15, 15, 13, 18, 7, 20, 5, 18,
        3, 16, 1, 14, -1, 12, -3,
      ],
    ],
  ] as const)("is PyTorch's for the offset %s", (offset, wanted) => {
    expect(valuesOf(() => ops.fractionalMaxPool2d(pattern([1, 2, 7, 6], 13, 41), 2, { outputSize: [5, 4], offset }))).toEqual(
      wanted,
    );
  });

  test('refuses more windows than fit', () => {
    expect(() => tidy(() => ops.fractionalMaxPool2d(pattern([1, 1, 4, 4]), 2, { outputSize: [4, 3], offset: [0, 0] }))).toThrow(
      'fractionalMaxPool2d: 4 by 3 windows of 2 by 2 do not fit 4 by 4: output + kernel - 1 may be no larger',
    );
  });
});

describe('the way back', () => {
  test("maxUnpool2d is PyTorch's", () => {
    const wanted = [
      0, 0, 0, 19, 0, 4, 17, 0, 0, 0, 0, 0, 13, 0, 0, 11, 0, 0, 0, 0, 0, 0, 20, 0, 0, 18, 0, 3, 16, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0,
      0, 0, 0, 0, 0, 19, 0, 0, 17,
    ];
    expect(
      valuesOf(() => {
        const { values, indices } = ops.maxPool2dWithIndices(pattern([1, 2, 4, 6], 13, 41), 2);
        return ops.maxUnpool2d(values, indices, [4, 6]);
      }),
    ).toEqual(wanted);
  });

  test('its gradient comes from where the number went', () => {
    tidy(() => {
      const indices = tensor(backend, [3, 0], { shape: [1, 1, 1, 2], dtype: 'int32' });
      const weights = [10, 20, 30, 40];
      expect(gradientOf(y => ops.maxUnpool2d(y, indices, 2), x([1, 2], [1, 1, 1, 2]), weights)).toEqual([40, 10]);
    });
  });

  test('refuses indices of another shape', () => {
    const indices = (): Tensor => tensor(backend, [0], { shape: [1, 1, 1, 1], dtype: 'int32' });
    expect(() => tidy(() => ops.maxUnpool2d(x([1, 2], [1, 1, 1, 2]), indices(), 2))).toThrow(
      'maxUnpool2d: the input is [1, 1, 1, 2], the indices [1, 1, 1, 1]',
    );
  });

  test("pixelShuffle is PyTorch's", () => {
    const wanted = [
      -5, 4, 2, 0, -2, -4, 2, 0, -2, -4, 5, 3, 5, 3, 1, -1, -3, -5, 1, -1, -3, -5, 4, 2, -2, -4, 5, 3, 1, -1, 5, 3, 1, -1, -3, -5,
      -3, -5, 4, 2, 0, -2, 4, 2, 0, -2, -4, 5,
    ];
    expect(valuesOf(() => ops.pixelShuffle(pattern([1, 8, 2, 3]), 2))).toEqual(wanted);
  });

  test('pixelShuffle refuses channels that r² does not divide', () => {
    expect(() => tidy(() => ops.pixelShuffle(x(new Float64Array(6), [1, 6, 1, 1]), 2))).toThrow(
      'pixelShuffle: the 6 channels of [1, 6, 1, 1] are no multiple of 2 * 2',
    );
  });
});
