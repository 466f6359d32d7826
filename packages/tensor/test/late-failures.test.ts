/** Kernels of an asynchronous device that fail after they have returned. */
import { grad, ops, type SgdStepAttrs, step, tidy, Variable } from '@cnn/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dispose, expectClose, float64 } from './helpers.js';
import { laterBackend } from './later-backend.js';

const { exp, log, mul, sum } = ops;
const sgd: SgdStepAttrs = { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: false };

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

test('a late failure surfaces at data() and flush(), names the first op, and spares the rest', async () => {
  const backend = laterBackend({ fails: (op, run) => op === 'exp' && run === 2 });
  const x = float64(backend, [1, 2]);
  const fine = exp(x);
  const broken = exp(x);
  const after = tidy(() => log(sum(mul(broken, fine))));
  broken.dispose(); // freed while pending
  const message = "exp failed on backend 'later': device lost";
  await expect(after.data()).rejects.toThrow(message);
  await expect(after.data()).rejects.toThrow(message); // the buffer stays marked
  expectClose(await fine.data(), [Math.E, Math.E ** 2]);
  await expect(backend.flush()).rejects.toThrow(message);
  await backend.flush(); // told once
  dispose(x, fine, after);
  await backend.flush();
  expect([backend.live(), backend.pending()]).toEqual([0, 0]);
});

test('a late failure in a training step is told by flush, and the variable can be restored', async () => {
  const backend = laterBackend({ fails: (op, run) => op === 'sgdStep' && run === 3 });
  const v = new Variable('w', float64(backend, [1, 2]));
  for (let i = 0; i < 6; i++) {
    tidy(() => {
      const { grads } = grad(() => sum(mul(v.value, v.value)), [v]);
      step(ops.sgdStepOp, [v], grads, sgd);
    });
  }
  const message = "sgdStep failed on backend 'later': device lost";
  await expect(backend.flush()).rejects.toThrow(message);
  await expect(v.value.data()).rejects.toThrow(message); // every later step was fed by it
  v.assign(float64(backend, [1, 2]));
  expectClose(await v.value.data(), [1, 2]);
  v.dispose();
  await backend.flush();
  expect(backend.pending()).toBe(0);
});

test('a failure in a forward pass marks the loss and the gradients', async () => {
  const backend = laterBackend({ fails: op => op === 'exp' });
  const x = float64(backend, [1, 2]);
  const result = grad(() => sum(mul(exp(x), x)), [x]);
  await expect(result.loss.data()).rejects.toThrow('exp failed');
  await expect(result.grads[0]!.data()).rejects.toThrow('exp failed');
  dispose(result, x);
  await expect(backend.flush()).rejects.toThrow('exp failed');
  expect([backend.live(), backend.pending()]).toEqual([0, 0]);
});

test('a late failure that nobody asks about is no unhandled rejection', async () => {
  const backend = laterBackend({ fails: op => op === 'exp' });
  const x = float64(backend, [1]);
  tidy(() => void exp(x));
  x.dispose();
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(backend.pending()).toBe(0);
});
