/** Shape and dtype rules: what each op gives, and what it says when inputs or options do not fit. Run without numbers. */
import {
  type DType,
  DTypeError,
  OptionError,
  ops,
  type Shape,
  ShapeError,
  shapesBackend,
  type Tensor,
  tensor,
  tidy,
  UsageError,
} from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const backend = shapesBackend();
const t = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  tensor(backend, new Uint8Array(shape.reduce((a, b) => a * b, 1)), { shape, dtype });
const f = (...shape: number[]): Tensor => t(shape);
const i = (...shape: number[]): Tensor => t(shape, 'int32');
const bool = (...shape: number[]): Tensor => t(shape, 'bool');

/** Asserts that each call throws the error beside it: its class and its message. */
function refuses(calls: Readonly<Record<string, () => unknown>>, type: new (message: string) => Error): void {
  for (const [message, call] of Object.entries(calls)) {
    test(message, () => {
      let thrown: unknown;
      try {
        tidy(call);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(type);
      expect((thrown as Error).message).toBe(message);
    });
  }
}

// An OptionError has another constructor; only its class is compared.
const optionError = OptionError as unknown as new (message: string) => Error;

describe('shapes that do not fit', () => {
  refuses(
    {
      'add: cannot broadcast [2, 3] with [2]': () => ops.add(f(2, 3), f(2)),
      'mul: cannot broadcast [0] with [2]': () => ops.mul(f(0), f(2)),
      'equal: cannot broadcast [3] with [2]': () => ops.equal(f(3), f(2)),
      'where: cannot broadcast [2, 3] with [4]': () => ops.where(bool(2, 3), f(4), f(1)),
      'where: cannot broadcast [3] with [2]': () => ops.where(bool(1), f(3), f(2)),

      'sum: no axis 2 in a tensor of rank 2': () => ops.sum(f(2, 3), 2),
      'sum: no axis -3 in a tensor of rank 2': () => ops.sum(f(2, 3), -3),
      'sum: no axis 0.5 in a tensor of rank 2': () => ops.sum(f(2, 3), 0.5),
      'sum: the axes are {"axis":0}; they must be a number or a list of numbers': () => ops.sum(f(2, 3), { axis: 0 } as never),
      "sum: no axis 'a' in a tensor of rank 2": () => ops.sum(f(2, 3), ['a'] as never),
      'sum: no axis NaN in a tensor of rank 2': () => ops.sum(f(2, 3), Number.NaN),
      'sum: an axis is named twice in [1, 1]': () => ops.sum(f(2, 3), [1, -1]),
      'max: axis 1 of [2, 0] is empty': () => ops.max(f(2, 0), 1),
      'min: axis 0 of [0] is empty': () => ops.min(f(0)),
      'argMax: axis 1 of [2, 0] is empty': () => ops.argMax(f(2, 0)),
      'argMin: no axis -1 in a tensor of rank 0': () => ops.argMin(f()),
      'cumsum: no axis 1 in a tensor of rank 1': () => ops.cumsum(f(2), 1),
      'sort: no axis -1 in a tensor of rank 0': () => ops.sort(f()),
      'topK: no axis 2 in a tensor of rank 1': () => ops.topK(f(3), 1, 2),

      'reshape: [2, 3] has 6 elements, [4] has 4': () => ops.reshape(f(2, 3), [4]),
      'reshape: [2, 3] cannot become [4, -1]': () => ops.reshape(f(2, 3), [4, -1]),
      'reshape: [2, 3] cannot become [-1, -1]': () => ops.reshape(f(2, 3), [-1, -1]),
      'reshape: [0, 3] cannot become [0, -1]': () => ops.reshape(f(0, 3), [0, -1]),
      'reshape: [-2,-3] is not a shape; sizes are whole numbers >= 0': () => ops.reshape(f(2, 3), [-2, -3]),
      'reshape: [1.5,4] is not a shape; sizes are whole numbers >= 0': () => ops.reshape(f(2, 3), [1.5, 4]),
      'squeeze: axis 0 of [2, 1] has size 2, not 1': () => ops.squeeze(f(2, 1), 0),
      'expandDims: no axis 3 in a tensor of rank 3': () => ops.expandDims(f(2, 1), 3),
      'permute: an axis is named twice in [1, 1]': () => ops.permute(f(2, 3), [1, 1]),
      'permute: order [1] for [2, 3]': () => ops.permute(f(2, 3), [1]),
      'permute: no axis 2 in a tensor of rank 2': () => ops.permute(f(2, 3), [0, 2]),
      'transpose: no axis -2 in a tensor of rank 1': () => ops.transpose(f(3)),
      'broadcastTo: [2, 3] does not broadcast to [3]': () => ops.broadcastTo(f(2, 3), [3]),
      'broadcastTo: [3] does not broadcast to [1]': () => ops.broadcastTo(f(3), [1]),
      'broadcastTo: cannot broadcast [3] with [4]': () => ops.broadcastTo(f(3), [4]),
      'broadcastTo: [-1] is not a shape; sizes are whole numbers >= 0': () => ops.broadcastTo(f(1), [-1]),
      'fill: [-1] is not a shape; sizes are whole numbers >= 0': () => ops.fill(backend, [-1], 0),
      'fill: [null] is not a shape; sizes are whole numbers >= 0': () => ops.zeros(backend, [Number.NaN]),

      'slice: 3 ranges for [2, 3]': () => ops.slice(f(2, 3), [null, null, null]),
      'pad: padding [[0,0],[0,0],[1,1]] for [2, 3]; it takes whole numbers >= 0, a pair per axis': () =>
        ops.pad(f(2, 3), [
          [0, 0],
          [0, 0],
          [1, 1],
        ]),
      'pad: padding [[-1,0]] for [2, 3]; it takes whole numbers >= 0, a pair per axis': () => ops.pad(f(2, 3), [[-1, 0]]),
      'pad: padding [[0.5,0]] for [2, 3]; it takes whole numbers >= 0, a pair per axis': () => ops.pad(f(2, 3), [[0.5, 0]]),
      'pad: reflect padding [3, 0] on axis 1 of [2, 3]; at most 2 fit': () => ops.pad(f(2, 3), [[3, 0]], { mode: 'reflect' }),
      'pad: circular padding [0, 4] on axis 1 of [2, 3]; at most 3 fit': () => ops.pad(f(2, 3), [[0, 4]], { mode: 'circular' }),
      'pad: replicate padding [1, 0] on axis 1 of [2, 0]; at most 0 fit': () => ops.pad(f(2, 0), [[1, 0]], { mode: 'replicate' }),
      'concat: no tensors': () => ops.concat([]),
      'concat: [2, 3] and [2, 4] differ in more than axis 0': () => ops.concat([f(2, 3), f(2, 4)]),
      'concat: [2, 3] and [2] differ in more than axis 1': () => ops.concat([f(2, 3), f(2)], 1),
      'concat: no axis 2 in a tensor of rank 2': () => ops.concat([f(2, 3)], 2),
      'stack: [2, 3] beside [3, 2]': () => ops.stack([f(2, 3), f(3, 2)]),
      'stack: no tensors': () => ops.stack([]),
      'split: axis 0 of [5] cannot be cut into 2': () => ops.split(f(5), 2),
      'split: axis 0 of [5] cannot be cut into 0': () => ops.split(f(5), 0),
      'split: axis 0 of [5] cannot be cut into -5': () => ops.split(f(5), -5),
      'split: axis 0 of [5] cannot be cut into [2,2]': () => ops.split(f(5), [2, 2]),
      'split: axis 0 of [5] cannot be cut into [6,-1]': () => ops.split(f(5), [6, -1]),
      'tile: repeats [2] for [2, 3]; it takes a whole number >= 0 per axis': () => ops.tile(f(2, 3), [2]),
      'tile: repeats [-1] for [2]; it takes a whole number >= 0 per axis': () => ops.tile(f(2), [-1]),
      'flip: no axis 1 in a tensor of rank 1': () => ops.flip(f(2), 1),

      'gather: indices [2, 3] for [4, 2]; all axes but 0 must agree': () => ops.gather(f(4, 2), i(2, 3), 0),
      'gather: indices [2] for [4, 2]; all axes but 0 must agree': () => ops.gather(f(4, 2), i(2), 0),
      'scatterAdd: indices [2, 3] for [4, 2]; all axes but 0 must agree': () => ops.scatterAdd(f(4, 2), i(2, 3), f(2, 3), 0),
      'scatterAdd: [2, 2] indices for [3, 2] updates': () => ops.scatterAdd(f(4, 2), i(2, 2), f(3, 2), 0),
      'take: the indices are [1, 2]; they must be [k]': () => ops.take(f(4), i(1, 2)),
      'take: no axis 1 in a tensor of rank 1': () => ops.take(f(4), i(2), 1),

      'matmul: [2, 3] by [2, 3]: the inner sizes 3 and 2 differ': () => ops.matmul(f(2, 3), f(2, 3)),
      'matmul: [2, 3] transposed by [3, 2]: the inner sizes 2 and 3 differ': () =>
        ops.matmul(f(2, 3), f(3, 2), { transposeA: true }),
      'matmul: [2, 3] by [2, 4] transposed: the inner sizes 3 and 4 differ': () =>
        ops.matmul(f(2, 3), f(2, 4), { transposeB: true }),
      'matmul: cannot broadcast [2] with [3]': () => ops.matmul(f(2, 4, 4), f(3, 4, 4)),
      'matmul: a scalar has no rows; use mul': () => ops.matmul(f(), f(2, 2)),
      'linear: the weight is [3]; it must be [out, in]': () => ops.linear(f(2, 3), f(3)),
      'linear: the input [2, 3] has 3 features, the weight expects 4': () => ops.linear(f(2, 3), f(5, 4)),
      'linear: the input [] has no features, the weight expects 4': () => ops.linear(f(), f(5, 4)),
      'linear: the bias is [4]; it must be [5]': () => ops.linear(f(2, 4), f(5, 4), f(4)),

      'conv2d: the input is [2, 3, 4]; it must be images [n, c, h, w]': () => ops.conv2d(f(2, 3, 4), f(1, 3, 2, 2)),
      'conv2d: the input is [3, 3]; it must be a weight [filters, c / groups, kernel height, kernel width]': () =>
        ops.conv2d(f(1, 3, 4, 4), f(3, 3)),
      'conv2d: the input has 3 channels, the weight [8, 4, 3, 3] expects 4': () => ops.conv2d(f(1, 3, 9, 9), f(8, 4, 3, 3)),
      'conv2d: the input has 4 channels, the weight [8, 4, 3, 3] expects 4 in each of 2 groups': () =>
        ops.conv2d(f(1, 4, 9, 9), f(8, 4, 3, 3), undefined, { groups: 2 }),
      'conv2d: 3 channels and 8 filters cannot be cut into 2 groups': () =>
        ops.conv2d(f(1, 3, 9, 9), f(8, 3, 3, 3), undefined, { groups: 2 }),
      'conv2d: 4 channels and 7 filters cannot be cut into 2 groups': () =>
        ops.conv2d(f(1, 4, 9, 9), f(7, 2, 3, 3), undefined, { groups: 2 }),
      'conv2d: the bias is [7]; it must be [8]': () => ops.conv2d(f(1, 3, 9, 9), f(8, 3, 3, 3), f(7)),
      'conv2d: the window does not fit: floor((width 7 + padding 0 + 0 - dilation 1 * (kernel 9 - 1) - 1) / stride 1) + 1 = -1':
        () => ops.conv2d(f(1, 1, 9, 7), f(1, 1, 9, 9)),
      'conv2d: the window does not fit: floor((height 4 + padding 1 + 0 - dilation 3 * (kernel 3 - 1) - 1) / stride 2) + 1 = 0':
        () =>
          ops.conv2d(f(1, 1, 4, 7), f(1, 1, 3, 1), undefined, {
            stride: 2,
            dilation: 3,
            padding: [
              [1, 0],
              [0, 0],
            ],
          }),
      'conv1d: the input is [2, 3]; it must be [n, c, w]': () => ops.conv1d(f(2, 3), f(1, 3, 2)),
      'conv1d: the input is [1, 3]; it must be a weight [filters, c / groups, kernel]': () => ops.conv1d(f(2, 3, 4), f(1, 3)),
      'convTranspose2d: the input has 3 channels, the weight [4, 2, 3, 3] expects 4': () =>
        ops.convTranspose2d(f(1, 3, 5, 5), f(4, 2, 3, 3)),
      'convTranspose2d: the bias is [3]; it must be [2]': () => ops.convTranspose2d(f(1, 4, 5, 5), f(4, 2, 3, 3), f(3)),
      'convTranspose2d: the bias is [1]; it must be [4]': () =>
        ops.convTranspose2d(f(1, 4, 5, 5), f(4, 2, 3, 3), f(1), { groups: 2 }),
      'convTranspose2d: nothing is left: (width 2 - 1) * stride 1 - padding 2 - 2 + dilation 1 * (kernel 3 - 1) + outputPadding 0 + 1 = 0':
        () => ops.convTranspose2d(f(1, 1, 9, 2), f(1, 1, 3, 3), undefined, { padding: 2 }),
      'unfold: the input is [2, 3]; it must be [n, c, ...spatial]': () => ops.unfold(f(2, 3), 2),
      'unfold: the window does not fit: floor((size of axis 4 2 + padding 0 + 0 - dilation 1 * (kernel 3 - 1) - 1) / stride 1) + 1 = 0':
        () => ops.unfold(f(1, 1, 3, 3, 2), 3),
      'fold: the input is [1, 1, 2, 2, 3, 3]; windows over [4, 5] give [1, 1, 2, 2, 3, 4]': () =>
        ops.fold(f(1, 1, 2, 2, 3, 3), [4, 5], 2),
      'fold: [4,5.5] is not a shape; sizes are whole numbers >= 0': () => ops.fold(f(1, 1, 2, 2, 3, 4), [4, 5.5], 2),

      'maxPool2d: the input is [2, 3, 4]; it must be images [n, c, h, w]': () => ops.maxPool2d(f(2, 3, 4), 2),
      'maxPool2d: padding [0, 2] on axis 3 leaves a window of 2 nothing but padding': () =>
        ops.maxPool2d(f(1, 1, 4, 4), 2, {
          padding: [
            [0, 0],
            [0, 2],
          ],
        }),
      'avgPool2d: window 2 on axis 2 steps over all 2 pixels and covers nothing but padding; kernel 2, dilation 3, padding [3, 3]':
        () => ops.avgPool2d(f(1, 1, 2, 9), 2, { stride: 1, padding: 3, dilation: 3, countIncludePad: false }),
      'maxPool2d: window 0 on axis 3 steps over all 1 pixels and covers nothing but padding; kernel 2, dilation 2, padding [1, 1]':
        () => ops.maxPool2d(f(1, 1, 3, 1), 2, { stride: 1, padding: 1, dilation: 2 }),
      'maxPool2d: the window does not fit: floor((height 2 + padding 0 + 0 - dilation 1 * (kernel 3 - 1) - 1) / stride 3) + 1 = 0':
        () => ops.maxPool2d(f(1, 1, 2, 4), 3),
      'avgPool2d: the window does not fit: ceil((height 1 + padding 0 + 0 - dilation 1 * (kernel 4 - 1) - 1) / stride 2) + 1 = 0':
        () => ops.avgPool2d(f(1, 1, 1, 4), 4, { ceilMode: true, stride: 2 }),
      'maxPool2d: [1, 1, 0, 4] has no pixels': () => ops.maxPool2d(f(1, 1, 0, 4), 2),
      'adaptiveAvgPool2d: [1, 1, 4, 0] has no pixels': () => ops.adaptiveAvgPool2d(f(1, 1, 4, 0), 2),
      'adaptiveMaxPool2d: [1, 1, 0, 4] has no pixels': () => ops.adaptiveMaxPool2d(f(1, 1, 0, 4), 2),
      'adaptiveMaxPool2d: the input is [4, 4]; it must be images [n, c, h, w]': () => ops.adaptiveMaxPool2d(f(4, 4), 2),
      'resize: [1, 1, 0, 4] has no pixels': () => ops.resize(f(1, 1, 0, 4), [2, 2]),
      'resize: the input is [4, 4]; it must be images [n, c, h, w]': () => ops.resize(f(4, 4), [2, 2]),

      'batchNorm: the input is [3]; it must be [n, c, ...]': () => ops.batchNorm(f(3), f(3), f(3)),
      'batchNorm: a vector [2] for 3 channels': () => ops.batchNorm(f(4, 3), f(3), f(2)),
      'batchNorm: [1, 3, 1, 1] has fewer than two values per channel, so no variance': () =>
        ops.batchNorm(f(1, 3, 1, 1), f(3), f(3)),
      'batchNorm: [0, 3] has fewer than two values per channel, so no variance': () => ops.batchNorm(f(0, 3), f(3), f(3)),
      'batchNormInference: a vector [1] for 3 channels': () =>
        ops.batchNormInference(f(4, 3), f(3), f(3), { mean: f(3), variance: f(1) }),
      'layerNorm: [2, 3] does not end with [2]': () => ops.layerNorm(f(2, 3), [2]),
      'layerNorm: [2, 3] does not end with []': () => ops.layerNorm(f(2, 3), []),
      'layerNorm: [2, 3] does not end with [1, 2, 3]': () => ops.layerNorm(f(2, 3), [1, 2, 3]),
      'layerNorm: weight or bias [2, 3]; they must be [3]': () => ops.layerNorm(f(2, 3), [3], f(2, 3)),
      'layerNorm: weight or bias [1]; they must be [3]': () => ops.layerNorm(f(2, 3), [3], f(3), f(1)),
      'groupNorm: a vector [3] for 4 channels': () => ops.groupNorm(f(2, 4), 2, f(3)),
      'localResponseNorm: the input is [2, 4]; it must be images [n, c, h, w]': () => ops.localResponseNorm(f(2, 4), { size: 3 }),

      'softmax: no axis 2 in a tensor of rank 2': () => ops.softmax(f(2, 3), 2),
      'logSoftmax: no axis -1 in a tensor of rank 0': () => ops.logSoftmax(f()),
      'softmaxCrossEntropy: the logits are [3]; they must be [n, classes, ...]': () => ops.softmaxCrossEntropy(f(3), i(3)),
      'softmaxCrossEntropy: targets [2] for logits [3, 4]; they must be [3]': () => ops.softmaxCrossEntropy(f(3, 4), i(2)),
      'softmaxCrossEntropy: targets [3] for logits [3, 4]; they must be [3, 4], or int32 if they are labels, not float32': () =>
        ops.softmaxCrossEntropy(f(3, 4), f(3)),
      'softmaxCrossEntropy: targets [2, 5, 4] for logits [2, 3, 4, 5]; they must be [2, 4, 5]': () =>
        ops.softmaxCrossEntropy(f(2, 3, 4, 5), i(2, 5, 4)),
      'softmaxCrossEntropy: targets [2, 3, 5, 4] for logits [2, 3, 4, 5]; they must be [2, 3, 4, 5]': () =>
        ops.softmaxCrossEntropy(f(2, 3, 4, 5), f(2, 3, 5, 4)),
    },
    ShapeError,
  );
});

describe('dtypes that do not fit', () => {
  const wrong: Record<string, () => unknown> = {
    'add: mixes float32 and float64; use cast': () => ops.add(f(2), t([2], 'float64')),
    'mul: mixes int32 and float32; use cast': () => ops.mul(i(2), f(2)),
    'less: mixes uint8 and int32; use cast': () => ops.less(t([2], 'uint8'), i(2)),
    'add: got bool, takes float32, float64, int32; use cast': () => ops.add(bool(2), bool(2)),
    'sub: got uint8, takes float32, float64, int32; use cast': () => ops.sub(t([2], 'uint8'), 1),
    'div: got int32, takes float32, float64; use cast': () => ops.div(i(2), 2),
    'pow: got int32, takes float32, float64; use cast': () => ops.pow(i(2), 2),
    'logicalAnd: got int32, takes bool; use cast': () => ops.logicalAnd(i(2), i(2)),
    'logicalNot: got int32, takes bool; use cast': () => ops.logicalNot(i(2)),
    'exp: got int32, takes float32, float64; use cast': () => ops.exp(i(2)),
    'relu: got uint8, takes float32, float64, int32; use cast': () => ops.relu(t([2], 'uint8')),
    'isFinite: got int32, takes float32, float64; use cast': () => ops.isFinite(i(2)),
    'where: the condition is float32, not bool; use a comparison or cast': () => ops.where(f(2), f(2), f(2)),
    'where: mixes float32 and int32; use cast': () => ops.where(bool(2), f(2), i(2)),
    'max: got bool, takes float32, float64, int32, uint8; use cast': () => ops.max(bool(2)),
    'mean: got int32, takes float32 or float64; use cast': () => ops.mean(i(2)),
    'variance: got int32, takes float32 or float64; use cast': () => ops.variance(i(2)),
    'logSumExp: got int32, takes float32 or float64; use cast': () => ops.logSumExp(i(2)),
    'prod: got bool, takes float32, float64, int32; use cast': () => ops.prod(bool(2)),
    'cumsum: got uint8, takes float32, float64, int32; use cast': () => ops.cumsum(t([2], 'uint8')),
    'sort: got bool, takes float32, float64, int32; use cast': () => ops.sort(bool(2)),
    'matmul: mixes float32 and float64; use cast': () => ops.matmul(f(2, 2), t([2, 2], 'float64')),
    'matmul: got uint8, takes float32, float64, int32; use cast': () => ops.matmul(t([2, 2], 'uint8'), t([2, 2], 'uint8')),
    'linear: got int32, takes float32 or float64; use cast': () => ops.linear(i(2, 2), f(2, 2)),
    'linear: mixes float32 and float64; use cast': () => ops.linear(f(2, 2), t([2, 2], 'float64')),
    'concat: mixes float32 and int32; use cast': () => ops.concat([f(2), i(2)]),
    'gather: the indices are float32, not int32; use cast': () => ops.gather(f(2), f(2), 0),
    'scatterAdd: the indices are uint8, not int32; use cast': () => ops.scatterAdd(f(2), t([2], 'uint8'), f(2), 0),
    'scatterAdd: mixes float32 and int32; use cast': () => ops.scatterAdd(f(2), i(2), i(2), 0),
    'conv2d: got uint8, takes float32 or float64; use cast': () => ops.conv2d(t([1, 1, 4, 4], 'uint8'), f(1, 1, 2, 2)),
    'conv2d: mixes float32 and float64; use cast': () => ops.conv2d(f(1, 1, 4, 4), f(1, 1, 2, 2), t([1], 'float64')),
    'maxPool2d: got int32, takes float32 or float64; use cast': () => ops.maxPool2d(i(1, 1, 4, 4), 2),
    'avgPool2d: got int32, takes float32 or float64; use cast': () => ops.avgPool2d(i(1, 1, 4, 4), 2),
    'adaptiveAvgPool2d: got int32, takes float32 or float64; use cast': () => ops.adaptiveAvgPool2d(i(1, 1, 4, 4), 2),
    'resize: got uint8, takes float32 or float64; use cast': () => ops.resize(t([1, 1, 4, 4], 'uint8'), [2, 2]),
    'batchNorm: mixes float32 and float64; use cast': () => ops.batchNorm(f(2, 3), f(3), t([3], 'float64')),
    'softmax: got int32, takes float32 or float64; use cast': () => ops.softmax(i(2)),
    'dropout: got int32, takes float32 or float64; use cast': () => ops.dropout(i(2), 0.5, [1, 1]),
    'softmaxCrossEntropy: got int32, takes float32 or float64; use cast': () => ops.softmaxCrossEntropy(i(2, 3), i(2)),
    'softmaxCrossEntropy: the targets are uint8; they must be int32 labels or float32 probabilities; use cast': () =>
      ops.softmaxCrossEntropy(f(2, 3), t([2], 'uint8')),
    'add: 0.5 does not fit int32; use cast': () => ops.add(i(2), 0.5),
    'fill: NaN does not fit int32; use cast': () => ops.fillLike(i(2), Number.NaN),
    'greater: -1 does not fit uint8; use cast': () => ops.greater(t([2], 'uint8'), -1),
    'pad: 1.5 does not fit int32; use cast': () => ops.pad(i(2), [[1, 1]], { value: 1.5 }),
    'unfold: -Infinity does not fit int32; use cast': () => ops.unfold(i(1, 1, 3), 2, { padValue: Number.NEGATIVE_INFINITY }),
    'mul: 2147483648 does not fit int32; use cast': () => ops.mul(i(2), 2 ** 31),
  };
  refuses(wrong, DTypeError);
});

describe('options that are impossible', () => {
  const x = f(1, 2, 8, 8);
  const w = f(4, 2, 3, 3);
  const count = 'allowed: a whole number >= 1, or 2 of them';
  const padding = "allowed: a whole number >= 0, 2 of them, 2 pairs [before, after], 'same' or 'valid'";
  refuses(
    {
      [`conv2d: option 'stride' is 0; ${count}`]: () => ops.conv2d(x, w, undefined, { stride: 0 }),
      [`conv2d: option 'stride' is NaN; ${count}`]: () => ops.conv2d(x, w, undefined, { stride: Number.NaN }),
      [`conv2d: option 'stride' is [1,1,1]; ${count}`]: () => ops.conv2d(x, w, undefined, { stride: [1, 1, 1] }),
      [`conv2d: option 'dilation' is [1,1.5]; ${count}`]: () => ops.conv2d(x, w, undefined, { dilation: [1, 1.5] }),
      [`conv2d: option 'padding' is -1; ${padding}`]: () => ops.conv2d(x, w, undefined, { padding: -1 }),
      [`conv2d: option 'padding' is 'full'; ${padding}`]: () => ops.conv2d(x, w, undefined, { padding: 'full' as 'same' }),
      [`conv2d: option 'padding' is [1]; ${padding}`]: () => ops.conv2d(x, w, undefined, { padding: [1] }),
      [`conv2d: option 'padding' is [[1,2]]; ${padding}`]: () => ops.conv2d(x, w, undefined, { padding: [[1, 2]] }),
      [`conv2d: option 'padding' is [[1,2],[0,-1]]; ${padding}`]: () =>
        ops.conv2d(x, w, undefined, {
          padding: [
            [1, 2],
            [0, -1],
          ],
        }),
      "conv2d: option 'groups' is 0; allowed: a whole number >= 1": () => ops.conv2d(x, w, undefined, { groups: 0 }),
      "conv2d: option 'paddingMode' is 'mirror'; allowed: 'zeros', 'reflect', 'replicate', 'circular'": () =>
        ops.conv2d(x, w, undefined, { paddingMode: 'mirror' as 'zeros' }),
      "convTranspose2d: option 'groups' is 1.5; allowed: a whole number >= 1": () =>
        ops.convTranspose2d(f(1, 4, 5, 5), f(4, 2, 3, 3), undefined, { groups: 1.5 }),
      "convTranspose2d: option 'outputPadding' is 2; allowed: less than stride 2 or dilation 1": () =>
        ops.convTranspose2d(f(1, 4, 5, 5), f(4, 2, 3, 3), undefined, { stride: 2, outputPadding: 2 }),
      "convTranspose2d: option 'outputPadding' is -1; allowed: a whole number >= 0, or 2 of them": () =>
        ops.convTranspose2d(f(1, 4, 5, 5), f(4, 2, 3, 3), undefined, { outputPadding: -1 }),
      [`unfold: option 'kernelSize' is 0; ${count}`]: () => ops.unfold(x, 0),
      [`maxPool2d: option 'kernelSize' is [2,2,2]; ${count}`]: () => ops.maxPool2d(x, [2, 2, 2]),
      [`avgPool2d: option 'stride' is -1; ${count}`]: () => ops.avgPool2d(x, 2, { stride: -1 }),
      [`adaptiveAvgPool2d: option 'outputSize' is 0; ${count}`]: () => ops.adaptiveAvgPool2d(x, 0),
      [`adaptiveMaxPool2d: option 'outputSize' is [2]; ${count}`]: () => ops.adaptiveMaxPool2d(x, [2]),
      "resize: option 'size' is [0,2]; allowed: [height, width], whole numbers >= 1": () => ops.resize(x, [0, 2]),
      "resize: option 'mode' is 'cubic'; allowed: 'nearest', 'bilinear'": () =>
        ops.resize(x, [2, 2], { mode: 'cubic' as 'nearest' }),
      "pad: option 'mode' is 'mirror'; allowed: 'constant', 'reflect', 'replicate', 'circular'": () =>
        ops.pad(x, [[1, 1]], { mode: 'mirror' as 'reflect' }),
      "slice: option 'step' is 0; allowed: a whole number other than 0": () => ops.slice(x, [[0, 1, 0]]),
      "slice: option 'step' is 0.5; allowed: a whole number other than 0": () => ops.slice(x, [[0, 1, 0.5]]),
      "slice: option 'range' is [0.5,1]; allowed: whole numbers": () => ops.slice(x, [[0.5, 1]]),
      "slice: option 'range' is [0,null]; allowed: whole numbers": () => ops.slice(x, [[0, Number.NaN]]),
      "clip: option 'low' is NaN; allowed: a number": () => ops.clip(x, { low: Number.NaN }),
      "topK: option 'k' is 9; allowed: a whole number in [0, 8]": () => ops.topK(x, 9),
      "topK: option 'k' is -1; allowed: a whole number in [0, 8]": () => ops.topK(x, -1),
      "oneHot: option 'classes' is 0; allowed: a whole number >= 1": () => ops.oneHot(i(2), 0),
      "arange: option 'length' is -1; allowed: a whole number >= 0": () => ops.arange(backend, -1),
      "arange: option 'dtype' is 'bool'; allowed: a number type": () => ops.arange(backend, 2, { dtype: 'bool' }),
      "dropout: option 'rate' is 1; allowed: a number in [0, 1)": () => ops.dropout(x, 1, [0, 0]),
      "dropout: option 'rate' is NaN; allowed: a number in [0, 1)": () => ops.dropout(x, Number.NaN, [0, 0]),
      "batchNorm: option 'epsilon' is 0; allowed: a number > 0": () => ops.batchNorm(x, f(2), f(2), { epsilon: 0 }),
      "batchNormInference: option 'epsilon' is NaN; allowed: a number > 0": () =>
        ops.batchNormInference(x, f(2), f(2), { mean: f(2), variance: f(2) }, { epsilon: Number.NaN }),
      "layerNorm: option 'epsilon' is -1; allowed: a number > 0": () =>
        ops.layerNorm(x, [8], undefined, undefined, { epsilon: -1 }),
      "groupNorm: option 'groups' is 3; allowed: a divisor of the 2 channels": () => ops.groupNorm(x, 3),
      "groupNorm: option 'groups' is 0; allowed: a divisor of the 2 channels": () => ops.groupNorm(x, 0),
      "localResponseNorm: option 'size' is 0; allowed: a whole number >= 1": () => ops.localResponseNorm(x, { size: 0 }),
      "gelu: option 'approximate' is 'erf'; allowed: 'none', 'tanh'": () => ops.gelu(x, { approximate: 'erf' as 'none' }),
      "softmaxCrossEntropy: option 'labelSmoothing' is 1; allowed: a number in [0, 1)": () =>
        ops.softmaxCrossEntropy(f(2, 3), i(2), { labelSmoothing: 1 }),
      "softmaxCrossEntropy: option 'reduction' is 'avg'; allowed: 'mean', 'sum', 'none'": () =>
        ops.softmaxCrossEntropy(f(2, 3), i(2), { reduction: 'avg' as 'mean' }),
    },
    optionError,
  );

  test('where needs a tensor on one side', () => {
    expect(() => ops.where(bool(2), 1, 2)).toThrow(new UsageError('where: one of the two must be a tensor'));
  });
});

describe('the dtypes of results', () => {
  const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

  test.each([
    ['add', ops.add(i(2), i(2)), 'int32'],
    ['a number takes the dtype of the tensor', ops.mul(t([2], 'float64'), 2), 'float64'],
    ['a number takes the dtype of the tensor', ops.sub(1, i(2)), 'int32'],
    ['comparisons', ops.less(i(2), i(2)), 'bool'],
    ['comparisons with a number', ops.greaterEqual(t([2], 'uint8'), 3), 'bool'],
    ['isFinite', ops.isFinite(f(2)), 'bool'],
    ['logicalNot', ops.logicalNot(bool(2)), 'bool'],
    ['the sum of floats', ops.sum(t([2], 'float64')), 'float64'],
    ['the sum of int32', ops.sum(i(2)), 'int32'],
    ['the sum of uint8', ops.sum(t([2], 'uint8')), 'int32'],
    ['the sum of bool', ops.sum(bool(2)), 'int32'],
    ['max', ops.max(t([2], 'uint8')), 'uint8'],
    ['argMax', ops.argMax(t([2], 'float64')), 'int32'],
    ['argMin of bool', ops.argMin(bool(2)), 'int32'],
    ['the indices of sort', ops.sort(f(2)).indices, 'int32'],
    ['the values of sort', ops.sort(i(2)).values, 'int32'],
    ['the indices of topK', ops.topK(f(2), 1).indices, 'int32'],
    ['the indices of max pooling', ops.maxPool2dWithIndices(t([1, 1, 2, 2], 'float64'), 2).indices, 'int32'],
    ['the values of max pooling', ops.maxPool2dWithIndices(t([1, 1, 2, 2], 'float64'), 2).values, 'float64'],
    ['arange', ops.arange(backend, 3), 'int32'],
    ['arange as float', ops.arange(backend, 3, { dtype: 'float32' }), 'float32'],
    ['oneHot', ops.oneHot(i(2), 3), 'float32'],
    ['zeros', ops.zeros(backend, [2]), 'float32'],
    ['gather', ops.gather(bool(2), i(2), 0), 'bool'],
    ['where', ops.where(bool(2), i(2), 3), 'int32'],
    ['cross-entropy', ops.softmaxCrossEntropy(t([2, 3], 'float64'), i(2)), 'float64'],
    ['resize in float64', ops.resize(t([1, 1, 2, 2], 'float64'), [3, 3], { mode: 'bilinear' }), 'float64'],
    ['adaptive pooling in float64', ops.adaptiveAvgPool2d(t([1, 1, 4, 4], 'float64'), 2), 'float64'],
  ] as const)('%s: %#', (_, result, dtype) => {
    expect(result.dtype).toBe(dtype);
  });

  test('moving elements about keeps every dtype', () => {
    for (const dtype of dtypes) {
      const x = t([2, 2], dtype);
      const moved = [
        ops.reshape(x, [4]),
        ops.permute(x, [1, 0]),
        ops.broadcastTo(x, [3, 2, 2]),
        ops.slice(x, [[0, 1]]),
        ops.pad(x, [[1, 1]]),
        ops.concat([x, x]),
        ops.stack([x, x]),
        ops.tile(x, [2, 2]),
        ops.flip(x),
        ops.take(x, i(3)),
        ops.cast(x, dtype),
      ];
      expect(new Set(moved.map(y => y.dtype))).toEqual(new Set([dtype]));
    }
  });

  test('there is no promotion: every op of two tensors refuses two dtypes', () => {
    const { add, sub, mul, div, pow, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual } = ops;
    for (const [name, op] of Object.entries({
      add,
      sub,
      mul,
      div,
      pow,
      maximum,
      minimum,
      equal,
      notEqual,
      less,
      lessEqual,
      greater,
      greaterEqual,
    })) {
      for (const a of dtypes) {
        for (const b of dtypes) {
          if (a !== b) expect(() => op(t([2], a), t([2], b))).toThrow(new DTypeError(`${name}: mixes ${a} and ${b}; use cast`));
        }
      }
    }
  });
});

describe('sizes', () => {
  test('broadcasting follows the rule of NumPy', () => {
    // Axes of a result shape, each of which either side may have at size 1, and one side may miss its first ones.
    const axis = fc.record({ size: fc.integer({ min: 0, max: 4 }), one: fc.constantFrom('a', 'b', 'neither') });
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 4 }), fc.nat(4), fc.boolean(), (axes, missing, missingInA) => {
        const side = (name: string): number[] => axes.map(({ size, one }) => (one === name ? 1 : size));
        const cut = (shape: number[], has: boolean): number[] => (has ? shape.slice(Math.min(missing, shape.length)) : shape);
        // An axis that one side misses comes from the other side as it is there.
        const [a, b] = [cut(side('a'), missingInA), cut(side('b'), !missingInA)];
        const wanted = axes.map((_, k) => {
          const fromA = a[k - axes.length + a.length];
          const fromB = b[k - axes.length + b.length];
          return fromA === undefined ? fromB! : fromB === undefined ? fromA : fromA === 1 ? fromB : fromA;
        });
        expect(ops.add(f(...a), f(...b)).shape).toEqual(wanted);
        expect(ops.add(f(...b), f(...a)).shape).toEqual(wanted);
      }),
    );
  });

  test('a convolution has floor((n + padding - dilation (k - 1) - 1) / stride) + 1 outputs: as many windows as can be counted', () => {
    const size = fc.integer({ min: 1, max: 12 });
    const few = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(size, few, few, few, fc.nat(4), fc.nat(4), (n, kernel, stride, dilation, before, after) => {
        let windows = 0;
        for (let start = -before; start + dilation * (kernel - 1) < n + after; start += stride) windows++;
        const run = (): Tensor => ops.unfold(f(1, 1, n), kernel, { stride, dilation, padding: [[before, after]] });
        if (windows === 0) expect(run).toThrow(ShapeError);
        else expect(run().shape).toEqual([1, 1, kernel, windows]);
      }),
    );
  });

  test.each([
    // size, kernel, stride, dilation: outputs, and the padding before and after
    [7, 3, 1, 1, 7, 1, 1],
    [7, 4, 1, 1, 7, 1, 2],
    [7, 3, 2, 1, 4, 1, 1],
    [8, 3, 2, 1, 4, 0, 1],
    [8, 2, 3, 1, 3, 0, 0],
    [5, 3, 1, 2, 5, 2, 2],
    [4, 1, 2, 1, 2, 0, 0],
    [1, 5, 4, 1, 1, 2, 2],
  ])(
    "'same' on %i pixels, kernel %i, stride %i, dilation %i gives %i, with padding %i before and %i after",
    (n, kernel, stride, dilation, outputs, before, after) => {
      expect(ops.windowAttrs('test', [n], kernel, { stride, dilation, padding: 'same' }).padding).toEqual([[before, after]]);
      expect(ops.conv1d(f(1, 1, n), f(1, 1, kernel), undefined, { stride, dilation, padding: 'same' }).shape).toEqual([
        1,
        1,
        outputs,
      ]);
    },
  );

  // Sizes of torch.nn.functional.max_pool2d(..., ceil_mode=True) of PyTorch 1.13 for a row of pixels.
  test.each([
    [2, 3, 2, 0, 1, 1],
    [7, 3, 2, 0, 1, 3],
    [8, 3, 2, 0, 1, 4],
    [6, 2, 2, 0, 1, 3],
    [5, 2, 3, 0, 1, 2],
    [7, 3, 5, 1, 1, 2],
    [6, 3, 2, 1, 1, 4],
    [7, 2, 4, 1, 1, 2],
    [9, 3, 2, 1, 2, 4],
    [5, 3, 3, 1, 1, 2],
    [1, 3, 3, 1, 1, 1],
    [4, 2, 5, 1, 1, 1],
    [10, 4, 3, 2, 1, 4],
    [7, 3, 2, 1, 3, 2],
  ])(
    'ceil mode: %i pixels, kernel %i, stride %i, padding %i, dilation %i give %i',
    (n, kernel, stride, padding, dilation, outputs) => {
      const y = ops.maxPool2d(f(1, 1, 1, n), [1, kernel], {
        stride: [1, stride],
        padding: [0, padding],
        dilation: [1, dilation],
        ceilMode: true,
      });
      expect(y.shape).toEqual([1, 1, 1, outputs]);
    },
  );

  test.each([
    // size, kernel, stride, padding, output padding, dilation: (n - 1) stride - 2 padding + dilation (k - 1) + output padding + 1
    [3, 3, 1, 0, 0, 1, 5],
    [3, 3, 2, 1, 0, 1, 5],
    [3, 3, 2, 1, 1, 1, 6],
    [4, 2, 3, 0, 2, 2, 14],
    [1, 1, 1, 0, 0, 1, 1],
  ])(
    'a transposed convolution of %i pixels, kernel %i, stride %i, padding %i, output padding %i, dilation %i has %i',
    (n, kernel, stride, padding, outputPadding, dilation, outputs) => {
      const y = ops.convTranspose2d(f(2, 3, n, n), f(3, 4, kernel, kernel), undefined, {
        stride,
        padding,
        outputPadding,
        dilation,
      });
      expect(y.shape).toEqual([2, 4, outputs, outputs]);
    },
  );

  test('a convolution of the transposed sizes leads back', () => {
    const few = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(few, few, few, few, fc.nat(2), fc.nat(3), (n, kernel, stride, dilation, padding, extra) => {
        const outputPadding = Math.min(extra, Math.max(stride, dilation) - 1);
        const size = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + outputPadding + 1;
        fc.pre(size > 0 && outputPadding < stride);
        const y = ops.convTranspose2d(f(1, 1, n, n), f(1, 1, kernel, kernel), undefined, {
          stride,
          padding,
          outputPadding,
          dilation,
        });
        expect(ops.conv2d(y, f(1, 1, kernel, kernel), undefined, { stride, padding, dilation }).shape).toEqual([1, 1, n, n]);
      }),
    );
  });

  test('empty batches go through a network', () => {
    let x = f(0, 3, 8, 8);
    x = ops.relu(ops.conv2d(x, f(4, 3, 3, 3), f(4)));
    x = ops.linear(ops.flatten(ops.maxPool2d(x, 2)), f(10, 36), f(10));
    expect(x.shape).toEqual([0, 10]);
    expect(ops.softmaxCrossEntropy(x, i(0), { reduction: 'none' }).shape).toEqual([0]);
  });
});

describe('an option that an op does not have', () => {
  const backend = shapesBackend();
  const image = (): Tensor => ops.ones(backend, [1, 2, 4, 4]);
  const weight = (): Tensor => ops.ones(backend, [2, 2, 3, 3]);
  const vector = (): Tensor => ops.ones(backend, [2]);
  const misspelt = { strides: 2 } as object;
  const cases: Record<string, () => unknown> = {
    conv2d: () => ops.conv2d(image(), weight(), undefined, misspelt),
    convTranspose2d: () => ops.convTranspose2d(image(), weight(), undefined, misspelt),
    maxPool2d: () => ops.maxPool2d(image(), 2, misspelt),
    avgPool2d: () => ops.avgPool2d(image(), 2, misspelt),
    unfold: () => ops.unfold(image(), 2, misspelt),
    fold: () => ops.fold(image(), [2, 2], 2, misspelt),
    resize: () => ops.resize(image(), [2, 2], misspelt),
    pad: () => ops.pad(image(), [[1, 1]], misspelt),
    clip: () => ops.clip(image(), misspelt),
    sum: () => ops.sum(image(), 0, misspelt),
    mean: () => ops.mean(image(), 0, misspelt),
    variance: () => ops.variance(image(), 0, misspelt),
    prod: () => ops.prod(image(), 0, misspelt),
    argMax: () => ops.argMax(image(), 0, misspelt),
    logSumExp: () => ops.logSumExp(image(), 0, misspelt),
    cumsum: () => ops.cumsum(image(), 0, misspelt),
    sort: () => ops.sort(image(), 0, misspelt),
    topK: () => ops.topK(image(), 1, 0, misspelt),
    matmul: () => ops.matmul(image(), image(), misspelt),
    arange: () => ops.arange(backend, 3, misspelt),
    gelu: () => ops.gelu(image(), misspelt),
    batchNorm: () => ops.batchNorm(image(), vector(), vector(), misspelt),
    layerNorm: () => ops.layerNorm(image(), [4], undefined, undefined, misspelt),
    groupNorm: () => ops.groupNorm(image(), 2, undefined, undefined, misspelt),
    localResponseNorm: () => ops.localResponseNorm(image(), { size: 3, ...misspelt }),
    softmaxCrossEntropy: () => ops.softmaxCrossEntropy(ops.ones(backend, [2, 2]), ops.ones(backend, [2, 2]), misspelt),
    tensor: () => tensor(backend, [1, 2], misspelt),
  };
  test('nor does convTranspose2d take a padding whose output size nobody can tell', () => {
    const same = { padding: 'same' } as object;
    expect(() => ops.convTranspose2d(image(), weight(), undefined, same)).toThrow(/^convTranspose2d: option 'padding' is 'same'/);
  });
  test.each(Object.entries(cases))('is refused by %s', (name, run) => {
    expect(() => tidy(() => void run())).toThrow(new RegExp(`^${name}: option 'strides' is 2`));
  });
});
