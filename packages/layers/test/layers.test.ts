/** Every layer: an example by hand, its shape, its way through JSON, and its gradients against finite differences. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, type Shape, type Tensor, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import * as layers from '../src/index.js';
import {
  type Graph,
  graph,
  initialise,
  type Layer,
  modelFromJSON,
  modelToJSON,
  sequential,
  standardLayers,
} from '../src/index.js';
import { expectClose, wavy } from './helpers.js';

const backend = cpuReference({ poison: true });

interface Example {
  readonly layer: Layer;
  /** Without the batch axis; the batch is 1. */
  readonly input: Shape;
  readonly x: readonly number[];
  /** Sets parameters and state; those left out keep their first values. */
  readonly set?: Readonly<Record<string, readonly number[]>>;
  readonly shape: Shape;
  /** The output, calculated by hand. */
  readonly y: readonly number[];
  /** Inputs of the layer's own kind of list: the same x several times. */
  readonly times?: number;
}

const e = Math.E;
const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const examples: Record<string, Example> = {
  // Two filters: the top left pixel of each window plus 10; the sum of each window.
  conv2d: {
    layer: layers.conv2d({ filters: 2, kernelSize: 2 }),
    input: [1, 3, 3],
    x: nine,
    set: { weight: [1, 0, 0, 0, 1, 1, 1, 1], bias: [10, 0] },
    shape: [2, 2, 2],
    y: [11, 12, 14, 15, 12, 16, 24, 28],
  },
  'conv2d with stride, same padding and without bias': {
    layer: layers.conv2d({ filters: 1, kernelSize: 3, stride: 2, padding: 'same', bias: false }),
    input: [1, 3, 3],
    x: nine,
    set: { weight: [0, 0, 0, 0, 0, 0, 0, 0, 1] },
    // One row and column of padding before and after: windows from -1 and 1; their last pixels are at 1 and 3.
    shape: [1, 2, 2],
    y: [5, 0, 0, 0],
  },
  'conv2d in groups, with dilation': {
    layer: layers.conv2d({ filters: 2, kernelSize: [1, 2], dilation: [1, 2], groups: 2 }),
    input: [2, 1, 3],
    x: [1, 2, 3, 4, 5, 6],
    set: { weight: [1, 1, 1, -1], bias: [0, 0] },
    shape: [2, 1, 1],
    y: [4, -2],
  },
  'conv2d with reflected padding': {
    layer: layers.conv2d({ filters: 1, kernelSize: [1, 3], padding: [0, 1], paddingMode: 'reflect', bias: false }),
    input: [1, 1, 3],
    x: [1, 2, 4],
    set: { weight: [1, 0, 0] },
    shape: [1, 1, 3],
    y: [2, 1, 2],
  },
  // Each pixel spreads the kernel, two apart; where they meet they add up.
  convTranspose2d: {
    layer: layers.convTranspose2d({ filters: 1, kernelSize: [1, 3], stride: [1, 2] }),
    input: [1, 1, 2],
    x: [1, 10],
    set: { weight: [1, 2, 3], bias: [0.5] },
    shape: [1, 1, 5],
    y: [1.5, 2.5, 13.5, 20.5, 30.5],
  },
  'convTranspose2d with padding and output padding': {
    layer: layers.convTranspose2d({
      filters: 1,
      kernelSize: [1, 3],
      stride: [1, 2],
      padding: [0, 1],
      outputPadding: [0, 1],
      bias: false,
    }),
    input: [1, 1, 2],
    x: [1, 10],
    set: { weight: [1, 2, 3] },
    shape: [1, 1, 4],
    y: [2, 13, 20, 30],
  },
  linear: {
    layer: layers.linear({ units: 2 }),
    input: [3],
    x: [1, 2, 3],
    set: { weight: [1, 1, 1, 1, 0, -1], bias: [0.5, 0] },
    shape: [2],
    y: [6.5, -2],
  },
  'linear without bias': {
    layer: layers.linear({ units: 1, bias: false }),
    input: [2],
    x: [3, 4],
    set: { weight: [2, 1] },
    shape: [1],
    y: [10],
  },
  maxPool2d: {
    layer: layers.maxPool2d({ kernelSize: 2 }),
    input: [1, 2, 4],
    x: [1, 5, 3, 2, 4, 0, -1, 8],
    shape: [1, 1, 2],
    y: [5, 8],
  },
  'maxPool2d in ceil mode': {
    layer: layers.maxPool2d({ kernelSize: 2, stride: 2, ceilMode: true }),
    input: [1, 3, 3],
    x: nine,
    shape: [1, 2, 2],
    y: [5, 6, 8, 9],
  },
  avgPool2d: {
    layer: layers.avgPool2d({ kernelSize: 2, stride: 1 }),
    input: [1, 3, 3],
    x: nine,
    shape: [1, 2, 2],
    y: [3, 4, 6, 7],
  },
  'avgPool2d with padding that does not count': {
    layer: layers.avgPool2d({ kernelSize: 2, padding: 1, stride: 2, countIncludePad: false }),
    input: [1, 2, 2],
    x: [1, 2, 3, 4],
    shape: [1, 2, 2],
    y: [1, 2, 3, 4],
  },
  globalAvgPool2d: { layer: layers.globalAvgPool2d(), input: [2, 1, 2], x: [1, 2, 3, 5], shape: [2, 1, 1], y: [1.5, 4] },
  globalMaxPool2d: { layer: layers.globalMaxPool2d(), input: [2, 1, 2], x: [1, 2, 5, 3], shape: [2, 1, 1], y: [2, 5] },
  // Cells of 5 columns: 0 to 2, 1 to 3, 3 to 4 for three outputs (floor(i 5 / 3) to ceil((i + 1) 5 / 3)).
  adaptiveAvgPool2d: {
    layer: layers.adaptiveAvgPool2d({ outputSize: [1, 3] }),
    input: [1, 1, 5],
    x: [1, 3, 5, 7, 10],
    shape: [1, 1, 3],
    y: [2, 5, 8.5],
  },
  adaptiveMaxPool2d: {
    layer: layers.adaptiveMaxPool2d({ outputSize: [1, 3] }),
    input: [1, 1, 5],
    x: [1, 3, 5, 7, 10],
    shape: [1, 1, 3],
    y: [3, 7, 10],
  },
  flatten: { layer: layers.flatten(), input: [1, 2, 2], x: [1, 2, 3, 4], shape: [4], y: [1, 2, 3, 4] },
  dropout: { layer: layers.dropout({ rate: 0.9 }), input: [3], x: [1, 2, 3], shape: [3], y: [1, 2, 3] },
  // (x - 1) / √(4 + 5) × 3 + 1
  batchNorm: {
    layer: layers.batchNorm({ epsilon: 5 }),
    input: [1, 1, 2],
    x: [4, -2],
    set: { weight: [3], bias: [1], runningMean: [1], runningVar: [4] },
    shape: [1, 1, 2],
    y: [4, -2],
  },
  'batchNorm without weight and bias': {
    layer: layers.batchNorm({ epsilon: 5, affine: false }),
    input: [2],
    x: [4, 8],
    set: { runningMean: [1, 2], runningVar: [4, 31] },
    shape: [2],
    y: [1, 1],
  },
  relu: { layer: layers.relu(), input: [3], x: [-1, 0.5, 2], shape: [3], y: [0, 0.5, 2] },
  relu6: { layer: layers.relu6(), input: [3], x: [-1, 0.5, 9], shape: [3], y: [0, 0.5, 6] },
  sigmoid: { layer: layers.sigmoid(), input: [2], x: [0, 1], shape: [2], y: [0.5, e / (1 + e)] },
  tanh: { layer: layers.tanh(), input: [2], x: [0, 1], shape: [2], y: [0, (e - 1 / e) / (e + 1 / e)] },
  softplus: { layer: layers.softplus(), input: [2], x: [0, 1], shape: [2], y: [Math.log(2), Math.log(1 + e)] },
  silu: { layer: layers.silu(), input: [2], x: [0, 1], shape: [2], y: [0, e / (1 + e)] },
  mish: {
    layer: layers.mish(),
    input: [2],
    x: [0, 1],
    shape: [2],
    // tanh(log a) = (a² - 1) / (a² + 1).
    y: [0, ((1 + e) ** 2 - 1) / ((1 + e) ** 2 + 1)],
  },
  softsign: { layer: layers.softsign(), input: [2], x: [-3, 1], shape: [2], y: [-0.75, 0.5] },
  hardSigmoid: { layer: layers.hardSigmoid(), input: [4], x: [-4, 0, 1.5, 5], shape: [4], y: [0, 0.5, 0.75, 1] },
  hardSwish: { layer: layers.hardSwish(), input: [3], x: [-4, 1.5, 5], shape: [3], y: [0, 1.125, 5] },
  selu: {
    layer: layers.selu(),
    input: [2],
    x: [-1, 2],
    shape: [2],
    y: [1.7580993408473766 * (1 / e - 1), 2.101401974710961],
  },
  celu: { layer: layers.celu({ alpha: 2 }), input: [2], x: [-2, 3], shape: [2], y: [2 * (1 / e - 1), 3] },
  // Tables have Φ(1) = 0.841344746068543.
  gelu: { layer: layers.gelu(), input: [2], x: [0, 1], shape: [2], y: [0, 0.841344746068543] },
  'gelu by tanh': {
    layer: layers.gelu({ approximate: 'tanh' }),
    input: [1],
    x: [1],
    shape: [1],
    y: [0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * 1.044715))],
  },
  prelu: {
    layer: layers.prelu(),
    input: [2, 1, 2],
    x: [-2, 4, -3, 1],
    set: { weight: [0.5, 2] },
    shape: [2, 1, 2],
    y: [-1, 4, -6, 1],
  },
  'prelu as it is at first': { layer: layers.prelu(), input: [2], x: [-2, -4], shape: [2], y: [-0.5, -1] },
  'prelu with one slope': {
    layer: layers.prelu({ shared: true }),
    input: [2],
    x: [-2, -4],
    set: { weight: [0.5] },
    shape: [2],
    y: [-1, -2],
  },
  maxout: { layer: layers.maxout(), input: [4], x: [1, 5, -2, -3], shape: [2], y: [5, -2] },
  'maxout over channels': {
    layer: layers.maxout({ pieces: 3 }),
    input: [3, 1, 2],
    x: [1, 2, 3, 0, 2, 9],
    shape: [1, 1, 2],
    y: [3, 9],
  },
  leakyRelu: { layer: layers.leakyRelu(), input: [2], x: [-2, 3], shape: [2], y: [-0.02, 3] },
  'leakyRelu with a slope': { layer: layers.leakyRelu({ negativeSlope: 0.5 }), input: [2], x: [-2, 3], shape: [2], y: [-1, 3] },
  elu: { layer: layers.elu({ alpha: 2 }), input: [2], x: [-1, 3], shape: [2], y: [2 * (1 / e - 1), 3] },
  softmax: { layer: layers.softmax(), input: [2], x: [0, Math.log(3)], shape: [2], y: [0.25, 0.75] },
  'softmax along the channels': {
    layer: layers.softmax({ axis: 1 }),
    input: [2, 1, 2],
    x: [0, 0, Math.log(3), 0],
    shape: [2, 1, 2],
    y: [0.25, 0.5, 0.75, 0.5],
  },
  logSoftmax: {
    layer: layers.logSoftmax(),
    input: [2],
    x: [0, Math.log(3)],
    shape: [2],
    y: [Math.log(0.25), Math.log(0.75)],
  },
  padChannels: {
    layer: layers.padChannels({ before: 1, after: 2 }),
    input: [1, 1, 2],
    x: [1, 2],
    shape: [4, 1, 2],
    y: [0, 0, 1, 2, 0, 0, 0, 0],
  },
  add: { layer: layers.add(), input: [2], x: [1, 2], times: 3, shape: [2], y: [3, 6] },
  concat: { layer: layers.concat(), input: [1, 1, 2], x: [1, 2], times: 2, shape: [2, 1, 2], y: [1, 2, 1, 2] },
  'concat along the columns': {
    layer: layers.concat({ axis: 3 }),
    input: [1, 1, 2],
    x: [1, 2],
    times: 2,
    shape: [1, 1, 4],
    y: [1, 2, 1, 2],
  },
  // 10 and the fall from each number to the next.
  conv1d: {
    layer: layers.conv1d({ filters: 1, kernelSize: 2 }),
    input: [1, 4],
    x: [1, 2, 4, 8],
    set: { weight: [1, -1], bias: [10] },
    shape: [1, 3],
    y: [9, 8, 6],
  },
  // 1 + 2 + … + 8.
  conv3d: {
    layer: layers.conv3d({ filters: 1, kernelSize: [2, 2, 2] }),
    input: [1, 2, 2, 2],
    x: [1, 2, 3, 4, 5, 6, 7, 8],
    set: { weight: [1, 1, 1, 1, 1, 1, 1, 1], bias: [0.5] },
    shape: [1, 1, 1, 1],
    y: [36.5],
  },
  // First, second; sum, difference + 10.
  depthwiseConv2d: {
    layer: layers.depthwiseConv2d({ kernelSize: [1, 2], multiplier: 2 }),
    input: [2, 1, 2],
    x: [1, 2, 3, 4],
    set: { weight: [1, 0, 0, 1, 1, 1, 1, -1], bias: [0, 0, 0, 10] },
    shape: [4, 1, 1],
    y: [1, 2, 7, 9],
  },
  // 2 (1 + 2) + 10 (3 - 4) + 0.5.
  separableConv2d: {
    layer: layers.separableConv2d({ filters: 1, kernelSize: [1, 2] }),
    input: [2, 1, 2],
    x: [1, 2, 3, 4],
    set: { depthwiseWeight: [1, 1, 1, -1], pointwiseWeight: [2, 10], bias: [0.5] },
    shape: [1, 1, 1],
    y: [-3.5],
  },
  // The first of [1, 2], the second of [2, 3], the sum of [3, 4].
  locallyConnected2d: {
    layer: layers.locallyConnected2d({ filters: 1, kernelSize: [1, 2] }),
    input: [1, 1, 4],
    x: [1, 2, 3, 4],
    set: { weight: [1, 0, 0, 1, 1, 1], bias: [10, 20, 30] },
    shape: [1, 1, 3],
    y: [11, 23, 37],
  },
  lpPool2d: {
    layer: layers.lpPool2d({ kernelSize: [1, 2] }),
    input: [1, 1, 4],
    x: [3, -4, 5, 12],
    shape: [1, 1, 2],
    y: [5, 13],
  },
  // Windows of two start at 0, floor(1.5 (1 + 0.5)) - floor(1.5 * 0.5) = 2, and 5 - 2 = 3.
  fractionalMaxPool2d: {
    layer: layers.fractionalMaxPool2d({ outputRatio: 0.6 }),
    input: [1, 5, 5],
    x: Array.from({ length: 25 }, (_, i) => i + 1),
    shape: [1, 3, 3],
    y: [7, 9, 10, 17, 19, 20, 22, 24, 25],
  },
  // Windows of one pixel: each number stays.
  maxUnpool2d: {
    layer: layers.maxUnpool2d({ kernelSize: 1 }),
    input: [1, 1, 3],
    x: [1, 3, 2],
    times: 2,
    shape: [1, 1, 3],
    y: [1, 3, 2],
  },
  upsample: { layer: layers.upsample({ scaleFactor: [1, 2] }), input: [1, 1, 2], x: [1, 2], shape: [1, 1, 4], y: [1, 1, 2, 2] },
  // The middles of the four pixels lie at -1/4, 1/4, 3/4 and 5/4 of the two.
  'upsample between pixels': {
    layer: layers.upsample({ scaleFactor: [1, 2], mode: 'bilinear' }),
    input: [1, 1, 2],
    x: [0, 4],
    shape: [1, 1, 4],
    y: [0, 1, 3, 4],
  },
  pixelShuffle: {
    layer: layers.pixelShuffle({ upscaleFactor: 2 }),
    input: [4, 1, 2],
    x: [1, 2, 3, 4, 5, 6, 7, 8],
    shape: [1, 2, 4],
    y: [1, 3, 2, 4, 5, 7, 6, 8],
  },
  dropConnect: {
    layer: layers.dropConnect({ units: 2, rate: 0.9 }),
    input: [3],
    x: [1, 2, 3],
    set: { weight: [1, 1, 1, 1, 0, -1], bias: [0.5, 0] },
    shape: [2],
    y: [6.5, -2],
  },
  spatialDropout: { layer: layers.spatialDropout({ rate: 0.9 }), input: [2, 1, 1], x: [1, 2], shape: [2, 1, 1], y: [1, 2] },
  stochasticDepth: { layer: layers.stochasticDepth({ rate: 0.9 }), input: [2], x: [1, 2], shape: [2], y: [1, 2] },
  gaussianNoise: { layer: layers.gaussianNoise({ deviation: 9 }), input: [2], x: [1, 2], shape: [2], y: [1, 2] },
  // (x - 3) / √(4 + 5)
  layerNorm: {
    layer: layers.layerNorm({ epsilon: 5 }),
    input: [2],
    x: [1, 5],
    set: { weight: [3, 6], bias: [1, 0] },
    shape: [2],
    y: [-1, 4],
  },
  'layerNorm of all axes': {
    layer: layers.layerNorm({ epsilon: 5 }),
    input: [2, 1],
    x: [1, 5],
    shape: [2, 1],
    y: [-2 / 3, 2 / 3],
  },
  'layerNorm of the last axis': {
    layer: layers.layerNorm({ epsilon: 5, normalizedShape: [2], affine: false }),
    input: [2, 2],
    x: [1, 5, 7, 7],
    shape: [2, 2],
    y: [-2 / 3, 2 / 3, 0, 0],
  },
  groupNorm: {
    layer: layers.groupNorm({ groups: 2, epsilon: 5 }),
    input: [4, 1],
    x: [1, 5, 7, 7],
    set: { weight: [3, 3, 3, 3], bias: [0, 0, 1, 2] },
    shape: [4, 1],
    y: [-2, 2, 1, 2],
  },
  instanceNorm: { layer: layers.instanceNorm({ epsilon: 5 }), input: [1, 2], x: [1, 5], shape: [1, 2], y: [-2 / 3, 2 / 3] },
  // x over the root of 1 and the squares around.
  localResponseNorm: {
    layer: layers.localResponseNorm({ size: 3, alpha: 3, beta: 0.5 }),
    input: [3, 1, 1],
    x: [1, 2, 2],
    shape: [3, 1, 1],
    y: [1 / Math.sqrt(6), 2 / Math.sqrt(10), 2 / 3],
  },
  reshape: {
    layer: layers.reshape({ shape: [3, -1] }),
    input: [2, 3],
    x: [1, 2, 3, 4, 5, 6],
    shape: [3, 2],
    y: [1, 2, 3, 4, 5, 6],
  },
  permute: {
    layer: layers.permute({ order: [2, 1] }),
    input: [2, 3],
    x: [1, 2, 3, 4, 5, 6],
    shape: [3, 2],
    y: [1, 4, 2, 5, 3, 6],
  },
  pad2d: { layer: layers.pad2d({ padding: [0, 1] }), input: [1, 1, 3], x: [1, 2, 4], shape: [1, 1, 5], y: [0, 1, 2, 4, 0] },
  'pad2d with the mirrored edge': {
    layer: layers.pad2d({ padding: [0, 2], paddingMode: 'reflect' }),
    input: [1, 1, 3],
    x: [1, 2, 4],
    shape: [1, 1, 7],
    y: [4, 2, 1, 2, 4, 2, 1],
  },
  'pad2d with the repeated edge': {
    layer: layers.pad2d({
      padding: [
        [0, 0],
        [2, 1],
      ],
      paddingMode: 'replicate',
    }),
    input: [1, 1, 3],
    x: [1, 2, 4],
    shape: [1, 1, 6],
    y: [1, 1, 1, 2, 4, 4],
  },
  'pad2d with the other side': {
    layer: layers.pad2d({ padding: [0, 1], paddingMode: 'circular' }),
    input: [1, 1, 3],
    x: [1, 2, 4],
    shape: [1, 1, 5],
    y: [4, 1, 2, 4, 1],
  },
  crop2d: {
    layer: layers.crop2d({
      cropping: [
        [0, 0],
        [1, 0],
      ],
    }),
    input: [1, 1, 3],
    x: [1, 2, 4],
    shape: [1, 1, 2],
    y: [2, 4],
  },
};

const modelOf = ({ layer, times = 1 }: Example) =>
  graph({
    inputs: ['x'],
    nodes: [{ name: 'layer', layer, inputs: Array.from({ length: times }, () => 'x') }],
    outputs: ['layer'],
  });

function netOf(example: Example) {
  const net = initialise(modelOf(example), { backend, input: example.input, dtype: 'float64', seed: 1 });
  for (const [name, numbers] of Object.entries(example.set ?? {})) {
    const variable = net.variable(`layer.${name}`);
    variable.assign(tensor(backend, [...numbers], { shape: variable.value.shape, dtype: 'float64' }));
  }
  return net;
}

describe.each(Object.entries(examples))('%s', (_, example) => {
  const { x, input, shape, y } = example;

  it('computes its example', async () => {
    const net = netOf(example);
    const batch = tensor(backend, [...x], { shape: [1, ...input], dtype: 'float64' });
    const output = net.apply(batch);
    expect(output.shape).toEqual([1, ...shape]);
    expect(net.outputShape).toEqual(shape);
    expectClose(await output.data(), y, 1e-12);
    for (const t of [output, batch, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('comes back from JSON text', () => {
    const model = modelOf(example);
    expect(modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model))), standardLayers)).toEqual(model);
  });

  it.each([false, true])('has the gradients of finite differences, training: %s', training => {
    const net = initialise(modelOf(example), { backend, input, dtype: 'float64', seed: 1 });
    // Different numbers, so that no maximum is a tie and nothing lies on a kink.
    const size = input.reduce((product, n) => product * n, 1);
    const numbers = wavy(3 * size);
    const batch = (values: readonly number[]): Tensor => tensor(backend, [...values], { shape: [3, ...input], dtype: 'float64' });
    const projected = (z: Tensor): Tensor =>
      ops.sum(
        ops.mul(
          z,
          tensor(
            backend,
            wavy(z.size).map(v => v + 0.3),
            { shape: z.shape, dtype: 'float64' },
          ),
        ),
      );
    const point = batch(numbers);
    const variables = [point, ...net.parameters];
    const { loss, grads, updates } = grad(({ update }) => projected(net.apply(point, { training, update })), variables);
    for (const t of [loss, ...Object.values(updates)]) t.dispose();

    const lossAt = (values: readonly number[]): number => {
      const probe = batch(values);
      const value = grad(() => projected(net.apply(probe, { training })), []).loss;
      const [number] = value.dataSync();
      for (const t of [probe, value]) t.dispose();
      return number!;
    };
    const h = 1e-5;
    const slope = (at: (delta: number) => number): number => (at(h) - at(-h)) / (2 * h);
    const dx = numbers.map((_, i) => slope(delta => lossAt(numbers.map((v, j) => (i === j ? v + delta : v)))));
    expectClose(grads[0]!.dataSync(), dx, 1e-7);
    net.parameters.forEach((parameter, p) => {
      const { shape: of } = parameter.value;
      const values = [...parameter.value.dataSync()];
      const assign = (list: number[]): void => parameter.assign(tensor(backend, list, { shape: of, dtype: 'float64' }));
      const expected = values.map((_, i) =>
        slope(delta => {
          assign(values.map((v, j) => (i === j ? v + delta : v)));
          return lossAt(numbers);
        }),
      );
      assign(values);
      expectClose(grads[p + 1]!.dataSync(), expected, 1e-7);
    });
    for (const t of [...grads, point, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });
});

it('every layer has an example, and is a standard layer', () => {
  const factories = Object.values(layers).filter(value => typeof value === 'function' && 'definition' in value);
  const types = factories.map(value => (value as (typeof standardLayers)[number]).definition.type);
  expect(standardLayers.map(({ definition }) => definition.type)).toEqual([...types].sort());
  const shown = new Set(Object.values(examples).map(({ layer }) => layer.definition.type));
  expect([...shown].sort()).toEqual([...types].sort());
});

describe('maxout', () => {
  const outputOf = async (model: Graph, input: Shape, x: readonly number[], set: Readonly<Record<string, readonly number[]>>) => {
    const net = initialise(model, { backend, input, dtype: 'float64' });
    for (const [name, numbers] of Object.entries(set)) {
      const variable = net.variable(name);
      variable.assign(tensor(backend, [...numbers], { shape: variable.value.shape, dtype: 'float64' }));
    }
    const batch = tensor(backend, [...x], { shape: [1, ...input], dtype: 'float64' });
    const output = net.apply(batch);
    const numbers = [...(await output.data())];
    for (const t of [output, batch, net]) t.dispose();
    expect(backend.live()).toBe(0);
    return numbers;
  };

  it('makes |x| and max(x, 0.5) of linear pieces', async () => {
    const model = sequential({ pieces: layers.linear({ units: 4 }), max: layers.maxout() });
    const set = { 'pieces.weight': [1, -1, 1, 0], 'pieces.bias': [0, 0, 0, 0.5] };
    expect(await outputOf(model, [1], [-3], set)).toEqual([3, 0.5]);
    expect(await outputOf(model, [1], [2], set)).toEqual([2, 2]);
  });

  it('makes a pixel-wise maximum of filters', async () => {
    const model = sequential({ pieces: layers.conv2d({ filters: 2, kernelSize: 1, bias: false }), max: layers.maxout() });
    expect(await outputOf(model, [1, 1, 3], [-1, 0, 2], { 'pieces.weight': [2, -3] })).toEqual([3, 0, 4]);
  });

  it('refuses pieces that do not divide the channels, and an input without any', () => {
    expect(() => initialise(layers.maxout({ pieces: 3 }), { backend, input: [4] })).toThrow(
      /option 'pieces' is 3; allowed: a number that divides 4 channels/,
    );
    expect(() => initialise(layers.maxout(), { backend, input: [] })).toThrow(
      'maxout: each input is []; it takes [c] or [c, ...]',
    );
    expect(() => initialise(layers.prelu(), { backend, input: [] })).toThrow('prelu: each input is []; it takes [c] or [c, ...]');
  });
});

it('celu and gelu refuse options that have no meaning', () => {
  expect(() => layers.celu({ alpha: 0 })).toThrow(/celu: option 'alpha' is 0; allowed: a number > 0/);
  expect(() => layers.gelu({ approximate: 'erf' as 'none' })).toThrow(/gelu: option 'approximate' is 'erf'/);
});
