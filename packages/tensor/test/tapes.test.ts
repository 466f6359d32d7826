/** What a gradient follows, and what it does not. */
import { apply, grad, type None, type Op, ops, type Tensor, tidy } from '@cnn/tensor';
import { expect } from 'vitest';
import { dispose, expectClose, float64, testOnEach } from './helpers.js';

const { add, exp, mul, reshape, stopGradient, sum } = ops;

const unary = (name: string, rest: Partial<Op<None>>): Op<None> => ({ name: `test/${name}`, infer: ([x]) => [x!], ...rest });
const one = (op: Op<None>, ...inputs: Tensor[]): Tensor => apply(op, inputs, {})[0]!;

testOnEach('what an open tape holds survives dispose, tidy and an inner grad, and goes when the tape closes', async backend => {
  const x = float64(backend, [0.5, 1.5]);
  let inside = 0;
  const result = grad(() => {
    const before = backend.live();
    const y = exp(x);
    const z = tidy(() => mul(y, exp(x))); // z = e^2x
    const inner = grad(() => sum(mul(z, z)), [z]); // its gradient is 2z
    y.dispose();
    inner.loss.dispose();
    const out = sum(mul(inner.grads[0]!, z)); // 2 z² = 2 e^4x
    z.dispose();
    inner.grads[0]!.dispose();
    inside = backend.live() - before;
    return out;
  }, [x]);
  expect(inside).toBeGreaterThan(4);
  expect(backend.live()).toBe(3); // x, loss, gradient
  expectClose(
    await result.grads[0]!.data(),
    [0.5, 1.5].map(v => 8 * Math.exp(4 * v)),
  );
  dispose(result, x);
});

testOnEach('a gradient inside is a constant outside, unless it leads from an outer variable', async backend => {
  const x = float64(backend, [1, 2]);
  const c = float64(backend, [3, 4]);
  const result = grad(() => {
    const inner = grad(() => sum(mul(mul(c, c), c)), [c]); // 3c², which x does not reach
    return sum(mul(x, inner.grads[0]!));
  }, [x]);
  expectClose(await result.grads[0]!.data(), [27, 48]);
  dispose(result, x, c);
});

testOnEach('gradients add up where a value is used more than once', async backend => {
  const x = float64(backend, [1, 2]);
  const result = grad(() => sum(add(add(x, mul(x, x)), add(x, x))), [x]); // 3x + x²
  expectClose(await result.grads[0]!.data(), [5, 7]);
  dispose(result, x);
});

testOnEach('a variable that the loss does not depend on gets zeros of its shape and dtype', async backend => {
  const x = float64(backend, [1, 2]);
  const unused = float64(backend, [1, 2, 3, 4, 5, 6], [2, 3]);
  const result = grad(() => sum(x), [unused, x]);
  expect(result.grads[0]!.shape).toEqual([2, 3]);
  expect(result.grads[0]!.dtype).toBe('float64');
  expectClose(await result.grads[0]!.data(), [0, 0, 0, 0, 0, 0]);
  expectClose(await result.grads[1]!.data(), [1, 1]);
  dispose(result, x, unused);
});

testOnEach('a loss that depends on no variable has gradients of zeros', async backend => {
  const x = float64(backend, [1, 2]);
  const loss = float64(backend, 5);
  const result = grad(() => loss, [x]);
  expectClose(await result.grads[0]!.data(), [0, 0]);
  expectClose(await result.loss.data(), [5]);
  dispose(result, x, loss);
});

testOnEach('stopGradient stops, also inside a composition', async backend => {
  const x = float64(backend, [1, 2]);
  const stopped = unary('stopped', { compose: ([x]) => [mul(stopGradient(exp(x!)), x!)] });
  const result = grad(() => sum(one(stopped, x)), [x]);
  expectClose(await result.grads[0]!.data(), [Math.E, Math.E ** 2]);
  const outside = grad(() => sum(mul(stopGradient(x), x)), [x]);
  expectClose(await outside.grads[0]!.data(), [1, 2]);
  dispose(result, outside, x);
});

testOnEach('no gradient flows through an op whose rule is null', async backend => {
  const x = float64(backend, [1.2, 2.7]);
  const result = grad(() => sum(add(mul(ops.floor(x), x), ops.cast(ops.greater(x, 2), 'float64'))), [x]);
  expectClose(await result.grads[0]!.data(), [1, 2]);
  dispose(result, x);
});

testOnEach('a gradient passes a change of float dtype and ends at whole numbers', async backend => {
  const x = float64(backend, [1.5, 2.5]);
  const result = grad(() => {
    const single = ops.cast(x, 'float32');
    const whole = ops.cast(ops.cast(x, 'int32'), 'float32');
    return sum(mul(single, whole));
  }, [x]);
  expect(result.loss.dtype).toBe('float32');
  expect(result.grads[0]!.dtype).toBe('float64');
  expectClose(await result.grads[0]!.data(), [1, 2]);
  dispose(result, x);
});

testOnEach('a composition that returns its input', async backend => {
  const x = float64(backend, [1, 2]);
  const same = unary('same', { compose: ([x]) => [x!] });
  const fiveFold = unary('fiveFold', { compose: ([x]) => [x!], vjp: ([dy]) => [mul(dy!, 5)] });
  for (const [op, gradient] of [
    [same, 1],
    [fiveFold, 25],
  ] as const) {
    const result = grad(() => sum(one(op, one(op, x))), [x]);
    const copy = one(op, x);
    expectClose(await result.grads[0]!.data(), [gradient, gradient]);
    dispose(copy, result);
  }
  expectClose(await x.data(), [1, 2]);
  dispose(x);
});

testOnEach('a composition that returns one input twice', async backend => {
  const x = float64(backend, [1, 2]);
  const twice: Op<None> = { name: 'test/twice', infer: ([x]) => [x!, x!], compose: ([x]) => [x!, x!] };
  const result = grad(() => {
    const [a, b] = apply(twice, [x], {}) as [Tensor, Tensor];
    const product = mul(a, b);
    a.dispose();
    return sum(product);
  }, [x]);
  expectClose(await result.grads[0]!.data(), [2, 4]);
  dispose(result, x);
});

testOnEach('an op with several outputs gets the gradients of those that were used', async backend => {
  const seen: boolean[][] = [];
  const halves: Op<None> = {
    name: 'test/halves',
    infer: ([x]) => [x!, x!],
    compose: ([x]) => [mul(x!, 0.5), mul(x!, 0.25)],
    vjp: (dy, { wanted }) => {
      seen.push(
        dy.map(d => d !== undefined),
        [...wanted],
      );
      const parts = [dy[0] && mul(dy[0], 0.5), dy[1] && mul(dy[1], 0.25)].filter(part => part !== undefined);
      return [parts.reduce((a, b) => add(a, b))];
    },
  };
  const x = float64(backend, [1, 2]);
  const both = grad(() => {
    const [a, b] = apply(halves, [x], {}) as [Tensor, Tensor];
    return sum(mul(a, b));
  }, [x]); // x²/8
  const second = grad(() => sum(apply(halves, [x], {})[1]!), [x]);
  expect(seen).toEqual([[true, true], [true], [false, true], [true]]);
  expectClose(await both.grads[0]!.data(), [0.25, 0.5]);
  expectClose(await second.grads[0]!.data(), [0.25, 0.25]);
  dispose(both, second, x);
});

testOnEach('a rule is told which inputs want a gradient', async backend => {
  const [x, c] = [float64(backend, [1, 2]), float64(backend, [3, 4])];
  let seen: readonly boolean[] = [];
  const product: Op<None> = {
    name: 'test/product',
    infer: ([a]) => [a!],
    compose: ([a, b]) => [mul(a!, b!)],
    vjp: ([dy], { inputs: [a, b], wanted }) => {
      seen = wanted;
      return [mul(dy!, b!), mul(dy!, a!)];
    },
  };
  const result = grad(() => sum(one(product, c, x)), [x]);
  expect(seen).toEqual([false, true]);
  expectClose(await result.grads[0]!.data(), [3, 4]);
  dispose(result, x, c);
});

testOnEach('a variable may be a view of another, and each has its own gradient', async backend => {
  const x = float64(backend, [1, 2, 3, 4]);
  const view = reshape(x, [2, 2]);
  const result = grad(() => add(sum(mul(x, x)), sum(mul(view, 3))), [x, view]);
  expectClose(await result.grads[0]!.data(), [2, 4, 6, 8]);
  expectClose(await result.grads[1]!.data(), [3, 3, 3, 3]);
  dispose(result, x, view);
});

testOnEach('another handle on a value is the same variable', async backend => {
  const x = float64(backend, [1, 2]);
  const alias = ops.permute(x, [0]);
  const result = grad(() => sum(mul(alias, alias)), [x]);
  expectClose(await result.grads[0]!.data(), [2, 4]);
  dispose(result, x, alias);
});
