/** ResNet-18 and AlexNet against PyTorch: `fixtures/torchvision.py` made the names, shapes and numbers. */
import { readFileSync } from 'node:fs';
import { cpu } from '@cnn/backend-cpu';
import { initialise, loadWeights, type SafetensorsTensor } from '@cnn/layers';
import { sizeOf, tensor } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { alexnet, resnet18 } from '../src/index.js';

interface Case {
  readonly variables: Readonly<Record<string, readonly number[]>>;
  readonly input: readonly number[];
  readonly logits: readonly (readonly number[])[];
}

const cases: Readonly<Record<string, Case>> = JSON.parse(
  readFileSync(new URL('./fixtures/torchvision.json', import.meta.url), 'utf8'),
);

test.each([
  ['resnet18', resnet18],
  ['alexnet', alexnet],
])('%s has the names of torchvision and computes what PyTorch computes', async (name, model) => {
  const { variables, input, logits } = cases[name]!;
  const net = initialise(model({ classes: 5 }), { backend: await cpu(), input: input.slice(1) });
  const tensors = new Map<string, SafetensorsTensor>(
    Object.entries(variables).map(([variable, shape], stream) => [
      variable,
      { dtype: 'float32', shape, data: weights(variable, shape, stream) },
    ]),
  );
  // Strict: each of torchvision's tensors has its variable of the same shape, and each variable its tensor.
  loadWeights(
    net,
    { source: 'torchvision', tensors, metadata: {} },
    { rename: variable => variable.replace('running_mean', 'runningMean').replace('running_var', 'runningVar') },
  );
  const images = tensor(net.backend, noise(sizeOf(input), 1000), { shape: input });
  const scores = net.apply(images);
  const found = await scores.data();
  for (const held of [images, scores, net]) held.dispose();
  const expected = logits.flat();
  const largest = Math.max(...expected.map(Math.abs));
  expect(found.length).toBe(expected.length);
  expected.forEach((logit, i) => {
    expect(Math.abs(found[i]! - logit)).toBeLessThan(1e-4 * largest);
  });
});

function weights(name: string, shape: readonly number[], stream: number): Float32Array {
  const values = noise(sizeOf(shape), stream);
  const factor = shape.length > 1 ? Math.sqrt(24 / sizeOf(shape.slice(1))) : 1;
  const offset = /(bn\d|downsample\.1)\.(weight|running_var)$/.test(name) ? 1 : 0;
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor + offset;
  return values;
}

/** Numbers in [-0.5, 0.5), the same as in Python. */
function noise(length: number, stream: number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) {
    let i = (index + stream * 97) >>> 0;
    i = Math.imul(i ^ (i >>> 16), 0x7feb352d);
    i = Math.imul(i ^ (i >>> 15), 0x846ca68b);
    values[index] = ((i ^ (i >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  }
  return values;
}
