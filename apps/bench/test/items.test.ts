import { cpu } from '@cnn/backend-cpu';
import { CnnError } from '@cnn/tensor';
import { afterAll, describe, expect, test } from 'vitest';
import { execute } from '../src/execute.js';
import { items, selectItems } from '../src/items/index.js';

const backend = await cpu();
afterAll(() => backend.dispose());

/** Billions of operations or images of a run, by the published milliseconds and rates of PyTorch 1.13 on one thread. */
const published: Readonly<Record<string, number>> = {
  'sgemm-256': 0.0335,
  'sgemm-512': 0.268,
  'sgemm-1024': 2.147,
  'conv-i-fwd': 0.0803,
  'conv-i-fwdbwd': 0.241,
  'conv-ii-fwd': 1.285,
  'conv-ii-fwdbwd': 3.854,
  'conv-iii-fwd': 1.208,
  'conv-iii-fwdbwd': 3.624,
  'conv-iv-fwd': 0.231,
  'conv-iv-fwdbwd': 0.694,
  'lenet5-train-b64': 64,
  'cifar-train-b4-adadelta': 4,
  'cifar-train-b64-sgdm': 64,
  'resnet18-infer-b1': 3.628,
  'alexnet-infer-b1': 1.428,
};

test('the items are those of the published comparison, in its order', () => {
  expect(items.map(({ name }) => name)).toEqual(Object.keys(published));
});

describe.each(items.map(item => [item.name, item] as const))('%s', (name, item) => {
  test('is as much work as published', () => {
    const amount = item.work.images ?? item.work.flops / 1e9;
    expect(amount / published[name]!).toBeCloseTo(1, 2);
  });

  test('runs twice and leaves nothing', async () => {
    const live = backend.live();
    const { run, dispose } = execute(item, backend);
    await run();
    const held = backend.live();
    await run();
    expect(backend.live()).toBe(held);
    dispose();
    expect(backend.live()).toBe(live);
  });
});

test.each<[string[], string[]]>([
  [['conv-i'], ['conv-i-fwd', 'conv-i-fwdbwd']],
  [
    ['alexnet', 'sgemm-256'],
    ['sgemm-256', 'alexnet-infer-b1'],
  ],
])('%j selects %j', (names, expected) => {
  expect(selectItems(names).map(({ name }) => name)).toEqual(expected);
});

test('an unknown name is an error that lists all', () => {
  expect(() => selectItems(['conv-v'])).toThrow(CnnError);
  expect(() => selectItems(['conv-v'])).toThrow(/conv-v.*sgemm-256.*alexnet-infer-b1/);
});
