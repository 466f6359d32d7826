/** TensorFlow.js on its WASM backend, in its own layout [n, h, w, c]. Argument: how many threads. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { convolutionShapes, matrixSizes, serve } from '../dist/peer.js';
import { noise } from './noise.mjs';

const require = createRequire(import.meta.url);
const wasm = require('@tensorflow/tfjs-backend-wasm');
wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
tf.env().set('PROD', true);
if (process.argv[2] !== '1') throw new Error('TensorFlow.js has no threads in Node; use --threads 1');
if (!(await tf.setBackend('wasm'))) throw new Error('the WASM backend of TensorFlow.js does not start');

const random = shape => tf.tensor(noise(shape), shape);

/** An item out of a function of some tensors; its result is read, since that is when it is there. */
function prepare(tensors, compute) {
  return {
    async run() {
      const result = tf.tidy(compute);
      await result.data();
      result.dispose();
    },
    dispose: () => tf.dispose(tensors),
  };
}

function sgemm(n) {
  const a = random([n, n]);
  const b = random([n, n]);
  return prepare([a, b], () => tf.matMul(a, b));
}

function convolution({ batch, channels, size, filters, kernelSize, padding }) {
  const x = random([batch, size, size, channels]);
  const weight = random([kernelSize, kernelSize, channels, filters]);
  return prepare([x, weight], () => tf.conv2d(x, weight, 1, padding));
}

/** A convolution with bias; where a network has batch norm, that is folded into it. */
function layer(tensors, inputs, filters, kernelSize, stride, padding) {
  const filter = random([kernelSize, kernelSize, inputs, filters]);
  const bias = random([filters]);
  tensors.push(filter, bias);
  return (x, activation) =>
    tf.fused.conv2d({ x, filter, bias, strides: stride, pad: padding, activation, dimRoundingMode: 'floor' });
}

function dense(tensors, inputs, units, activation) {
  const b = random([inputs, units]);
  const bias = random([units]);
  tensors.push(b, bias);
  return a => tf.fused.matMul({ a, b, bias, activation });
}

function resnet18() {
  const image = random([1, 224, 224, 3]);
  const tensors = [image];
  const stem = layer(tensors, 3, 64, 7, 2, 3);
  const blocks = [
    [64, 64, 1],
    [64, 64, 1],
    [64, 128, 2],
    [128, 128, 1],
    [128, 256, 2],
    [256, 256, 1],
    [256, 512, 2],
    [512, 512, 1],
  ].map(([inputs, filters, stride]) => ({
    first: layer(tensors, inputs, filters, 3, stride, 1),
    second: layer(tensors, filters, filters, 3, 1, 1),
    shortcut: stride === 1 ? x => x : layer(tensors, inputs, filters, 1, stride, 0),
  }));
  const scores = dense(tensors, 512, 1000, 'linear');
  return prepare(tensors, () => {
    let x = tf.maxPool(stem(image, 'relu'), 3, 2, 1);
    for (const { first, second, shortcut } of blocks)
      x = tf.relu(tf.add(second(first(x, 'relu'), 'linear'), shortcut(x, 'linear')));
    return scores(tf.mean(x, [1, 2]));
  });
}

function alexnet() {
  const image = random([1, 224, 224, 3]);
  const tensors = [image];
  const features = [
    { convolve: layer(tensors, 3, 64, 11, 4, 2), pool: true },
    { convolve: layer(tensors, 64, 192, 5, 1, 2), pool: true },
    { convolve: layer(tensors, 192, 384, 3, 1, 1), pool: false },
    { convolve: layer(tensors, 384, 256, 3, 1, 1), pool: false },
    { convolve: layer(tensors, 256, 256, 3, 1, 1), pool: true },
  ];
  const classifier = [
    dense(tensors, 9216, 4096, 'relu'),
    dense(tensors, 4096, 4096, 'relu'),
    dense(tensors, 4096, 1000, 'linear'),
  ];
  return prepare(tensors, () => {
    let x = image;
    for (const { convolve, pool } of features) {
      x = convolve(x, 'relu');
      if (pool) x = tf.maxPool(x, 3, 2, 'valid');
    }
    return classifier.reduce((x, apply) => apply(x), tf.reshape(x, [1, 9216]));
  });
}

const items = {
  ...Object.fromEntries(matrixSizes.map(n => [`sgemm-${n}`, () => sgemm(n)])),
  ...Object.fromEntries(convolutionShapes.map(shape => [`${shape.name}-fwd`, () => convolution(shape)])),
  'resnet18-infer-b1': resnet18,
  'alexnet-infer-b1': alexnet,
};

await serve({
  name: '@tensorflow/tfjs-backend-wasm',
  version: wasm.version_wasm,
  prepare: async item => items[item]?.() ?? { skip: 'the WASM backend of TensorFlow.js has no gradient of a convolution' },
});
