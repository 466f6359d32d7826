/** Kernels whose ranges are cut give the same bits for any number of threads. */
import { createHash } from 'node:crypto';
import { type Shape, type TypedArray, toTypedArray } from '@cnn/tensor';
import { afterAll, expect, test } from 'vitest';
import { type CpuBuffer, cpu, type Runtime } from '../src/index.js';
import { depthwise } from '../src/wasm/convolution-depthwise.js';
import { direct } from '../src/wasm/convolution-direct.js';
import { type ConvolutionAlgorithm, geometryOf } from '../src/wasm/convolution-geometry.js';
import { covering, pointwise } from '../src/wasm/convolution-products.js';
import { transforms, winogradBy } from '../src/wasm/convolution-winograd.js';
import { i32, type Operand, type Ops, random, run } from './wasm-helpers.js';

/** Of each build backends with 1, 2 and 3 threads, and what they compute with. */
const opened = await Promise.all(
  (['simd', 'relaxed'] as const).flatMap(build =>
    [1, 2, 3].map(async threads => {
      let runtime: Runtime | undefined;
      const backend = await cpu({
        build,
        threads,
        poison: true,
        kernels: given => {
          const { over, parts } = given;
          // Every range that can be cut is cut, however small.
          runtime = Object.assign(given, {
            over: (total, _, ...rest) => over(total, 1, ...rest),
            parts: total => parts(total, 1),
          } satisfies Partial<Runtime>);
          return {};
        },
      });
      return { backend, runtime: runtime! };
    }),
  ),
);
afterAll(async () => {
  for (const { backend } of opened) await backend.dispose();
});

type Case = {
  [K in keyof Ops]: [op: K, operands: readonly Operand[], attrs: Ops[K], outputs: readonly { shape: Shape }[]];
}[keyof Ops];

const shape = [3, 5, 7, 9];
const x = random(shape, 1);
const dy = random(shape, 2);
const [weight, bias, mean, variance] = [3, 4, 5, 6].map(seed => random([5], seed)) as [Operand, Operand, Operand, Operand];
const positive = { ...variance, data: Float32Array.from(variance.data, Math.abs) };
const channel = { shape: [5] };
const logits = random([7, 11], 7);
const labels = i32([7], [0, 10, 3, 4, 3, 2, 1]);
const window = {
  kernelSize: [3, 3],
  stride: [2, 2],
  padding: [
    [1, 1],
    [1, 1],
  ] as [number, number][],
  dilation: [1, 1],
  ceilMode: false,
};
const pooled = { shape: [3, 5, 4, 5] };
const halves = {
  ...window,
  kernelSize: [2, 2],
  padding: [
    [0, 0],
    [0, 0],
  ] as [number, number][],
};
const halved = { shape: [3, 5, 3, 4] };

const cases: readonly Case[] = [
  ['exp', [x], {}, [x]],
  ['matmul', [random([37, 19], 30), random([19, 29], 31)], { transposeA: false, transposeB: false }, [{ shape: [37, 29] }]],
  ['matmul', [random([3, 19], 32), random([29, 19], 33)], { transposeA: false, transposeB: true }, [{ shape: [3, 29] }]],
  ['linear', [random([21, 19], 34), random([30, 19], 35), random([30], 36)], {}, [{ shape: [21, 30] }]],
  ['add', [x, dy], {}, [x]],
  ['mul', [x, random([5, 1, 1], 8)], {}, [x]],
  ['sub', [random([], 9), x], {}, [x]],
  ['sum', [x], { axes: [2, 3] }, [{ shape: [3, 5, 1, 1] }]],
  ['sum', [x], { axes: [0, 2, 3] }, [{ shape: [1, 5, 1, 1] }]],
  ['sum', [x], { axes: [0] }, [{ shape: [1, 5, 7, 9] }]],
  ['sum', [x], { axes: [1] }, [{ shape: [3, 1, 7, 9] }]],
  ['sum', [x], { axes: [0, 1, 2, 3] }, [{ shape: [1, 1, 1, 1] }]],
  ['max', [x], { axes: [1, 3] }, [{ shape: [3, 1, 7, 1] }]],
  ['min', [x], { axes: [0, 2] }, [{ shape: [1, 5, 1, 9] }]],
  ['argMax', [x], { axis: 3 }, [{ shape: [3, 5, 7, 1] }]],
  ['softmax', [x], { axis: 3 }, [x]],
  ['softmax', [x], { axis: 1 }, [x]],
  ['logSoftmax', [x], { axis: 0 }, [x]],
  ['softmaxCrossEntropy', [logits, labels], { labelSmoothing: 0.1 }, [{ shape: [7] }]],
  ['softmaxCrossEntropyGrad', [random([7], 10), logits, labels], { labelSmoothing: 0.1 }, [logits]],
  ['softmaxCrossEntropy', [logits, random([7, 11], 11)], { labelSmoothing: 0.1 }, [{ shape: [7] }]],
  ['softmaxCrossEntropyGrad', [random([7], 10), logits, random([7, 11], 11)], { labelSmoothing: 0 }, [logits]],
  ['batchNorm', [x, weight, bias], { epsilon: 1e-5 }, [x, channel, channel]],
  ['batchNormInference', [x, weight, bias, mean, positive], { epsilon: 1e-5 }, [x]],
  ['batchNormGrad', [dy, x, weight, mean, positive], { epsilon: 1e-5 }, [x, channel, channel]],
  ['maxPool2d', [x], window, [pooled, pooled]],
  ['maxPool2d', [x], halves, [halved, halved]],
  [
    'maxPool2dGrad',
    [
      random(pooled.shape, 12),
      i32(
        pooled.shape,
        Array.from({ length: 300 }, (_, i) => (i * 13) % 63),
      ),
    ],
    { inputSize: [7, 9] },
    [x],
  ],
  ['avgPool2d', [x], { ...window, countIncludePad: false }, [pooled]],
  ['avgPool2d', [x], { ...halves, countIncludePad: true }, [halved]],
  ['avgPool2dGrad', [random(pooled.shape, 13)], { ...window, countIncludePad: true, inputSize: [7, 9] }, [x]],
  ['permute', [x], { order: [3, 0, 2, 1] }, [{ shape: [9, 3, 7, 5] }]],
  ['broadcastTo', [random([5, 1, 9], 14)], { shape }, [x]],
  [
    'sgdStep',
    [x, dy, random(shape, 15)],
    { learningRate: 0.1, momentum: 0.9, dampening: 0, nesterov: true, weightDecay: 0.1, first: false },
    [x, x],
  ],
  [
    'adadeltaStep',
    [x, { ...x, data: Float32Array.from(x.data, Math.abs) }, { ...dy, data: Float32Array.from(dy.data, Math.abs) }, dy],
    { learningRate: 1, rho: 0.9, epsilon: 1e-6, weightDecay: 0 },
    [x, x, x],
  ],
];

/** A hash of each array's bits. */
const bitsOf = (numbers: readonly TypedArray[]) =>
  numbers.map(array =>
    createHash('sha256')
      .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      .digest('hex'),
  );

test.each(cases)('%s', (op, operands, attrs, outputs) => {
  const compute = ({ backend }: (typeof opened)[number]) => bitsOf(run(backend, op, operands, attrs, outputs));
  for (const [one, ...more] of [opened.slice(0, 3), opened.slice(3)]) {
    for (const several of more) expect(compute(several)).toEqual(compute(one!));
  }
});

/** n, channels and filters of a group, groups, height and width, kernel, stride, padding. */
type Sizes = readonly [number, number, number, number, readonly [number, number], number, number, number];
const convolutions: readonly [string, ConvolutionAlgorithm, Sizes][] = [
  ['direct', direct, [5, 3, 7, 1, [9, 11], 3, 1, 1]],
  ['direct, one image', direct, [1, 3, 13, 1, [9, 11], 5, 1, 2]],
  ['direct, groups', direct, [2, 2, 3, 3, [7, 8], 3, 1, 1]],
  ['direct, stride', direct, [5, 3, 7, 1, [11, 13], 3, 2, 1]],
  ['direct, narrow', direct, [5, 3, 7, 1, [5, 3], 3, 1, 1]],
  ['direct, no images', direct, [0, 3, 7, 1, [9, 11], 3, 1, 1]],
  ['depthwise', depthwise, [5, 1, 1, 7, [9, 11], 3, 1, 1]],
  ['depthwise, stride', depthwise, [5, 1, 1, 7, [9, 11], 3, 2, 1]],
  ['depthwise, multiplier', depthwise, [2, 1, 3, 5, [9, 11], 3, 1, 1]],
  ['pointwise', pointwise, [5, 9, 13, 1, [5, 7], 1, 1, 0]],
  ['pointwise, one image', pointwise, [1, 9, 13, 1, [5, 7], 1, 1, 0]],
  ['pointwise, groups', pointwise, [4, 5, 7, 2, [5, 7], 1, 1, 0]],
  ['covering', covering, [5, 3, 31, 1, [4, 4], 4, 1, 0]],
  ['covering, one image', covering, [1, 3, 31, 1, [4, 4], 4, 1, 0]],
  ['F(2x2, 3x3)', { ...winogradBy(transforms['2x3']), weightGrad: direct.weightGrad }, [3, 8, 19, 1, [9, 13], 3, 1, 1]],
  ['F(4x4, 3x3)', winogradBy(transforms['4x3']), [3, 12, 19, 1, [17, 23], 3, 1, 1]],
  ['F(4x4, 3x3), odd channels', winogradBy(transforms['4x3']), [3, 7, 19, 1, [17, 23], 3, 1, 1]],
  ['F(4x4, 5x5)', winogradBy(transforms['4x5']), [3, 12, 19, 1, [17, 23], 5, 1, 2]],
];

test.each(convolutions)('convolution: %s', (_, algorithm, [n, channels, filters, groups, size, kernel, stride, padding]) => {
  const attrs = {
    stride: [stride, stride],
    dilation: [1, 1],
    groups,
    padding: [
      [padding, padding],
      [padding, padding],
    ] as [number, number][],
  };
  const outSize = size.map(side => Math.floor((side + 2 * padding - kernel) / stride) + 1);
  const shapes = {
    x: [n, groups * channels, ...size],
    weight: [groups * filters, channels, kernel, kernel],
    y: [n, groups * filters, ...outSize],
  };
  const g = geometryOf(shapes.x, [kernel, kernel], shapes.y, attrs);
  const biasOf = random([groups * filters], 20);
  const [image, kernels, gradient] = [random(shapes.x, 21), random(shapes.weight, 22), random(shapes.y, 23)];
  const compute = ({ backend, runtime }: (typeof opened)[number]) => {
    const spec = ({ shape }: { shape: Shape }) => ({ shape, dtype: 'float32' }) as const;
    const made = [image, kernels, biasOf, gradient].map(given => backend.write(toTypedArray(given.data, 'float32'), spec(given)));
    const [x, weight, bias, dy] = made as [CpuBuffer, CpuBuffer, CpuBuffer, CpuBuffer];
    const outputs = [gradient, image, kernels].map(given => runtime.memory.allocate(spec(given)));
    const [y, dx, dw] = outputs as [CpuBuffer, CpuBuffer, CpuBuffer];
    algorithm.forward(runtime, g, x.pointer, weight, bias.pointer, y.pointer, true);
    algorithm.inputGrad(runtime, g, dy.pointer, weight, dx.pointer);
    algorithm.weightGrad(runtime, g, x.pointer, dy.pointer, dw.pointer);
    const results = [gradient, image, kernels].map((given, i) => backend.readSync!(outputs[i]!, spec(given)));
    for (const buffer of [...made, ...outputs]) backend.free(buffer);
    return bitsOf(results);
  };
  for (const [one, ...more] of [opened.slice(0, 3), opened.slice(3)]) {
    for (const several of more) expect(compute(several)).toEqual(compute(one!));
  }
});
