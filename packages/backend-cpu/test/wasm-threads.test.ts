/** Kernels whose ranges are cut give the same bits for any number of threads. */
import type { Shape, TypedArray } from '@cnn/tensor';
import { afterAll, expect, test } from 'vitest';
import { type Cpu, cpu } from '../src/index.js';
import { i32, type Operand, type Ops, random, run } from './wasm-helpers.js';

const opened = await Promise.all(
  (['simd', 'relaxed'] as const).flatMap(build =>
    [1, 2, 3].map(threads =>
      cpu({
        build,
        threads,
        kernels: runtime => {
          const { over } = runtime;
          // Every range that can be cut is cut, however small.
          Object.assign(runtime, { over: (total, _, ...rest) => over(total, 1, ...rest) } satisfies Partial<typeof runtime>);
          return {};
        },
      }),
    ),
  ),
);
afterAll(async () => {
  for (const backend of opened) await backend.dispose();
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

const bitsOf = (numbers: readonly TypedArray[]) =>
  numbers.map(array => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex'));

test.each(cases)('%s', (op, operands, attrs, outputs) => {
  const compute = (backend: Cpu) => bitsOf(run(backend, op, operands, attrs, outputs));
  for (const [one, ...more] of [opened.slice(0, 3), opened.slice(3)]) {
    for (const several of more) expect(compute(several)).toEqual(compute(one!));
  }
});
