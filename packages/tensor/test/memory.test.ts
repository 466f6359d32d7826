/** Who frees what, and when. */
import { cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import { apply, grad, type None, type Op, ops, shapesBackend, type Tensor, tensor, tensorsIn, tidy, Variable } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { type CountingBackend, dispose, expectClose, float64, testOnEach, testOnReference } from './helpers.js';

const { add, exp, mul, neg, reshape, sum } = ops;

const unary = (name: string, rest: Partial<Op<None>>): Op<None> => ({ name: `test/${name}`, infer: ([x]) => [x!], ...rest });
const one = (op: Op<None>, ...inputs: Tensor[]): Tensor => apply(op, inputs, {})[0]!;

testOnEach('tidy frees what it made, but not its result, at any depth of arrays, maps and objects', backend => {
  const x = float64(backend, [1, 2]);
  const result = tidy(() => {
    exp(x);
    return { list: [exp(x), { deep: exp(x) }], map: new Map([['y', exp(x)]]), number: 3, none: null };
  });
  expect(backend.live()).toBe(4);
  dispose(result);
  expect(backend.live()).toBe(1);
  dispose(x);
});

testOnEach('the result of an inner scope belongs to the outer one', backend => {
  const x = float64(backend, [1, 2]);
  tidy(() => {
    const y = tidy(() => exp(exp(x)));
    expect(backend.live()).toBe(2);
    expect(y.disposed).toBe(false);
  });
  expect(backend.live()).toBe(1);
  dispose(x);
});

testOnEach('a scope does not take what was made outside it, and dispose works within', backend => {
  const x = float64(backend, [1, 2]);
  const outside = tidy(() => exp(x));
  tidy(() => {
    const y = exp(x);
    y.dispose();
    y.dispose();
    expect(backend.live()).toBe(2);
    return outside;
  });
  expect(outside.disposed).toBe(false);
  dispose(x, outside);
});

testOnEach('a tensor of the user or of a variable that passes through scopes stays theirs', backend => {
  const x = float64(backend, [1, 2]);
  const v = new Variable('w', float64(backend, [1, 2]));
  tidy(() => {
    tidy(() => [x, v.value]);
    tidy(() => ({ x, deep: new Map([['v', v.value]]) }));
    tidy(() => v.value);
  });
  expect([x.disposed, v.value.disposed]).toEqual([false, false]);
  dispose(x);
  v.dispose();
});

testOnEach('using disposes at the end of the block', backend => {
  {
    using x = float64(backend, [1, 2]);
    using y = exp(x);
    expect([x.disposed, y.disposed, backend.live()]).toEqual([false, false, 2]);
  }
  expect(backend.live()).toBe(0);
});

testOnEach('views and aliases share a buffer, which goes with the last of them', async backend => {
  const x = float64(backend, [1, 2, 3, 4]);
  const view = reshape(x, [2, 2]);
  const same = ops.permute(view, [0, 1]);
  const stopped = ops.stopGradient(same);
  expect(backend.live()).toBe(1);
  dispose(x, view, same);
  expect(backend.live()).toBe(1);
  expectClose(await stopped.data(), [1, 2, 3, 4]);
  dispose(stopped);
});

testOnEach('a throw at any depth leaves nothing, and the stacks are restored', backend => {
  const x = float64(backend, [1, 2]);
  const burst = (): never => {
    exp(x);
    throw new Error('burst');
  };
  expect(() => tidy(burst)).toThrow('burst');
  expect(() => grad(burst, [x])).toThrow('burst');
  expect(() =>
    grad(() => {
      mul(x, x);
      grad(() => {
        exp(x);
        return tidy(burst);
      }, [x]);
      return sum(x);
    }, [x]),
  ).toThrow('burst');
  const badRule = unary('badRule', {
    compose: ([x]) => [exp(exp(x!))],
    vjp: ([dy]) => {
      mul(dy!, dy!);
      throw new Error('bad rule');
    },
  });
  expect(() => grad(() => sum(mul(one(badRule, exp(x)), x)), [x])).toThrow('bad rule');
  const live = backend.live();
  const y = exp(x); // were a scope still open, it would own this
  expect(backend.live()).toBe(live + 1);
  dispose(x, y);
});

testOnEach('outside scopes a call leaves its result only', backend => {
  const x = float64(backend, spread(8), [2, 4]);
  const calls: (() => unknown)[] = [
    () => add(x, 1),
    () => ops.sub(1, x),
    () => sum(x),
    () => ops.max(x, [1]),
    () => ops.mean(x),
    () => ops.variance(x),
    () => ops.prod(x, 1),
    () => ops.clip(x, { low: -0.5, high: 0.5 }),
    () => ops.leakyRelu(x),
    () => ops.softmaxCrossEntropy(x, x),
    () => ops.dropout(x, 0.5, [1, 2]),
    () => ops.tile(x, [2, 2]),
    () => ops.stack([x, x]),
    () => ops.pad(x, [[1, 1]], { mode: 'reflect' }),
    () => ops.slice(x, [[1, 0, -1]]),
    () => ops.topK(x, 2),
    () => ops.split(x, 2),
    () => tidy(() => ops.maxPool2d(reshape(x, [1, 1, 2, 4]), 2)),
  ];
  for (const call of calls) {
    const results = tensorsIn(call());
    expect(backend.live(), String(call)).toBe(1 + results.size);
    dispose([...results]);
    expect(backend.live(), String(call)).toBe(1);
  }
  dispose(x);
});

testOnEach('results are handles of their own', async backend => {
  const a = float64(backend, 2);
  const b = float64(backend, 3);
  const { loss, grads } = grad(() => add(a, b), [a, b, a]);
  dispose(grads[0]); // the rule of add gives the same dy for both
  expectClose(await grads[1]!.data(), [1]);
  expectClose(await grads[2]!.data(), [1]);
  const self = grad(() => ({ loss: a, stopped: ops.stopGradient(a) }), [a]);
  expectClose(await self.grads[0]!.data(), [1]);
  dispose(self);
  expectClose(await a.data(), [2]);
  dispose(loss, grads, a, b);
});

testOnEach('what grad returns beside the loss survives, and the rest does not', async backend => {
  const x = float64(backend, [1, 2]);
  const result = grad(() => {
    const y = exp(x);
    mul(y, y);
    return { loss: sum(y), logits: y, deep: { list: [neg(y)] }, count: 3 };
  }, [x]);
  expect(backend.live()).toBe(5); // x, loss, gradient, logits and the deep one
  expectClose(await result.aux.logits.data(), [Math.E, Math.E ** 2]);
  expectClose(await result.aux.deep.list[0]!.data(), [-Math.E, -(Math.E ** 2)]);
  expect(result.aux.count).toBe(3);
  dispose(result, x);
});

testOnEach('updates come back once, and go with the results', async backend => {
  const x = float64(backend, [1, 2]);
  const result = grad(
    ({ update }) => {
      const y = exp(x);
      update('y', y);
      return sum(y);
    },
    [x],
  );
  expectClose(await result.updates.y!.data(), [Math.E, Math.E ** 2]);
  expect(Object.keys(result.updates)).toEqual(['y']);
  dispose(result, x);
});

testOnEach('an update handed over within a tidy is kept, also where its handle is disposed', async backend => {
  const x = float64(backend, [1, 2]);
  const result = grad(
    ({ update }) => {
      const inside = tidy(() => {
        const y = exp(x);
        update('y', y);
        return sum(y);
      });
      const z = neg(x);
      update('z', z);
      z.dispose();
      return inside;
    },
    [x],
  );
  expectClose(await result.updates.y!.data(), [Math.E, Math.E ** 2]);
  expectClose(await result.updates.z!.data(), [-1, -2]);
  dispose(result, x);
});

/** How many buffers a tape keeps of what `f` makes, the result of `f` included. */
function heldBy(backend: CountingBackend, x: Tensor, f: () => Tensor): number {
  let held = 0;
  const result = grad(() => {
    const before = backend.live();
    const y = tidy(f);
    held = backend.live() - before;
    return sum(mul(x, sum(y)));
  }, [x]);
  dispose(result);
  return held;
}

testOnEach('a tape keeps what gradients need and no more', backend => {
  const x = float64(backend, spread(8));
  const data = float64(backend, spread(8, 2));
  const expSquared: Partial<Op<None>> = {
    compose: ([x]) => {
      const y = exp(x!);
      return [mul(y, y)];
    },
  };
  const ruled = unary('ruled', { ...expSquared, vjp: ([dy], { outputs: [y] }) => [mul(mul(dy!, y!), 2)] });
  expect(heldBy(backend, x, () => one(ruled, x))).toBe(1); // its parts are off the tape
  expect(heldBy(backend, x, () => one(unary('unruled', expSquared), x))).toBe(2); // exp keeps its output, mul its inputs
  expect(heldBy(backend, x, () => exp(exp(exp(data))))).toBe(1); // does not lead from x
  expect(heldBy(backend, x, () => exp(exp(exp(x))))).toBe(3);
  expect(heldBy(backend, x, () => add(add(add(x, 1), 1), 1))).toBe(1); // a sum needs neither side
  expect(heldBy(backend, x, () => ops.relu(add(x, 1)))).toBe(1); // relu needs its output only
  dispose(x, data);
});

testOnEach('a backward pass frees as it goes', backend => {
  const x = float64(backend, spread(8));
  const atRule: number[] = [];
  const probe = unary('probe', {
    compose: ([x]) => [x!],
    vjp: ([dy]) => {
      atRule.push(backend.live());
      return [dy];
    },
  });
  const result = grad(() => {
    let y = x;
    for (let i = 0; i < 20; i++) y = one(probe, exp(mul(y, 0.1)));
    return sum(y);
  }, [x]);
  expect(atRule).toHaveLength(20);
  expect(atRule.at(-1)!).toBeLessThan(atRule[0]! / 3);
  dispose(result, x);
});

testOnEach('gradients that add up are not kept one by one', backend => {
  const x = float64(backend, spread(8));
  const atRule: number[] = [];
  const probe = unary('probe', {
    compose: ([x]) => [exp(x!)],
    vjp: ([dy], { outputs: [y] }) => {
      atRule.push(backend.live());
      return [mul(dy!, y!)];
    },
  });
  const result = grad(() => {
    let total = sum(x);
    for (let i = 0; i < 20; i++) total = add(total, sum(one(probe, x)));
    return total;
  }, [x]);
  expect(atRule.at(-1)!).toBeLessThan(atRule[0]!); // each visit frees an output and leaves one running sum
  dispose(result, x);
});

testOnReference('freed memory is used again, and read by nobody', backend => {
  const x = float64(backend, [0.5, 1.5]);
  const run = (): void => dispose(grad(() => sum(tidy(() => mul(exp(x), exp(x)))), [x]));
  run();
  const made = backend.allocations();
  for (let i = 0; i < 100; i++) run();
  expect(backend.allocations()).toBe(made);
  dispose(x);
});

test('the memory of a tensor is its element count times the size of its dtype', () => {
  const backend = shapesBackend();
  for (const [dtype, bytes] of [
    ['float32', 24],
    ['float64', 48],
    ['int32', 24],
    ['uint8', 6],
    ['bool', 6],
  ] as const) {
    expect(tensor(backend, [1, 0, 1, 1, 0, 1], { shape: [2, 3], dtype }).byteLength).toBe(bytes);
  }
});

test('between the passes a batch norm keeps its input and a pool its indices, not what they gave', () => {
  const backend = cpuReference();
  const x = tensor(backend, Float32Array.from({ length: 64 }, Math.sin), { shape: [2, 2, 4, 4] });
  const weight = ops.ones(backend, [2]);
  const bias = ops.zeros(backend, [2]);
  let held = 0;
  const before = backend.live();
  // The first gradient rule to run sees all that the tape holds; its own dy and the seed are two more.
  const probe: Op<None> = {
    name: 'test/probe',
    infer: ([y]) => [y!],
    compose: ([y]) => [ops.neg(y!)],
    vjp: ([dy]) => {
      held = backend.live() - before;
      return [ops.neg(dy!)];
    },
    saves: [],
  };
  dispose(
    grad(() => {
      const { y } = ops.batchNorm(x, weight, bias);
      return ops.sum(apply(probe, [ops.maxPool2d(y, 2)], {})[0]!);
    }, [x]),
  );
  // The batch's mean and variance and the pool's indices; the loss; the gradient that comes in.
  expect(held).toBe(5);
  for (const t of [x, weight, bias]) t.dispose();
  expect(backend.live()).toBe(0);
});
