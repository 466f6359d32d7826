/**
 * The first test of the core: f(x) = exp(x) exp(x), written in every way in which a function can be written, has the
 * derivatives 2 exp(2x), 4 exp(2x) and 8 exp(2x).
 */
import { type CpuReference, cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import { apply, grad, type None, type Op, ops, type Tensor, type TypedArray, tidy, type View } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { dispose, expectClose, float64, testOnEach } from './helpers.js';

const { exp, mul, reshape, square, sum } = ops;
const at = [0.3, -0.7];

const one = (op: Op<None>, ...inputs: Tensor[]): Tensor => apply(op, inputs, {})[0]!;
const likeFirst = ([x]: readonly { shape: readonly number[]; dtype: Tensor['dtype'] }[]) => [x!];

const expSquared: Op<None> = {
  name: 'test/expSquared',
  infer: likeFirst,
  compose: ([x]) => {
    const y = exp(x!);
    return [mul(y, y)];
  },
};
const expProduct: Op<None> = { name: 'test/expProduct', infer: likeFirst, compose: ([a, b]) => [mul(exp(a!), exp(b!))] };
const withRule: Op<None> = {
  ...expSquared,
  name: 'test/withRule',
  vjp: ([dy], { outputs: [y] }) => [mul(mul(dy!, y!), 2)],
};

const forms: Record<string, (x: Tensor) => Tensor> = {
  primitives: x => mul(exp(x), exp(x)),
  'one value twice': x => {
    const y = exp(x);
    return mul(y, y);
  },
  'an op with a composition only': x => one(expSquared, x),
  'an op that is given one input twice': x => one(expProduct, x, x),
  'an op with a rule and a composition': x => one(withRule, x),
  'tidy inside': x =>
    tidy(() => {
      const y = tidy(() => exp(x));
      return mul(
        y,
        tidy(() => exp(x)),
      );
    }),
  'dispose inside': x => {
    const y = exp(x);
    const z = mul(y, y);
    y.dispose();
    return z;
  },
  'views inside': x => {
    const y = reshape(exp(reshape(x, [1, 2])), [2, 1]);
    return reshape(mul(y, y), [2]);
  },
  'a backward pass inside': x => mul(exp(x), grad(() => sum(exp(x)), [x]).grads[0]!),
};

/** The sum of the derivative of order n. */
const derivative = (f: (x: Tensor) => Tensor, x: Tensor, n: number): Tensor =>
  n === 0 ? sum(f(x)) : sum(grad(() => derivative(f, x, n - 1), [x]).grads[0]!);

for (const [label, f] of Object.entries(forms)) {
  testOnEach(`exp(x) exp(x) has its derivatives to third order: ${label}`, async backend => {
    const x = float64(backend, at);
    for (const order of [1, 2, 3]) {
      const result = grad(() => derivative(f, x, order - 1), [x]);
      expectClose(
        await result.grads[0]!.data(),
        at.map(v => 2 ** order * Math.exp(2 * v)),
      );
      expectClose(await result.loss.data(), [at.reduce((total, v) => total + 2 ** (order - 1) * Math.exp(2 * v), 0)]);
      dispose(result);
    }
    dispose(x);
  });
}

/** A backend with a fused kernel for one op, exp of the sum of its inputs. */
function withFusedKernel(name: string): { backend: CpuReference; runs: () => number } {
  let runs = 0;
  const backend = cpuReference({
    poison: true,
    kernels: ({ allocate }) => ({
      [name]: (inputs: readonly View<TypedArray>[]) => {
        runs++;
        const y = allocate(inputs[0]!);
        for (let i = 0; i < y.length; i++) y[i] = Math.exp(inputs.reduce((total, { buffer }) => total + buffer[i]!, 0));
        return [y];
      },
    }),
  });
  return { backend, runs: () => runs };
}

test('a fused kernel without a rule is differentiated through its composition, to third order', () => {
  const { backend, runs } = withFusedKernel('test/exp');
  const op: Op<None> = { name: 'test/exp', infer: likeFirst, compose: ([x]) => [exp(x!)] };
  const x = float64(backend, at);
  for (const order of [1, 2, 3]) {
    const result = grad(() => derivative(v => mul(one(op, v), one(op, v)), x, order - 1), [x]);
    expectClose(
      result.grads[0]!.dataSync(),
      at.map(v => 2 ** order * Math.exp(2 * v)),
    );
    dispose(result);
  }
  expect(runs()).toBe(6);
  dispose(x);
  expect(backend.live()).toBe(0);
});

test('a fused kernel that is given one input twice, to third order', () => {
  const { backend, runs } = withFusedKernel(expProduct.name);
  const x = float64(backend, at);
  for (const order of [1, 2, 3]) {
    const result = grad(() => derivative(v => one(expProduct, v, v), x, order - 1), [x]);
    expectClose(
      result.grads[0]!.dataSync(),
      at.map(v => 2 ** order * Math.exp(2 * v)),
    );
    dispose(result);
  }
  expect(runs()).toBe(3);
  dispose(x);
  expect(backend.live()).toBe(0);
});

/** Along x² y³ the mixed derivatives are 2x·3y² and, once more along x, 2·3y². */
testOnEach('mixed derivatives of two variables', async backend => {
  const [x, y] = [float64(backend, 1.5), float64(backend, -0.8)];
  const f = (): Tensor => mul(square(x), mul(square(y), y));
  const byX = (): Tensor => grad(f, [x]).grads[0]!;
  const byXY = (): Tensor => grad(byX, [y]).grads[0]!;
  const [xy, yx] = [grad(byX, [y]), grad(() => grad(f, [y]).grads[0]!, [x])];
  const xyx = grad(byXY, [x]);
  expectClose(await xy.grads[0]!.data(), [2 * 1.5 * 3 * 0.64]);
  expectClose(await yx.grads[0]!.data(), [2 * 1.5 * 3 * 0.64]);
  expectClose(await xyx.grads[0]!.data(), [2 * 3 * 0.64]);
  dispose(x, y, xy, yx, xyx);
});

testOnEach('the gradient of a gradient penalty through a convolution', async backend => {
  const pixels = spread(2 * 2 * 5 * 5);
  const weights = spread(3 * 2 * 3 * 3, 2);
  const x = float64(backend, pixels, [2, 2, 5, 5]);
  const objective = (w: Tensor): Tensor => {
    const inner = grad(() => {
      const y = ops.relu(ops.conv2d(x, w, undefined, { padding: 1 }));
      return sum(mul(mul(y, y), y));
    }, [x]);
    return ops.add(inner.loss, sum(square(inner.grads[0]!)));
  };
  const at = async (numbers: Float64Array): Promise<number> => {
    const w = float64(backend, numbers, [3, 2, 3, 3]);
    const y = tidy(() => objective(w));
    const [value] = await y.data();
    dispose(w, y);
    return value!;
  };
  const w = float64(backend, weights, [3, 2, 3, 3]);
  const result = grad(() => objective(w), [w]);
  const got = await result.grads[0]!.data();
  for (const k of [0, 7, 25, 53]) {
    const moved = (by: number): Float64Array => weights.map((v, i) => (i === k ? v + by : v));
    expectClose([got[k]!], [((await at(moved(1e-5))) - (await at(moved(-1e-5)))) / 2e-5], 1e-6);
  }
  dispose(result, x, w);
});
