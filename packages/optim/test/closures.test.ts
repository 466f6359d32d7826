import { cpuReference } from '@cnn/backend-cpu';
import { CnnError, type DType, DTypeError, OptionError, ops, type Tensor, tensor, UsageError, Variable } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { choleskySolve } from '../src/closures/cholesky.js';
import { lbfgs, type Method, minimise, newton, randomSearch } from '../src/index.js';
import { expectClose, goldenCases } from './golden.js';

const backend = cpuReference({ poison: true });
const variable = (numbers: readonly number[], dtype: DType = 'float64'): Variable =>
  new Variable('x', tensor(backend, numbers, { dtype }));
const numbers = (held: Variable): number[] => Array.from(held.value.dataSync());

/** Rosenbrock's valley (1 - x)² + 100 (y - x²)², for x and y in one variable. */
function rosenbrock({ value }: Variable): Tensor {
  const [x, y] = [ops.slice(value, [[0, 1]]), ops.slice(value, [[1, 2]])];
  return ops.sum(ops.add(ops.square(ops.sub(1, x)), ops.mul(ops.square(ops.sub(y, ops.square(x))), 100)));
}

describe('L-BFGS', () => {
  const cases = goldenCases('optimizers');
  test.each([
    ['lbfgs_fixed_step', lbfgs({ learningRate: 0.5, maxIterations: 1, historySize: 5, lineSearch: 'none' })],
    ['lbfgs_strong_wolfe', lbfgs({ maxIterations: 4, historySize: 10 })],
  ] as const)('%s takes the ten steps of PyTorch', async (name, method) => {
    const { inputs, steps } = cases.get(name)!;
    const load = ({ shape, data }: { shape: readonly number[]; data: readonly number[] }): Tensor =>
      tensor(backend, Float64Array.from(data), { shape, dtype: 'float64' });
    const [x, y] = [load(inputs.X!), load(inputs.Y!)];
    const [w, b] = [new Variable('w', load(inputs.w!)), new Variable('b', load(inputs.b!))];
    const state = method.init([w, b]);
    for (const [i, expected] of steps.entries()) {
      const loss = await state.step(() => ops.mean(ops.square(ops.sub(ops.tanh(ops.linear(x, w.value, b.value)), y))));
      expectClose([loss], [expected.loss_before!], 'float64', `step ${i} loss`);
      expectClose(numbers(w), expected.w!.data, 'float64', `step ${i} w`);
      expectClose(numbers(b), expected.b!.data, 'float64', `step ${i} b`);
    }
    for (const held of [x, y, w, b]) held.dispose();
    expect(backend.live()).toBe(0);
  });

  test('goes through a narrow valley as PyTorch does, and forgets the oldest moves', async () => {
    const x = variable([-1.2, 1]);
    const losses = await minimise(() => rosenbrock(x), [x], { method: lbfgs({ maxIterations: 5, historySize: 3 }), steps: 8 });
    // PyTorch 1.13, LBFGS(lr=1, max_iter=5, history_size=3, line_search_fn='strong_wolfe') in float64.
    const expected = [
      24.199999999999996, 4.111816451757751, 2.8975574980245997, 1.939070958273065, 0.8226886850556835, 0.3727026774355862,
      0.05361608735368178, 0.001977233858577416,
    ];
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]!), `loss ${i}`).toBeLessThan(1e-6 * (1 + expected[i]!));
    });
    expect(numbers(x)[0]).toBeCloseTo(0.9999980081542921, 6);
    expect(numbers(x)[1]).toBeCloseTo(0.9999972100107387, 6);
    x.dispose();
  });

  test('does nothing at a minimum, and steps back from where the loss is no number', async () => {
    const x = variable([3]);
    const far = minimise(() => ops.sum(ops.square(ops.sub(x.value, 3))), [x], { method: lbfgs() });
    expect(await far).toEqual([0]);
    expect(numbers(x)).toEqual([3]);
    // x - log x has its minimum at 1; from 8 the first step tried is 8.75, to where there is no logarithm.
    const y = variable([8]);
    await minimise(() => ops.sum(ops.sub(y.value, ops.log(y.value))), [y], { method: lbfgs({ learningRate: 10 }), steps: 5 });
    expect(numbers(y)[0]).toBeCloseTo(1, 6);
    for (const held of [x, y]) held.dispose();
    expect(backend.live()).toBe(0);
  });
});

describe("Newton's method", () => {
  // The steps from (-1.2, 1), with NumPy: x - (H + μ I)⁻¹ g, and on the second the first of 1, 1/2, 1/4, … with a sufficient
  // decrease, which is 1/8.
  test.each([
    [newton(), 1, [-1.1752808988764043, 1.3806741573033705]],
    [newton(), 2, [-0.9329814276198287, 0.811210655797004]],
    [newton({ damping: 5 }), 1, [-1.1547544771808202, 1.3233275563258227]],
  ] as const)('%# is as NumPy solves it', async (method, steps, expected) => {
    const x = variable([-1.2, 1]);
    await minimise(() => rosenbrock(x), [x], { method, steps });
    expectClose(numbers(x), expected, 'float64', 'x');
    x.dispose();
    expect(backend.live()).toBe(0);
  });

  test('is at the minimum of a quadratic after one step, over several variables', async () => {
    const a = new Variable('a', tensor(backend, [[4, -1]], { dtype: 'float64' }));
    const b = variable([7]);
    // (a₀ - 1)² + (a₀ - a₁)² + (a₁ + b)² + (b - 2)²: zero slopes where 2 a₀ - a₁ = 1, 2 a₁ - a₀ + b = 0, 2 b + a₁ = 2.
    const loss = (): Tensor => {
      const [a0, a1] = [ops.slice(a.value, [null, [0, 1]]), ops.slice(a.value, [null, [1, 2]])];
      const parts = [ops.sub(a0, 1), ops.sub(a0, a1), ops.add(a1, b.value), ops.sub(b.value, 2)];
      return ops.sum(parts.map(ops.square).reduce(ops.add));
    };
    await minimise(loss, [a, b], { method: newton() });
    // By elimination: a₁ = -1/2, a₀ = 1/4, b = 5/4.
    expectClose([...numbers(a), ...numbers(b)], [0.25, -0.5, 1.25], 'float64', 'the minimum');
    for (const held of [a, b]) held.dispose();
    expect(backend.live()).toBe(0);
  });

  test('goes down from a saddle, where the Hessian is not positive definite', async () => {
    const x = variable([1, 0.1]);
    // x² / 2 - y² / 2 + y⁴ / 4 has minima of -1/4 at (0, ±1).
    const loss = (): Tensor => {
      const [a, b] = [ops.square(ops.slice(x.value, [[0, 1]])), ops.square(ops.slice(x.value, [[1, 2]]))];
      return ops.sum(ops.add(ops.div(ops.sub(a, b), 2), ops.div(ops.square(b), 4)));
    };
    await minimise(loss, [x], { method: newton(), steps: 30 });
    expectClose(numbers(x), [0, 1], 'float64', 'x');
    x.dispose();
  });

  test('refuses large problems', async () => {
    const x = variable(Array(1001).fill(1));
    await expect(minimise(() => ops.sum(ops.square(x.value)), [x], { method: newton() })).rejects.toThrow(
      new UsageError('newton: 1001 numbers; it takes at most 1000'),
    );
    x.dispose();
  });

  test('solves as NumPy does, and knows a matrix that is not positive definite', () => {
    const matrix = [
      [4, 1, 0.5],
      [1, 3, 0.2],
      [0.5, 0.2, 2],
    ].map(row => Float64Array.from(row));
    const x = choleskySolve(matrix, Float64Array.of(1, 2, 3))!;
    expectClose(x, [-0.08172851103804601, 0.596524189760451, 1.4607797087834662], 'float64', 'x');
    expect(choleskySolve([Float64Array.of(1, 2), Float64Array.of(2, 1)], Float64Array.of(1, 1))).toBeUndefined();
  });
});

describe('random search', () => {
  test('keeps what is lower, draws about 0, and does the same for the same seed', async () => {
    const walk = async (seed: number): Promise<number[]> => {
      const x = variable([3, 4]);
      const loss = (): Tensor => ops.sum(ops.square(ops.sub(x.value, 1)));
      const losses = await minimise(loss, [x], { method: randomSearch({ scale: 1, seed }), steps: 200 });
      expect(losses[0]).toBe(13);
      expect(losses.every((value, i) => i === 0 || value <= losses[i - 1]!)).toBe(true);
      const last = numbers(x);
      x.dispose();
      return [...last, losses.at(-1)!];
    };
    const found = await walk(1);
    // Of 200 draws of two normal numbers about one in 40 lies within 0.4 of (1, 1).
    expect(found[2]).toBeLessThan(0.2);
    expect(await walk(1)).toEqual(found);
    expect(await walk(2)).not.toEqual(found);
    expect(backend.live()).toBe(0);
  });
});

describe('a method', () => {
  test.each<[string, Method]>([
    ['lbfgs', lbfgs()],
    ['newton', newton()],
  ])('%s says so where the loss is not finite', async (_, method) => {
    const x = variable([-1]);
    const step = minimise(() => ops.sum(ops.log(x.value)), [x], { method });
    await expect(step).rejects.toThrow(CnnError);
    await expect(step).rejects.toThrow(`${method.type}: the loss is NaN before the step`);
    x.dispose();
    expect(backend.live()).toBe(0);
  });

  test('takes float variables, and a function', async () => {
    const whole = new Variable('n', tensor(backend, [1], { dtype: 'int32' }));
    expect(() => lbfgs().init([whole])).toThrow(DTypeError);
    expect(() => lbfgs().init([])).toThrow(UsageError);
    expect(() => lbfgs().init(undefined as never)).toThrow(UsageError);
    const x = variable([1]);
    await expect(
      lbfgs()
        .init([x])
        .step(ops.sum(x.value) as never),
    ).rejects.toThrow(UsageError);
    whole.dispose();
    x.dispose();
  });

  test.each([
    [() => lbfgs({ lineSearch: 'armijo' as 'none' }), 'lineSearch'],
    [() => lbfgs({ learningRate: 0 }), 'learningRate'],
    [() => lbfgs({ historySize: 0 }), 'historySize'],
    [() => lbfgs({ maxIterations: 1.5 }), 'maxIterations'],
    [() => newton({ damping: -1 }), 'damping'],
    [() => randomSearch({ scale: 0 }), 'scale'],
    [() => randomSearch({ seed: 0.5 }), 'seed'],
  ])('%s is refused', (make, name) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(`option '${name}'`);
  });

  test('is needed', async () => {
    await expect(minimise(() => ops.zeros(backend, []), [], {} as { method: Method })).rejects.toThrow("option 'method'");
  });
});
