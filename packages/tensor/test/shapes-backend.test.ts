/** The backend without numbers. */
import { grad, type ObservedOp, ops, shapesBackend, tensor } from '@cnn/tensor';
import { expect, test } from 'vitest';

test('gives the shapes of a network, forward and backward, without memory', () => {
  const backend = shapesBackend();
  const x = ops.zeros(backend, [64, 3, 4096, 4096]); // 12 GiB
  const w = ops.zeros(backend, [8, 3, 3, 3]);
  const { grads, loss } = grad(() => ops.mean(ops.maxPool2d(ops.conv2d(x, w, undefined, { padding: 1 }), 2)), [w, x]);
  expect(loss.shape).toEqual([]);
  expect(grads.map(({ shape }) => shape)).toEqual([
    [8, 3, 3, 3],
    [64, 3, 4096, 4096],
  ]);
});

test('tells each op that runs', () => {
  const seen: ObservedOp[] = [];
  const backend = shapesBackend({ observe: op => seen.push(op) });
  ops.linear(ops.zeros(backend, [2, 3]), ops.zeros(backend, [4, 3]));
  expect(seen.map(({ name }) => name)).toEqual(['fill', 'fill', 'linear']);
  expect(seen[2]).toMatchObject({
    inputs: [
      { shape: [2, 3], dtype: 'float32' },
      { shape: [4, 3], dtype: 'float32' },
    ],
    outputs: [{ shape: [2, 4], dtype: 'float32' }],
  });
});

test('runs an op without a kernel as what it is composed of', () => {
  const seen: string[] = [];
  const backend = shapesBackend({ observe: ({ name }) => seen.push(name), runs: name => name !== 'linear' });
  ops.linear(ops.zeros(backend, [2, 3]), ops.zeros(backend, [4, 3]), ops.zeros(backend, [4]));
  expect(seen.slice(3)).toEqual(['matmul', 'add']);
});

test('has no numbers', async () => {
  const backend = shapesBackend();
  await expect(tensor(backend, [1, 2]).data()).rejects.toThrow("backend 'shapes' holds no numbers");
  expect(() => tensor(backend, [1, 2]).dataSync()).toThrow("backend 'shapes' cannot read at once");
  await backend.flush();
  await backend.dispose();
});
