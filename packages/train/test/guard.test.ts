import { cpu } from '@cnn/backend-cpu';
import { defineLayer, flatten, type Graph, initialise, type Loss, linear, relu, sequential } from '@cnn/layers';
import { adam, sgd } from '@cnn/optim';
import { ops, tensor, tidy } from '@cnn/tensor';
import { fit, NonFiniteLossError, NonFiniteVariableError } from '@cnn/train';
import { expect, it } from 'vitest';
import { laterBackend } from '../../tensor/test/later-backend.js';
import { bitsOf, crossEntropy, digitLoaders } from './helpers.js';

const backend = await cpu();
const { data, validation } = digitLoaders(80, 20); // 4 steps an epoch

/** A layer that lets its input through and, in one step, makes NaN of it. */
function faulty(badStep: number) {
  let steps = 0;
  const layer = defineLayer({
    type: 'test/faulty',
    forward: (x, _tensors, _config, { training }) => {
      if (training) steps++;
      // The guard runs the step again, as the next call.
      return steps >= badStep ? tidy(() => ops.div(ops.mul(x, 0), 0)) : ops.mul(x, 1);
    },
  });
  return layer();
}

const model = (badStep: number): Graph =>
  sequential({
    flatten: flatten(),
    block: sequential({ fc: linear({ units: 8 }), faulty: faulty(badStep), relu: relu() }),
    fc: linear({ units: 10 }),
  });

async function caught(attempt: Promise<unknown>): Promise<NonFiniteLossError> {
  const error = await attempt.then(
    () => undefined,
    error => error,
  );
  expect(error).toBeInstanceOf(NonFiniteLossError);
  return error;
}

it.each([
  ['cpu', async () => backend],
  ['later', async () => laterBackend()],
])('names the step and the first layer that makes NaN (%s)', async (_, open) => {
  const there = await open();
  const net = initialise(model(3), { backend: there, input: [1, 28, 28] });
  const live = there.live();
  let before = {};
  const remember = {
    name: 'remember',
    onEvent: async () => {
      before = await bitsOf(net.variables);
    },
  };
  const error = await caught(
    fit({ net, loss: crossEntropy, optimizer: adam(), data, epochs: 1, callbacks: [remember], capture: false }),
  );
  expect(error.step).toBe(3);
  expect(error.loss).toBeNaN();
  expect(error.message).toBe("the loss is NaN at step 3; the first layer with a value that is not finite is 'block.faulty'");
  // The third step has changed nothing and left nothing behind.
  expect(await bitsOf(net.variables)).toEqual(before);
  expect(there.live()).toBe(live);
  net.dispose();
});

it('names a weight that was infinite before', async () => {
  const net = initialise(model(99), { backend, input: [1, 28, 28] });

  net.variable('block.fc.bias').assign(tensor(backend, [0, 0, Number.POSITIVE_INFINITY, 0, 0, 0, 0, 0]));
  const error = await caught(fit({ net, loss: crossEntropy, optimizer: sgd(), data, epochs: 1 }));
  expect(error.message).toBe(
    "the loss is NaN at step 1; 'block.fc.bias' already held a value that is not finite before the step",
  );
  net.dispose();
});

it('names images that hold NaN', async () => {
  const net = initialise(model(99), { backend, input: [1, 28, 28] });
  const spoilt = {
    ...data,
    async *epoch(epoch: number) {
      for await (const batch of data.epoch(epoch)) {
        if (batch.indices.includes(5)) batch.images[batch.indices.indexOf(5) * 784 + 300] = Number.NaN;
        yield batch;
      }
    },
  };
  const error = await caught(fit({ net, loss: crossEntropy, optimizer: sgd(), data: spoilt, epochs: 1 }));
  expect(error.message).toMatch(/^the loss is NaN at step [1-4]; the batch of images holds a value that is not finite$/);
  net.dispose();
});

it('says so where the loss alone is infinite', async () => {
  const net = initialise(model(99), { backend, input: [1, 28, 28] });
  const loss: Loss = (logits, targets) => tidy(() => ops.mul(crossEntropy(logits, targets), Number.POSITIVE_INFINITY));
  const error = await caught(fit({ net, loss, optimizer: sgd(), data, epochs: 1 }));
  expect(error.message).toBe('the loss is Infinity at step 1; every layer is finite, so it arises in the loss itself');
  net.dispose();
});

it('stops a run that has left the numbers by itself', async () => {
  const net = initialise(sequential([flatten(), linear({ units: 10 })]), { backend, input: [1, 28, 28] });
  const error = await caught(fit({ net, loss: crossEntropy, optimizer: sgd({ learningRate: 1e38 }), data, epochs: 3 }));
  expect(error.step).toBeGreaterThan(1);
  expect(error.message).toContain('not finite');
  net.dispose();
});

it('looks at the validation loss, too', async () => {
  const net = initialise(model(99), { backend, input: [1, 28, 28] });
  let training = true;
  const loss: Loss = (logits, targets) =>
    tidy(() => ops.mul(crossEntropy(logits, targets), training ? 1 : Number.POSITIVE_INFINITY));
  const switching = {
    ...validation,
    epoch: () => {
      training = false;
      return validation.epoch(0);
    },
  };
  const error = await caught(fit({ net, loss, optimizer: sgd(), data, validation: switching, epochs: 1 }));
  expect(error.message).toBe('the loss is Infinity at step 4; it is the loss of the validation images; every weight is finite');
  net.dispose();
});

it('names a weight that the last step made infinite, which shows in no loss', async () => {
  const backend = await cpu();
  const net = initialise(sequential({ flatten: flatten(), fc: linear({ units: 10 }) }), { backend, input: [1, 28, 28], seed: 1 });
  const { data } = digitLoaders(50, 50);
  // One step of such a length leaves float32's range.
  const run = fit({ net, loss: crossEntropy, optimizer: sgd({ learningRate: 1e40 }), data, epochs: 1 });
  await expect(run).rejects.toThrow("'fc.weight' holds a value that is not finite after step 1");
  await expect(run).rejects.toBeInstanceOf(NonFiniteVariableError);
  net.dispose();
  expect(backend.live()).toBe(0);
});
