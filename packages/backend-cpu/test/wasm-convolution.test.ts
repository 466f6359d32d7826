import { readFileSync } from 'node:fs';
import type { ConvolutionAttrs, Shape } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convolutionBy, exactAlgorithm } from '../src/wasm/convolution.js';
import { type Operand, operand, type Run, Sums, sizeOf, start } from './product-helpers.js';

/** Winograd's algorithm, whose bounds are wider, has tests of its own. */
const convolution = convolutionBy(() => exactAlgorithm);
const backends = { simd: await start('simd', convolution), relaxed: await start('relaxed', convolution) };

/** A convolution by its sizes; channels and filters are those of one group. */
interface Case {
  readonly n: number;
  readonly groups: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

const basic: Case = {
  n: 2,
  groups: 1,
  channels: 3,
  size: [9, 10],
  filters: 4,
  kernel: [3, 3],
  stride: [1, 1],
  dilation: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
};
const all = (p: number): Case['padding'] => [
  [p, p],
  [p, p],
];

function outputSize({ size, kernel, stride, dilation, padding }: Case): number[] {
  return [0, 1].map(axis => {
    const [before, after] = padding[axis]!;
    return Math.floor((size[axis]! + before + after - (kernel[axis]! - 1) * dilation[axis]! - 1) / stride[axis]!) + 1;
  });
}

/** y, dx and dweight, tap by tap, straight from the definition. */
function naive(c: Case, x: Operand, weight: Operand, bias: Operand | undefined, dy: Operand): { y: Sums; dx: Sums; dw: Sums } {
  const [height, width] = c.size;
  const [outHeight, outWidth] = outputSize(c) as [number, number];
  const [y, dx, dw] = [new Sums(sizeOf(dy.shape)), new Sums(sizeOf(x.shape)), new Sums(sizeOf(weight.shape))];
  for (let image = 0; image < c.n; image++) {
    for (let filter = 0; filter < c.groups * c.filters; filter++) {
      const group = Math.floor(filter / c.filters);
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          const out = ((image * c.groups * c.filters + filter) * outHeight + oy) * outWidth + ox;
          if (bias) y.add(out, bias.data[filter]!);
          for (let channel = 0; channel < c.channels; channel++) {
            for (let ky = 0; ky < c.kernel[0]; ky++) {
              for (let kx = 0; kx < c.kernel[1]; kx++) {
                const iy = oy * c.stride[0] + ky * c.dilation[0] - c.padding[0][0];
                const ix = ox * c.stride[1] + kx * c.dilation[1] - c.padding[1][0];
                if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
                const at = ((image * c.groups * c.channels + group * c.channels + channel) * height + iy) * width + ix;
                const tap = ((filter * c.channels + channel) * c.kernel[0] + ky) * c.kernel[1] + kx;
                y.add(out, x.data[at]! * weight.data[tap]!);
                dx.add(at, dy.data[out]! * weight.data[tap]!);
                dw.add(tap, dy.data[out]! * x.data[at]!);
              }
            }
          }
        }
      }
    }
  }
  return { y, dx, dw };
}

function check(run: Run, c: Case): void {
  const attrs: ConvolutionAttrs = { stride: c.stride, padding: c.padding, dilation: c.dilation, groups: c.groups };
  const x = operand([c.n, c.groups * c.channels, ...c.size], 1);
  const weight = operand([c.groups * c.filters, c.channels, ...c.kernel], 2);
  const bias = operand([c.groups * c.filters], 3);
  const dy = operand([c.n, c.groups * c.filters, ...outputSize(c)], 4);
  const plain = naive(c, x, weight, undefined, dy);
  const forward = run('conv2d', [x, weight], attrs, dy.shape);
  plain.y.expectNear(forward);
  const biased = run('conv2d', [x, weight, bias], attrs, dy.shape);
  naive(c, x, weight, bias, dy).y.expectNear(biased);
  expect(run('conv2dRelu', [x, weight, bias], attrs, dy.shape)).toEqual(biased.map(value => Math.max(0, value)));
  const inputGrad = () => run('conv2dInputGrad', [dy, weight], { ...attrs, inputSize: c.size }, x.shape);
  const dx = inputGrad();
  plain.dx.expectNear(dx);
  const weightGrad = () => run('conv2dWeightGrad', [x, dy], { ...attrs, kernelSize: c.kernel }, weight.shape);
  const dw = weightGrad();
  plain.dw.expectNear(dw);
  expect([run('conv2d', [x, weight], attrs, dy.shape), inputGrad(), weightGrad()]).toEqual([forward, dx, dw]);
}

const cases: [string, Partial<Case>][] = [
  ['no padding', {}],
  ['the first layer of LeNet-5', { n: 3, channels: 1, filters: 6, size: [28, 28], kernel: [5, 5], padding: all(2) }],
  ['the second layer of LeNet-5', { n: 19, channels: 6, filters: 16, size: [14, 14], kernel: [5, 5] }],
  ['many channels', { n: 1, channels: 37, filters: 41, size: [5, 6], padding: all(1) }],
  ['channels that divide no block', { channels: 7, filters: 13, padding: all(1) }],
  ['one filter', { filters: 1, padding: all(1) }],
  ['no images', { n: 0 }],
  ['no images, pointwise', { n: 0, kernel: [1, 1] }],
  ['no images, the kernel covers the image', { n: 0, kernel: [9, 10] }],
  ['no channels', { channels: 0 }],
  ['no filters', { filters: 0 }],
  ['nothing but padding', { size: [0, 5], padding: all(3) }],
  ['images in whole blocks of the weight gradient', { n: 32, size: [8, 8], channels: 1, filters: 2, padding: all(1) }],
  ['a block of images and one more', { n: 17, size: [8, 8], channels: 1, filters: 2, padding: all(1) }],
  ['more images than the pixels of a block', { n: 70, size: [3, 4], channels: 1, filters: 2, padding: all(1) }],
  [
    'an output of one pixel in a padded image',
    {
      size: [2, 2],
      kernel: [3, 3],
      padding: [
        [1, 0],
        [0, 1],
      ],
    },
  ],
  ['an output of 1 column', { size: [9, 3] }],
  ['an output of 2 columns', { size: [9, 4] }],
  ['an output of 3 columns', { size: [9, 5] }],
  ['an output of 4 columns', { size: [9, 6] }],
  ['an output of 5 columns', { size: [9, 7] }],
  ['one column', { size: [9, 1], kernel: [3, 1] }],
  ['one row', { size: [1, 9], kernel: [1, 3] }],
  ['pointwise', { kernel: [1, 1] }],
  ['pointwise in groups', { kernel: [1, 1], groups: 3 }],
  ['pointwise with stride', { kernel: [1, 1], stride: [2, 2] }],
  ['pointwise with padding', { kernel: [1, 1], padding: all(1) }],
  [
    'pointwise with stride and padding that give the size of the input',
    {
      kernel: [1, 1],
      size: [2, 2],
      stride: [2, 2],
      padding: [
        [0, 2],
        [0, 2],
      ],
    },
  ],
  ['a kernel that covers the image', { kernel: [9, 10], n: 5 }],
  ['a kernel that covers the image, in groups', { kernel: [9, 10], n: 5, groups: 2 }],
  ['a kernel that covers the image by dilation', { size: [5, 7], kernel: [3, 3], dilation: [2, 3] }],
  [
    'a kernel of the size of the image, dilated in height',
    {
      size: [3, 4],
      kernel: [3, 4],
      dilation: [2, 1],
      padding: [
        [0, 2],
        [0, 0],
      ],
    },
  ],
  [
    'a kernel of the size of the image, dilated in width',
    {
      size: [3, 4],
      kernel: [3, 4],
      dilation: [1, 2],
      padding: [
        [0, 0],
        [0, 3],
      ],
    },
  ],
  ['a kernel larger than the image', { size: [3, 4], kernel: [5, 7], padding: all(2) }],
  ['padding larger than the kernel', { size: [4, 5], padding: all(5) }],
  [
    'padding on one side',
    {
      padding: [
        [0, 2],
        [3, 0],
      ],
    },
  ],
  [
    'padding larger than the kernel on one side',
    {
      padding: [
        [4, 0],
        [0, 5],
      ],
    },
  ],
  [
    'an even kernel',
    {
      kernel: [2, 4],
      padding: [
        [0, 1],
        [1, 2],
      ],
    },
  ],
  ['a kernel of 7', { kernel: [7, 7], size: [11, 13], padding: all(3) }],
  ['a kernel of 11 x 6', { kernel: [11, 6], size: [13, 17], padding: all(2) }],
  ['stride', { stride: [2, 2], padding: all(1) }],
  ['the first layer of ResNet', { n: 1, kernel: [7, 7], size: [20, 22], stride: [2, 2], padding: all(3) }],
  ['the first layer of AlexNet', { n: 1, kernel: [11, 11], size: [23, 27], stride: [4, 4], padding: all(2) }],
  ['more taps of a phase than the micro-kernel takes', { n: 1, kernel: [2, 13], size: [5, 21], stride: [1, 2] }],
  ['stride larger than the kernel', { kernel: [2, 3], size: [11, 19], stride: [4, 5] }],
  ['stride in one axis', { stride: [1, 2] }],
  ['stride in the other axis', { stride: [3, 1] }],
  ['rows left over by the stride', { size: [10, 12], stride: [4, 4] }],
  ['dilation', { dilation: [2, 3], size: [11, 13], padding: all(2) }],
  ['dilation and stride', { dilation: [2, 3], stride: [3, 2], size: [15, 23], padding: all(2) }],
  [
    'dilation and stride with a common divisor',
    { dilation: [4, 4], stride: [6, 6], kernel: [5, 5], size: [29, 41], padding: all(3) },
  ],
  ['dilation by a multiple of the stride', { dilation: [2, 4], stride: [2, 2], size: [11, 23] }],
  ['groups', { groups: 3 }],
  ['depthwise', { groups: 5, channels: 1, filters: 1, padding: all(1) }],
  ['depthwise, wide', { groups: 3, channels: 1, filters: 1, size: [17, 41], padding: all(1) }],
  ['depthwise without padding', { groups: 3, channels: 1, filters: 1, size: [6, 40] }],
  ['depthwise, one column', { groups: 3, channels: 1, filters: 1, size: [9, 3] }],
  ['depthwise, few pixels', { groups: 3, channels: 1, filters: 1, size: [3, 5] }],
  ['depthwise with stride', { groups: 5, channels: 1, filters: 1, size: [14, 15], stride: [2, 2], padding: all(1) }],
  ['depthwise with stride in one axis', { groups: 5, channels: 1, filters: 1, size: [14, 15], stride: [1, 3], padding: all(2) }],
  ['depthwise with dilation', { groups: 5, channels: 1, filters: 1, size: [14, 15], dilation: [3, 2], padding: all(2) }],
  ['depthwise with more padding than the kernel', { groups: 2, channels: 1, filters: 1, size: [5, 6], padding: all(4) }],
  ['depthwise with multiplier', { groups: 5, channels: 1, filters: 3, padding: all(1) }],
  ['depthwise with stride and multiplier', { groups: 5, channels: 1, filters: 2, stride: [2, 2], padding: all(1) }],
  [
    'groups, stride, dilation and padding',
    {
      groups: 2,
      stride: [2, 1],
      dilation: [1, 2],
      padding: [
        [1, 0],
        [0, 2],
      ],
    },
  ],
];

describe.each(['simd', 'relaxed'] as const)('%s', build => {
  const { backend, run } = backends[build];

  test.each(cases)('%s', (_, c) => check(run, { ...basic, ...c }));

  test('any sizes', () => {
    const between = (min: number, max: number) => fc.integer({ min, max });
    const pair = (min: number, max: number) => fc.tuple(between(min, max), between(min, max));
    const anyCase: fc.Arbitrary<Case> = fc
      .record({
        n: between(0, 4),
        groups: between(1, 3),
        channels: fc.oneof(fc.constant(1), between(1, 5)),
        size: pair(1, 14),
        filters: between(1, 9),
        kernel: pair(1, 7),
        stride: fc.oneof(fc.constant([1, 1] as [number, number]), pair(1, 4)),
        dilation: fc.oneof(fc.constant([1, 1] as [number, number]), pair(1, 4)),
        padding: fc.tuple(pair(0, 5), pair(0, 5)),
      })
      .filter(c => outputSize(c).every(size => size > 0));
    fc.assert(
      fc.property(anyCase, c => check(run, c)),
      { numRuns: 300 },
    );
  });

  describe('PyTorch', () => {
    const { cases } = JSON.parse(
      readFileSync(new URL('../../tensor/test/fixtures/golden/conv2d.json', import.meta.url), 'utf8'),
    ) as {
      cases: {
        name: string;
        attrs: { stride: number[]; padding: number[]; dilation: number[]; groups: number };
        inputs: Record<'x' | 'weight', Golden> & { bias?: Golden };
        outputs: { y: Golden };
        grad_outputs: { y: Golden };
        grads: Record<'x' | 'weight', Golden>;
      }[];
    };
    test.each(cases.map(golden => [golden.name, golden] as const))('%s', (_, golden) => {
      const padding = golden.attrs.padding.map(size => [size, size] as const);
      const attrs: ConvolutionAttrs = { ...golden.attrs, padding };
      const [x, weight, dy] = [golden.inputs.x, golden.inputs.weight, golden.grad_outputs.y].map(toOperand) as [
        Operand,
        Operand,
        Operand,
      ];
      const bias = golden.inputs.bias ? [toOperand(golden.inputs.bias)] : [];
      expectGolden(run('conv2d', [x, weight, ...bias], attrs, golden.outputs.y.shape), golden.outputs.y);
      expectGolden(run('conv2dInputGrad', [dy, weight], { ...attrs, inputSize: x.shape.slice(2) }, x.shape), golden.grads.x);
      expectGolden(
        run('conv2dWeightGrad', [x, dy], { ...attrs, kernelSize: weight.shape.slice(2) }, weight.shape),
        golden.grads.weight,
      );
    });
  });

  test('float64 is declined', () => {
    const spec = { shape: [1, 1, 1, 1], dtype: 'float64' } as const;
    const view = { ...spec, buffer: backend.write(Float64Array.of(1), spec) };
    const attrs = { stride: [1, 1], padding: all(0), dilation: [1, 1], groups: 1 };
    expect(backend.kernels.conv2d!([view, view], attrs, [spec], [])).toBeUndefined();
    expect(backend.kernels.conv2dInputGrad!([view, view], { ...attrs, inputSize: [1, 1] }, [spec], [])).toBeUndefined();
    expect(backend.kernels.conv2dWeightGrad!([view, view], { ...attrs, kernelSize: [1, 1] }, [spec], [])).toBeUndefined();
  });
});

test.each(['simd', 'relaxed'] as const)('pointers above 2 GiB: %s', async build => {
  const { run } = await start(build, convolution, 2.25 * 2 ** 30);
  check(run, { ...basic, padding: all(1) });
  check(run, { ...basic, stride: [2, 2], padding: all(1) });
  check(run, { ...basic, kernel: [1, 1] });
  check(run, { ...basic, kernel: [9, 10] });
});

interface Golden {
  readonly shape: Shape;
  readonly data: readonly number[];
}

const toOperand = ({ shape, data }: Golden): Operand => ({ shape, data: Float32Array.from(data) });

/** Within the tolerance that `golden/README.md` suggests for float32. */
function expectGolden(actual: Float32Array, { data }: Golden): void {
  expect(actual.length).toBe(data.length);
  for (let i = 0; i < data.length; i++) {
    if (!(Math.abs(actual[i]! - data[i]!) <= 1e-5 + 1e-4 * Math.abs(data[i]!))) {
      expect.fail(`element ${i} is ${actual[i]}, expected ${data[i]}`);
    }
  }
}
