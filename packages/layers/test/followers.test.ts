/** Layers that run as one with the layer that follows them. */
import { type Cpu, cpu } from '@cnn/backend-cpu';
import { grad, ops, profile, tensor } from '@cnn/tensor';
import { afterAll, expect, test } from 'vitest';
import {
  branches,
  conv2d,
  flatten,
  type Graph,
  graph,
  initialise,
  linear,
  maxPool2d,
  relu,
  residual,
  sequential,
} from '../src/index.js';

const { backend, ...profiler } = profile<Cpu>(await cpu());
afterAll(() => backend.dispose());

const pool = maxPool2d({ kernelSize: 2 });
const conv = conv2d({ filters: 4, kernelSize: 3, padding: 1 });
const input = [3, 9, 8];

/** The outputs of a model and the gradients of their sum's square, and which ops of the forward pass ran. */
function run(model: Graph, options: { observe?: () => void } = {}) {
  const live = backend.live();
  const net = initialise(model, { backend, input, seed: 3 });
  const x = tensor(
    backend,
    Float32Array.from({ length: 2 * 3 * 9 * 8 }, (_, i) => Math.sin(i * i)),
    { shape: [2, ...input] },
  );
  profiler.reset();
  const made = grad(() => {
    const y = net.apply(x, options);
    return { loss: ops.sum(ops.square(y)), y };
  }, net.parameters);
  const results = [made.aux.y, ...made.grads].map(result => result.dataSync());
  for (const result of [made.loss, made.aux.y, ...made.grads, x]) result.dispose();
  net.dispose();
  expect(backend.live()).toBe(live);
  const names = profiler.report().ops.map(({ name }) => name);
  return { results, ran: (name: string) => names.includes(name) };
}

test.each<[string, Graph, fused: readonly string[]]>([
  ['convolution and relu', sequential([conv, relu(), conv]), ['conv2dRelu']],
  ['linear and relu', sequential([flatten(), linear({ units: 9 }), relu(), linear({ units: 2 })]), ['linearRelu']],
  ['without bias', sequential([conv2d({ filters: 4, kernelSize: 3, bias: false }), relu(), flatten()]), ['conv2dRelu']],
  ['relu and pooling', sequential([conv, relu(), pool, flatten(), linear({ units: 2 })]), []],
  ['in a part of a model', sequential({ a: residual(sequential([conv, relu()]), conv), b: relu() }), ['conv2dRelu']],
])('%s run as one, to the same bits', (_, model, fused) => {
  const together = run(model);
  const apart = run(model, { observe: () => {} });
  expect(together.results).toEqual(apart.results);
  for (const name of fused) {
    expect(together.ran(name)).toBe(true);
    expect(apart.ran(name)).toBe(false);
  }
});

test('relu runs on the pooled image, which is smaller', () => {
  const flopsOf = (options?: { observe: () => void }) => {
    run(sequential([conv, relu(), pool]), options);
    return profiler.report().ops.find(({ name }) => name === 'relu')!.flops;
  };
  // 2 images of 4 channels: 9 x 8 pixels, or 4 x 4.
  expect(flopsOf({ observe: () => {} })).toBe(2 * 4 * 9 * 8);
  expect(flopsOf()).toBe(2 * 4 * 4 * 4);
});

test.each<[string, Graph]>([
  ['is read twice', sequential([conv, residual(relu())])],
  ['is an output', graph({ inputs: ['x'], nodes: [{ name: 'a', layer: conv, inputs: ['x'] }], outputs: ['a'] })],
  ['is read by several', branches([relu(), sequential([conv, relu()])])],
])('a layer whose output %s runs alone where it must', (_, model) => {
  expect(run(model).results).toEqual(run(model, { observe: () => {} }).results);
});
