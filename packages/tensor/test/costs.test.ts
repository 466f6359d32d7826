/** What ops cost: counted by hand, and held against the cost of the ops that they are composed of. */
import { apply, flopsOf, grad, type ObservedOp, type Op, ops, type Spec, shapesBackend, tidy } from '@cnn/tensor';
import { expect, test } from 'vitest';

const f = (...shape: number[]): Spec => ({ shape, dtype: 'float32' });
const i = (...shape: number[]): Spec => ({ shape, dtype: 'int32' });

const pair = (a: number, b = a): [number, number] => [a, b];
const windowOf = (stride: number, pad: number) => ({
  stride: pair(stride),
  padding: [pair(pad), pair(pad)],
  dilation: pair(1),
});

/** The cost of an op by its own row of the table. */
function flops<A>(op: Op<A>, inputs: readonly Spec[], attrs: A): number | undefined {
  return flopsOf({ name: op.name, inputs, outputs: op.infer(inputs, attrs), attrs });
}

/** The sum of the costs of what an op is composed of, one level down. */
function composed<A>(op: Op<A>, inputs: readonly Spec[], attrs: A): number {
  let total = 0;
  let counting = false;
  const observe = (run: ObservedOp): void => {
    if (counting) total += flopsOf(run)!;
  };
  const backend = shapesBackend({ observe, runs: name => name !== op.name });
  tidy(() => {
    const tensors = inputs.map(({ shape, dtype }) => ops.zeros(backend, shape, dtype));
    counting = true;
    apply(op, tensors, attrs);
  });
  return total;
}

test('a convolution costs two for each of n o oh ow (c / groups) kh kw products, forward and back', () => {
  const conv = { ...windowOf(1, 2), groups: 1 };
  // LeNet-5's first layer on 64 images: 6 filters of 5 x 5 on 1 channel, 28 x 28 pixels.
  const products = 2 * 64 * 6 * 28 * 28 * 1 * 5 * 5;
  const [x, weight, dy] = [f(64, 1, 28, 28), f(6, 1, 5, 5), f(64, 6, 28, 28)];
  expect(flops(ops.conv2dOp, [x, weight], conv)).toBe(products);
  expect(flops(ops.conv2dOp, [x, weight, f(6)], conv)).toBe(products + 64 * 6 * 28 * 28);
  expect(flops(ops.conv2dInputGradOp, [dy, weight], { ...conv, inputSize: pair(28) })).toBe(products);
  expect(flops(ops.conv2dWeightGradOp, [x, dy], { ...conv, kernelSize: pair(5) })).toBe(products);
  // Strided, in groups and not square: 7 x 9 pixels to 3 x 4.
  const grouped = { ...windowOf(2, 0), groups: 2 };
  const sparse = 2 * 3 * 8 * 3 * 4 * (4 / 2) * 3 * 3;
  expect(flops(ops.conv2dOp, [f(3, 4, 7, 9), f(8, 2, 3, 3)], grouped)).toBe(sparse);
  expect(flops(ops.conv2dInputGradOp, [f(3, 8, 3, 4), f(8, 2, 3, 3)], { ...grouped, inputSize: pair(7, 9) })).toBe(sparse);
  expect(flops(ops.conv2dWeightGradOp, [f(3, 4, 7, 9), f(3, 8, 3, 4)], { ...grouped, kernelSize: pair(3) })).toBe(sparse);
});

test('products, transposed or not', () => {
  const plain = { transposeA: false, transposeB: false };
  expect(flops(ops.matmulOp, [f(7, 4, 5), f(5, 6)], plain)).toBe(2 * 7 * 4 * 5 * 6);
  expect(flops(ops.matmulOp, [f(5, 4), f(6, 5)], { transposeA: true, transposeB: true })).toBe(2 * 4 * 5 * 6);
  expect(flops(ops.linearOp, [f(64, 400), f(120, 400), f(120)], {})).toBe(64 * 120 * (2 * 400 + 1));
});

test('normalisation, counted by hand', () => {
  const attrs = { epsilon: 1e-5 };
  const c = f(3);
  expect(flops(ops.batchNormOp, [f(2, 3, 4, 5), c, c], attrs)).toBe(7 * 120 + 5 * 3);
  // Its composition works out the mean twice: once more a sum and a division.
  expect(composed(ops.batchNormOp, [f(2, 3, 4, 5), c, c], attrs)).toBe(8 * 120 + 6 * 3);
});

test('the gradient of max pooling adds one number for each window', () => {
  expect(flops(ops.maxPool2dGradOp, [f(2, 3, 4, 4), i(2, 3, 4, 4)], { inputSize: pair(8) })).toBe(96);
});

const pool = { ...windowOf(2, 1), kernelSize: pair(3), ceilMode: false };
const adam = { learningRate: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 2, decoupled: false, weightDecay: 0 };
const sgd = { learningRate: 1, momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0, first: false };
const adadelta = { learningRate: 1, rho: 0.9, epsilon: 1e-6, weightDecay: 0 };
const p = f(5, 7);
const conv = { ...windowOf(2, 1), groups: 2 };

/** Ops that cost what their compositions cost. */
const cases: readonly [name: string, op: Op<never>, inputs: readonly Spec[], attrs: object][] = [
  ['conv2d', ops.conv2dOp as Op<never>, [f(2, 4, 7, 9), f(6, 2, 3, 3)], conv],
  ['conv2d with bias', ops.conv2dOp as Op<never>, [f(2, 4, 7, 9), f(6, 2, 3, 3), f(6)], conv],
  ['linear', ops.linearOp as Op<never>, [f(2, 3, 4), f(5, 4)], {}],
  ['linear with bias', ops.linearOp as Op<never>, [f(2, 3, 4), f(5, 4), f(5)], {}],
  ['avgPool2d', ops.avgPool2dOp as Op<never>, [f(2, 3, 8, 9)], { ...pool, countIncludePad: true }],
  [
    'avgPool2dGrad',
    ops.avgPool2dGradOp as Op<never>,
    [f(2, 3, 4, 5)],
    { ...pool, countIncludePad: false, inputSize: pair(8, 9) },
  ],
  ['maxPool2dGrad', ops.maxPool2dGradOp as Op<never>, [f(2, 3, 4, 5), i(2, 3, 4, 5)], { inputSize: pair(8, 9) }],
  ['reluGrad', ops.reluGradOp as Op<never>, [p, p], {}],
  ['batchNormGrad', ops.batchNormGradOp as Op<never>, [f(2, 3, 4), f(2, 3, 4), f(3), f(3), f(3)], { epsilon: 1 }],
  ['batchNormInference', ops.batchNormInferenceOp as Op<never>, [f(2, 3, 4), f(3), f(3), f(3), f(3)], { epsilon: 1 }],
  ['softmax', ops.softmaxOp as Op<never>, [f(4, 6)], { axis: 1 }],
  ['logSoftmax', ops.logSoftmaxOp as Op<never>, [f(4, 6, 3)], { axis: 1 }],
  ['softmaxCrossEntropy', ops.softmaxCrossEntropyOp as Op<never>, [f(4, 6), i(4)], { labelSmoothing: 0 }],
  ['softmaxCrossEntropy, smoothed', ops.softmaxCrossEntropyOp as Op<never>, [f(4, 6), i(4)], { labelSmoothing: 0.1 }],
  ['softmaxCrossEntropy of probabilities', ops.softmaxCrossEntropyOp as Op<never>, [f(4, 6), f(4, 6)], { labelSmoothing: 0 }],
  [
    'softmaxCrossEntropyGrad of probabilities',
    ops.softmaxCrossEntropyGradOp as Op<never>,
    [f(4), f(4, 6), f(4, 6)],
    { labelSmoothing: 0.1 },
  ],
  ['dropout', ops.dropoutOp as Op<never>, [p], { rate: 0.5, key: [1, 2] }],
  ['dropout of nothing', ops.dropoutOp as Op<never>, [p], { rate: 0, key: [1, 2] }],
  ['sgd', ops.sgdStepOp as Op<never>, [p, p, p], sgd],
  ['sgd, first step', ops.sgdStepOp as Op<never>, [p, p, p], { ...sgd, first: true }],
  ['sgd, Nesterov and decay', ops.sgdStepOp as Op<never>, [p, p, p], { ...sgd, nesterov: true, weightDecay: 0.1 }],
  ['sgd, plain', ops.sgdStepOp as Op<never>, [p, p], { ...sgd, momentum: 0 }],
  ['adam', ops.adamStepOp as Op<never>, [p, p, p, p], adam],
  ['adam, decay', ops.adamStepOp as Op<never>, [p, p, p, p], { ...adam, weightDecay: 0.1 }],
  ['adamW', ops.adamStepOp as Op<never>, [p, p, p, p], { ...adam, weightDecay: 0.1, decoupled: true }],
  ['adadelta', ops.adadeltaStepOp as Op<never>, [p, p, p, p], adadelta],
  ['adadelta, decay', ops.adadeltaStepOp as Op<never>, [p, p, p, p], { ...adadelta, weightDecay: 0.1 }],
];

test.each(cases)('%s costs what it is composed of', (_, op, inputs, attrs) => {
  expect(flops(op, inputs, attrs as never)).toBe(composed(op, inputs, attrs as never));
});

test('the gradient of cross-entropy with labels costs softmax, a difference and a product', () => {
  const attrs = { labelSmoothing: 0 };
  expect(flops(ops.softmaxCrossEntropyGradOp, [f(4), f(4, 6), i(4)], attrs)).toBe((5 + 2) * 24);
});

test('every kernel of a training step has a cost, and a plugin has none', () => {
  const unknown: string[] = [];
  const observe = (op: ObservedOp): void => {
    if (flopsOf(op) === undefined) unknown.push(op.name);
  };
  const backend = shapesBackend({ observe });
  const w = ops.zeros(backend, [4, 3, 3, 3]);
  const logits = () => ops.mean(ops.maxPool2d(ops.relu(ops.conv2d(ops.zeros(backend, [2, 3, 8, 8]), w)), 2), [2, 3]);
  grad(() => ops.softmaxCrossEntropy(logits(), ops.zeros(backend, [2], 'int32')), [w]);
  expect(unknown).toEqual([]);
  apply({ name: 'acme/twice', infer: ([x]) => [x!] }, [w], {});
  expect(unknown).toEqual(['acme/twice']);
  expect(flopsOf({ name: 'toString', inputs: [], outputs: [], attrs: {} })).toBeUndefined();
});
