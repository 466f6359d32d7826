/** Variables: named cells that own one tensor. */

import { cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import { grad, ops, ShapeError, step, type Tensor, tidy, UsageError, Variable } from '@cnn/tensor';
import { expect } from 'vitest';
import { dispose, expectClose, float64, testOnEach } from './helpers.js';

const { add, exp, mul, sum } = ops;

testOnEach('a variable takes its tensor over, and assign frees the old one', backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const old = v.value;
  tidy(() => v.assign(exp(v.value))); // moved out of the scope
  expect([old.disposed, v.value.disposed, backend.live()]).toEqual([true, false, 1]);
  v.assign(v.value);
  expect([v.value.disposed, backend.live()]).toEqual([false, 1]);
  v.dispose();
});

testOnEach('a variable that is made in a scope stays', async backend => {
  const v = tidy(() => new Variable('w', exp(float64(backend, [0]))));
  expectClose(await v.value.data(), [1]);
  v.dispose();
});

testOnEach('the tensor of a variable is not for others to dispose or to take', backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const u = new Variable('u', float64(backend, [1, 2]));
  expect(() => v.value.dispose()).toThrow(new UsageError("dispose: the tensor belongs to variable 'w'"));
  expect(() => u.assign(v.value)).toThrow(new UsageError("variable 'u': the tensor belongs to variable 'w'"));
  expect(() => new Variable('x', v.value)).toThrow(new UsageError("variable 'x': the tensor belongs to variable 'w'"));
  tidy(() => v.value); // passing it through gives nothing away
  dispose(grad(() => sum(tidy(() => v.value)), [v]));
  expect(v.value.disposed).toBe(false);
  v.dispose();
  u.dispose();
});

testOnEach('a variable keeps its shape, dtype and backend', backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const other = cpuReference();
  const wrong: Tensor[] = [float64(backend, [1]), ops.cast(v.value, 'float32'), float64(other, [1, 2])];
  const holds = `variable 'w' holds float64 [2] on '${backend.name}'`;
  expect(() => v.assign(wrong[0]!)).toThrow(new ShapeError(`${holds}; got float64 [1] on '${backend.name}'`));
  expect(() => v.assign(wrong[1]!)).toThrow(new ShapeError(`${holds}; got float32 [2] on '${backend.name}'`));
  expect(() => v.assign(wrong[2]!)).toThrow(new ShapeError(`${holds}; got float64 [2] on 'cpu:reference'`));
  const gone = exp(v.value);
  gone.dispose();
  expect(() => v.assign(gone)).toThrow(new UsageError("variable 'w': the tensor [2] was disposed"));
  expect(() => new Variable('u', gone)).toThrow(new UsageError("variable 'u': the tensor [2] was disposed"));
  expect(v.value.disposed).toBe(false);
  dispose(wrong);
  v.dispose();
});

testOnEach('a variable cannot change inside grad', async backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const message = "variable 'w' cannot change inside grad; return the tensor and assign it afterwards";
  expect(() =>
    grad(() => {
      v.assign(exp(v.value));
      return sum(v.value);
    }, [v]),
  ).toThrow(new UsageError(message));
  const attrs = { learningRate: 1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: true };
  expect(() =>
    grad(() => {
      step(ops.sgdStepOp, [v], [v.value], attrs);
      return sum(v.value);
    }, [v]),
  ).toThrow(new UsageError(message));
  expectClose(await v.value.data(), [1, 2]);
  v.dispose();
});

testOnEach('grad takes variables as they are at that time', async backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const loss = (): Tensor => sum(mul(v.value, v.value));
  const before = grad(loss, [v]);
  v.assign(float64(backend, [5, 7]));
  const after = grad(loss, [v, v.value]);
  expectClose(await before.grads[0]!.data(), [2, 4]);
  expectClose(await after.grads[0]!.data(), [10, 14]);
  expectClose(await after.grads[1]!.data(), [10, 14]);
  dispose(before, after);
  v.dispose();
});

testOnEach('a tensor of a variable that was assigned anew lives on in views and tapes', async backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const view = ops.reshape(v.value, [2, 1]);
  v.assign(float64(backend, [5, 7]));
  expectClose(await view.data(), [1, 2]);
  dispose(view);
  v.dispose();
});

testOnEach('returned statistics are committed once, however often the closure runs', async backend => {
  const pixels = spread(2 * 1 * 3 * 3);
  const x = float64(backend, pixels, [2, 1, 3, 3]);
  const gamma = new Variable('gamma', float64(backend, [1]));
  const beta = new Variable('beta', float64(backend, [0]));
  const running = new Variable('mean', float64(backend, [10]));
  const run = () =>
    grad(
      ({ update }) => {
        const { y, mean } = ops.batchNorm(x, gamma.value, beta.value);
        update('mean', add(mul(running.value, 0.9), mul(ops.stopGradient(mean), 0.1)));
        const again = grad(() => sum(ops.batchNorm(x, gamma.value, beta.value).y), [beta]);
        return { loss: sum(mul(y, y)), again: again.grads };
      },
      [gamma, beta],
    );
  dispose(run(), run());
  const result = run();
  running.assign(result.updates.mean!);
  expectClose(await running.value.data(), [9 + (0.1 * pixels.reduce((a, b) => a + b, 0)) / 18]);
  dispose(result.loss, result.aux, result.grads, x);
  for (const variable of [gamma, beta, running]) variable.dispose();
});

testOnEach('dropout sees the same mask again, also in a nested grad, and another key sees another', async backend => {
  const numbers = spread(200);
  const x = float64(backend, numbers);
  const [a, b, c] = [ops.dropout(x, 0.5, [1, 2]), ops.dropout(x, 0.5, [1, 2]), ops.dropout(x, 0.5, [1, 3])];
  const [first, again, other] = await Promise.all([a.data(), b.data(), c.data()]);
  expect(again).toEqual(first);
  const agree = first.filter((v, i) => (v === 0) === (other[i] === 0)).length;
  expect(agree).toBeGreaterThan(70);
  expect(agree).toBeLessThan(130);
  const nested = grad(() => {
    const inner = grad(() => {
      const y = ops.dropout(x, 0.5, [1, 2]);
      return sum(mul(y, y));
    }, [x]); // 2 x (mask / 0.5)²
    return sum(inner.grads[0]!);
  }, [x]);
  expectClose(
    await nested.grads[0]!.data(),
    Array.from(first, v => (v === 0 ? 0 : 8)),
  );
  dispose(x, a, b, c, nested);
});
