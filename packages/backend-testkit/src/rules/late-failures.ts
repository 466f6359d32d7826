import { type AnyBackend, ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { compareNumbers } from '../tolerance.js';
import { check, errorOf } from './expect.js';
import type { Rule } from './rule.js';

/**
 * For a backend whose `exp` fails, at once or later. At once is an exception. Later, the failure stays with its buffer: who reads it
 * or what was made of it gets the same error, the next flush rejects with it once, and all else goes on.
 */
export const lateFailures: Rule = {
  name: 'a failure comes out where its numbers are read',
  async check(backend) {
    const x = tensor(backend, [1, 2]);
    try {
      const broken = tryExp(x);
      if (broken) await checkLate(backend, x, broken);
      const fine = ops.add(x, 1);
      compareNumbers('a sum after the failure', await fine.data().finally(() => fine.dispose()), [2, 3], 1e-6);
    } finally {
      x.dispose();
    }
    await backend.flush();
  },
};

function tryExp(x: Tensor): Tensor | undefined {
  try {
    return ops.exp(x);
  } catch {
    return undefined;
  }
}

async function checkLate(backend: AnyBackend, x: Tensor, broken: Tensor): Promise<void> {
  const after = tidy(() => ops.sum(ops.mul(broken, x)));
  broken.dispose(); // while it is pending
  try {
    const { message } = await errorOf('reading what was made of the result of a kernel that failed', () => after.data());
    check(message.includes('exp'), `the error does not name 'exp', which failed: ${message}`);
    const again = await errorOf('reading it a second time', () => after.data());
    check(again.message === message, `a second read gives another error: ${again.message}, not ${message}`);
    const flushed = await errorOf('a flush after a failure', () => backend.flush());
    check(flushed.message === message, `flush gives another error: ${flushed.message}, not ${message}`);
  } finally {
    after.dispose();
  }
  await backend.flush(); // tells it once
}
