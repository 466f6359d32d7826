import { cpuReference } from '@cnn/backend-cpu';
import { gpujs } from '@cnn/backend-gpujs';
import { type AnyBackend, apply, type DType, ops, type Tensor, tensor, tensorsIn } from '@cnn/tensor';
import { afterAll, describe, expect, it } from 'vitest';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
/** What is special about numbers, both signs of it, and both sides of where the kernels change their formula. */
const special = [
  ...[0, 0.5, 1, 1.5, 2, 2.5, 3, 1e-4, 0.24, 0.26, 0.29, 0.31, 0.99, 1.01, 5, 20, 88, 89, 1e4, 8388609, 1e30, infinity].flatMap(
    v => [v, -v],
  ),
  nan,
];
const row = (backend: AnyBackend): Tensor => tensor(backend, special);

const { neg, abs, sign, exp, expm1, log, log1p, sqrt, rsqrt, square, reciprocal, floor, ceil, round } = ops;
const { tanh, sigmoid, erf, softplus, relu, isFinite } = ops;
const unary = { neg, abs, sign, exp, expm1, log, log1p, sqrt, rsqrt, square, reciprocal, floor, ceil, round };
const { add, sub, mul, div, pow, maximum, minimum } = ops;
const { equal, notEqual, less, lessEqual, greater, greaterEqual } = ops;
const binary = { add, sub, mul, div, pow, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual };
const few = [0, -0, 1, -1, 2, -2, 3, 0.5, -1.5, infinity, -infinity, nan];

/** Ops on special numbers, each as lists of results. */
const cases: Record<string, (backend: AnyBackend) => Tensor | readonly Tensor[]> = {
  ...Object.fromEntries(
    Object.entries({ ...unary, tanh, sigmoid, erf, softplus, relu, isFinite }).map(([name, op]) => [name, b => op(row(b))]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([name, op]) => [name, b => op(tensor(b, few, { shape: [few.length, 1] }), tensor(b, few))]),
  ),
  ...Object.fromEntries(
    (['int32', 'uint8', 'bool'] as DType[]).map(dtype => [
      `cast to ${dtype}`,
      b => ops.cast(tensor(b, [0, -0, 0.5, -0.9, 1.9, -2.5, 255, 256, 300.7, -1, 1e6, nan, infinity, -infinity]), dtype),
    ]),
  ),
  'int32 to uint8': b => ops.cast(tensor(b, [-1, 0, 255, 256, 511, -257], { dtype: 'int32' }), 'uint8'),
  'max and min with NaN': b =>
    [ops.max, ops.min].map(op =>
      op(
        tensor(b, [
          [1, nan, 3],
          [nan, nan, 1],
          [-infinity, 2, infinity],
        ]),
        1,
      ),
    ),
  'argMax and argMin with NaN': b =>
    [ops.argMax, ops.argMin].map(op =>
      op(
        tensor(b, [
          [1, nan, nan],
          [3, 3, 1],
          [-infinity, infinity, infinity],
        ]),
        1,
      ),
    ),
  'sort with NaN': b =>
    [true, false].flatMap(descending =>
      Object.values(ops.sort(tensor(b, [2, nan, -0, 0, -infinity, 2, nan, infinity, 1]), 0, { descending })),
    ),
  'sums with infinities': b =>
    ops.sum(
      tensor(b, [
        [1, infinity],
        [infinity, -infinity],
        [nan, 1],
      ]),
      1,
    ),
  'a long sum, in parts': b =>
    ops.sum(
      tensor(
        b,
        Float32Array.from({ length: 9001 }, (_, i) => (i % 7) - 2.5),
      ),
    ),
  'a long maximum, in parts, with NaN': b =>
    ops.max(
      tensor(
        b,
        Float32Array.from({ length: 9001 }, (_, i) => (i === 77 ? nan : i)),
      ),
    ),
  'fill with special numbers': b => [nan, infinity, -infinity].map(value => ops.fill(b, [2], value)),
  'pad with minus infinity': b => ops.pad(tensor(b, [1, 2]), [[1, 1]], { value: -infinity }),
  'gather out of range': b => [
    ops.gather(tensor(b, [1, 2]), tensor(b, [-1, 0, 2], { dtype: 'int32' }), 0),
    ops.gather(tensor(b, [1, 2], { dtype: 'int32' }), tensor(b, [-1, 0, 2], { dtype: 'int32' }), 0),
  ],
  'max pooling of minus infinity and NaN': b =>
    Object.values(
      ops.maxPool2dWithIndices(
        tensor(b, [
          [
            [
              [-infinity, -infinity, 1, nan],
              [-infinity, -infinity, nan, 2],
            ],
          ],
        ]),
        2,
        { padding: 0 },
      ),
    ),
  'max pooling where all is minus infinity, padded': b =>
    Object.values(ops.maxPool2dWithIndices(ops.fill(b, [1, 1, 2, 2], -infinity), 2, { padding: 1, stride: 1 })),
  'the gradient of max pooling, of indices that the host gave': b =>
    apply(ops.maxPool2dGradOp, [tensor(b, [[[[1, 2, 3]]]]), tensor(b, [[[[0, 3, 3]]]], { dtype: 'int32' })], {
      inputSize: [2, 2],
    }),
  'the gradient of max pooling, of indices in another shape': b => {
    const x = tensor(b, Float32Array.of(1, 5, 2, 8, 3, 4, 9, 7, 6, 2, 1, 0, 3, 8, 4, 5), { shape: [1, 1, 4, 4] });
    const indices = ops.reshape(ops.maxPool2dWithIndices(x, 2).indices, [1, 1, 1, 4]);
    return apply(ops.maxPool2dGradOp, [tensor(b, [[[[1, 2, 3, 4]]]]), indices], { inputSize: [4, 4] });
  },
  'a label out of range': b => {
    const logits = tensor(b, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const labels = tensor(b, [0, 2, -1], { dtype: 'int32' });
    const attrs = { labelSmoothing: 0 };
    const [losses] = apply(ops.softmaxCrossEntropyOp, [logits, labels], attrs);
    return [losses!, ...apply(ops.softmaxCrossEntropyGradOp, [tensor(b, [1, 1, 1]), logits, labels], attrs)];
  },
  'softmax of large and infinite logits': b =>
    ops.softmax(
      tensor(b, [
        [1e4, 1e4],
        [-infinity, 0],
        [infinity, 0],
        [nan, 0],
      ]),
    ),
  'relu after a convolution of NaN': b =>
    ops.conv2d(tensor(b, [[[[nan, -1, 1]]]]), tensor(b, [[[[1]]]]), undefined, { activation: 'relu' }),
};

const reference = cpuReference();
describe.each(['cpu', 'webasm'] as const)('special numbers in mode %s', async mode => {
  const backend = await gpujs({ mode });
  afterAll(() => backend.dispose());
  it.each(Object.entries(cases))('%s', async (_, run) => {
    const want = [...tensorsIn(run(reference))];
    const got = [...tensorsIn(run(backend))];
    for (const [i, y] of got.entries()) {
      expect([y.dtype, y.shape]).toEqual([want[i]!.dtype, want[i]!.shape]);
      const [numbers, wanted] = [await y.data(), await want[i]!.data()];
      for (const [k, w] of wanted.entries()) {
        const g = numbers[k]!;
        const close = Object.is(g, w) || g === w || Math.abs(g - w) <= 3e-6 * Math.max(Math.abs(w), 1e-6);
        if (!close) expect.fail(`output ${i} at ${k}: ${g}, want ${w}`);
      }
    }
  });
});
