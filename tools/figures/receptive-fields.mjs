/** docs/figures/receptive-fields.svg: how much one output of a stack of layers depends on each pixel, by the gradient. */
import { cpuReference } from '@cnn/backend-cpu';
import { avgPool2d, conv2d, initialise, sequential } from '@cnn/layers';
import { grad, ops, tensor, tidy } from '@cnn/tensor';
import { picture, pictures, writeFigure } from '../figure.mjs';

const SIDE = 16;
const backend = cpuReference();
// With weights of 1 the gradient counts the ways from a pixel to the output.
const conv = (options = {}) =>
  conv2d({ filters: 1, kernelSize: 3, padding: 1, weightInitialiser: { type: 'constant', value: 1 }, ...options });
const pool = avgPool2d({ kernelSize: 2 });
const stacks = {
  'one 3x3': [conv()],
  'two 3x3': [conv(), conv()],
  'three 3x3': [conv(), conv(), conv()],
  '3x3, pool, 3x3': [conv(), pool, conv()],
  '3x3, dilated 3x3': [conv(), conv({ dilation: 2, padding: 2 })],
};
const items = Object.entries(stacks).map(([label, layers]) => {
  const net = initialise(sequential(layers), { backend, input: [1, SIDE, SIDE] });
  const [, height, width] = net.outputShape;
  const gradient = tidy(() => {
    const x = tensor(backend, new Float32Array(SIDE * SIDE), { shape: [1, 1, SIDE, SIDE] });
    const middle = [[0, 1], [0, 1], ...[height, width].map(n => [n / 2, n / 2 + 1])];
    return [...grad(() => ops.sum(ops.slice(net.apply(x), middle)), [x]).grads[0].dataSync()];
  });
  net.dispose();
  const columns = new Set(gradient.flatMap((value, i) => (value === 0 ? [] : [i % SIDE])));
  return { label: `${label}: ${columns.size}x${columns.size}`, picture: picture(gradient.map(Math.sqrt), [SIDE, SIDE]) };
});
writeFigure('receptive-fields', 'Receptive fields of stacks of layers', [
  pictures('What one output sees: the brighter a pixel, the more ways lead from it', items, { size: 134 }),
]);
