/** Captured functions: the bits of the function itself, no shape rule or handle on the way, and a refusal where a replay would be wrong. */
import { cpuReference } from '@cnn/backend-cpu';
import {
  type AnyBackend,
  apply,
  capture,
  grad,
  type Kernel,
  type Op,
  ops,
  profile,
  randomKey,
  type Tensor,
  tensor,
  tidy,
  UsageError,
  Variable,
  withLabel,
} from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { dispose, testOnEach, testOnReference, valuesOf } from './helpers.js';

const { add, mul, sum, exp, matmul, relu, reshape } = ops;

/** Doubles; counts how often its shape rule runs, which a replay leaves out. */
function countedDouble(): { op: Op<null>; rules: () => number } {
  let rules = 0;
  const op: Op<null> = {
    name: 'counted',
    infer([x]) {
      rules++;
      return [x!];
    },
    compose: ([x]) => [add(x!, x!)],
    vjp: ([dy]) => [dy && add(dy, dy)],
  };
  return { op, rules: () => rules };
}

const weightsOn = (backend: AnyBackend): Variable =>
  new Variable('w', tensor(backend, [0.5, -1, 2, 0.25, 1, -0.5], { shape: [3, 2] }));

/** A small step with views, fan-out, an update and an auxiliary result. */
const stepOf = (w: Variable) => (x: Tensor) =>
  grad(
    ({ update }) => {
      const y = relu(matmul(x, w.value));
      update('mean', sum(y, 0));
      const flat = reshape(y, [y.size]);
      return { loss: sum(mul(exp(mul(flat, 0.1)), flat)), y };
    },
    [w],
  );

testOnEach('gives the bits of the function for new inputs and new values of the variables', async backend => {
  const w = weightsOn(backend);
  const plain = stepOf(w);
  const captured = capture(plain, [w]);
  for (let step = 0; step < 4; step++) {
    const x = tensor(backend, [1 + step, 2, -step, 0.5], { shape: [2, 2] });
    const input = tidy(() => matmul(x, tensor(backend, [1, 0, 2, 0, 1, -1], { shape: [2, 3] })));
    const [a, b] = [plain(input), captured(input)];
    const numbersOf = (gradients: typeof a) =>
      Promise.all([gradients.loss, gradients.aux.y, gradients.grads[0]!, gradients.updates.mean!].map(t => t.data()));
    expect(await numbersOf(b)).toEqual(await numbersOf(a));
    expect(b.grads[0]!.shape).toEqual([3, 2]);
    w.assign(tidy(() => add(w.value, b.grads[0]!)));
    dispose(a, b, x, input);
  }
  expect(captured.refusal).toBeUndefined();
  w.dispose();
});

testOnReference('runs the kernels alone from the third call on, and keeps a list for each shape', backend => {
  const { op, rules } = countedDouble();
  const captured = capture((x: Tensor) => apply(op, [x], null)[0]!, []);
  const on = (numbers: number[]) => valuesOf(() => captured(tensor(backend, numbers)));
  expect([on([1, 2]), on([3, 4]), on([5, 6])]).toEqual([
    [2, 4],
    [6, 8],
    [10, 12],
  ]);
  expect(rules()).toBe(2);
  expect([on([1, 2, 3]), on([4, 5, 6]), on([7, 8, 9]), on([7, 8])]).toEqual([
    [2, 4, 6],
    [8, 10, 12],
    [14, 16, 18],
    [14, 16],
  ]);
  expect(rules()).toBe(4);
});

testOnReference('frees what nobody reads', backend => {
  const captured = capture((x: Tensor) => {
    exp(x);
    return add(x, 1);
  }, []);
  const x = tensor(backend, [1]);
  for (let call = 0; call < 3; call++) {
    captured(x).dispose();
    expect(backend.live()).toBe(1);
  }
  x.dispose();
});

testOnReference('gives lists, objects and what was an input back', backend => {
  const w = weightsOn(backend);
  const captured = capture((x: Tensor) => ({ x, none: undefined, list: [w.value, reshape(x, [1, 2])] }), [w]);
  for (let call = 0; call < 3; call++) {
    const x = tensor(backend, [call, 7]);
    const given = captured(x);
    expect(Object.keys(given)).toEqual(['x', 'none', 'list']);
    expect([...given.x.dataSync()]).toEqual([call, 7]);
    expect(given.list.map(({ shape }) => shape)).toEqual([
      [3, 2],
      [1, 2],
    ]);
    x.dispose();
    expect([...given.list[1]!.dataSync()]).toEqual([call, 7]);
    // The variable's own tensor is the variable's.
    dispose(...[given.x, ...given.list].filter(t => t !== w.value));
  }
  w.dispose();
});

test('holds no more buffers at a time than the function itself', () => {
  const peakOf = (replayed: boolean): number => {
    let peak = 0;
    const backend = cpuReference();
    const kernels = Object.fromEntries(
      Object.entries(backend.kernels as unknown as Record<string, Kernel<never, never>>).map(([name, kernel]) => [
        name,
        (...call: Parameters<typeof kernel>) => {
          const made = kernel(...call);
          peak = Math.max(peak, backend.live());
          return made;
        },
      ]),
    );
    const watched = { ...backend, kernels } as unknown as AnyBackend;
    const w = weightsOn(watched);
    const step = replayed ? capture(stepOf(w), [w]) : stepOf(w);
    const x = tensor(watched, [1, 2, 3], { shape: [1, 3] });
    dispose(step(x), step(x));
    peak = 0;
    dispose(step(x));
    return peak;
  };
  expect(peakOf(true)).toBeLessThanOrEqual(peakOf(false));
});

testOnReference('is differentiated inside grad, and recorded as part of another capture', backend => {
  const captured = capture((x: Tensor) => sum(mul(x, x)), []);
  const x = tensor(backend, [1, 2, 3]);
  dispose(captured(x), captured(x), captured(x));
  const { grads, loss } = grad(() => captured(x), [x]);
  expect([...grads[0]!.dataSync()]).toEqual([2, 4, 6]);
  const outer = capture((y: Tensor) => mul(captured(y), 2), []);
  const y = tensor(backend, [2, 2]);
  expect([outer, outer, outer].map(fn => valuesOf(() => fn(x)))).toEqual([[28], [28], [28]]);
  expect(valuesOf(() => outer(y))).toEqual([16]);
  dispose(x, y, grads, loss);
});

testOnReference('runs as it is where inputs share a buffer', backend => {
  const captured = capture((a: Tensor, b: Tensor) => mul(a, b), []);
  const [a, b] = [tensor(backend, [3]), tensor(backend, [5])];
  expect(valuesOf(() => captured(a, a))).toEqual([9]);
  expect(valuesOf(() => captured(a, a))).toEqual([9]);
  expect(valuesOf(() => captured(a, b))).toEqual([15]);
  dispose(a, b);
});

testOnReference('each replay is a run of its own in a profile', backend => {
  const profiler = profile(backend);
  const captured = capture((x: Tensor) => withLabel('twice', () => add(exp(x), x)), []);
  const x = tensor(profiler.backend, [1, 2]);
  for (let call = 0; call < 4; call++) captured(x).dispose();
  const spans = profiler.trace().traceEvents.filter(({ cat }) => cat === 'layer');
  expect(spans.map(({ name }) => name)).toEqual(['twice', 'twice', 'twice', 'twice']);
  x.dispose();
});

describe('a kernel that fails or declines in a replay', () => {
  test.each(['throws', 'declines'])('leaves the work to the function: it %s', how => {
    let broken = false;
    const backend = cpuReference({
      kernels: {
        // Not softmax, but 1 where there is one zero.
        softmax: (inputs, _, specs, reuse) => {
          if (broken && how === 'throws') throw new RangeError('no memory');
          return broken ? undefined : backend.kernels.exp(inputs, {}, specs, reuse);
        },
      },
    });
    const captured = capture((x: Tensor) => ops.softmax(mul(x, x), 0), []);
    const x = tensor(backend, [0]);
    for (let call = 0; call < 3; call++) expect(valuesOf(() => captured(x))).toEqual([1]);
    broken = true;
    if (how === 'throws') expect(() => captured(x)).toThrow('no memory');
    else expect(valuesOf(() => captured(x))).toEqual([1]);
    broken = false;
    expect(valuesOf(() => captured(x))).toEqual([1]);
    x.dispose();
    expect(backend.live()).toBe(0);
  });
});

describe('is not replayed, and says why, if the function', () => {
  const backend = cpuReference();
  const foreign = tensor(backend, [1, 1]);
  const w = new Variable('w', tensor(backend, [1, 1]));
  const other = new Variable('other', tensor(backend, [1, 1]));
  const cases: readonly [what: string, fn: (x: Tensor) => unknown, why: RegExp][] = [
    ['reads numbers', x => mul(x, x.dataSync()[0]!), /reads numbers/],
    ['uploads numbers', x => mul(x, tensor(backend, [2, 3])), /uploads numbers/],
    ['drops at random', x => ops.dropout(x, 0.5, [1, 2]), /random/],
    ['makes a key', x => [x, randomKey('a')].slice(0, 1), /random/],
    ['changes a variable', x => w.assign(add(x, 0)), /changes a variable/],
    ['uses a tensor from elsewhere', x => add(x, foreign), /neither an input/],
    ['uses a variable that is not in the list', x => add(x, other.value), /neither an input/],
    ['gives a number', x => ({ y: add(x, 1), n: 3 }), /something else than tensors/],
    ['gives a map', x => new Map([['y', add(x, 1)]]), /something else than tensors/],
  ];
  test.each(cases)('%s', (_, fn, why) => {
    const x = tensor(backend, [1, 2]);
    const captured = capture(fn, [w]);
    expect(captured.refusal).toBeUndefined();
    const live = backend.live();
    tidy(() => void captured(x));
    expect(captured.refusal).toMatch(why);
    tidy(() => void captured(x));
    expect(backend.live()).toBe(live);
    x.dispose();
  });
});

testOnReference('is not replayed if it does something else the second time', backend => {
  let factor = 1;
  const captured = capture((x: Tensor) => mul(x, factor++), []);
  const x = tensor(backend, [2]);
  expect([captured, captured, captured].map(fn => valuesOf(() => fn(x)))).toEqual([[2], [4], [6]]);
  expect(captured.refusal).toMatch(/twice/);
  x.dispose();
});

test('wants a list of variables', () => {
  expect(() => capture((x: Tensor) => x, undefined as never)).toThrow(UsageError);
});
