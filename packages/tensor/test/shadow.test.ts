/** A backend under a shadow computes the same, and the first op that goes wrong is named. */
import { cpuReference } from '@cnn/backend-cpu';
import { type AnyBackend, apply, grad, type Kernel, type Op, ops, shadow, tensor, tidy, Variable, withLabel } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { dispose, valuesOf } from './helpers.js';
import { laterBackend } from './later-backend.js';

/** The backend, with one kernel whose outputs come out changed. */
function spoiled(op: string, change: (numbers: Float32Array) => void) {
  const whole = cpuReference({ poison: true, kernels: directKernels });
  const kernels: Record<string, unknown> = Object.assign(Object.create(null), whole.kernels);
  const right = kernels[op] as Kernel<unknown, unknown>;
  kernels[op] = (...call: Parameters<typeof right>) => {
    const made = right(...call);
    change(made![0] as Float32Array);
    return made;
  };
  return Object.assign(Object.create(whole), { name: 'spoiled', kernels }) as typeof whole;
}

describe('shadow', () => {
  test('lets a training step through as it is', () => {
    const inner = cpuReference({ poison: true, kernels: directKernels });
    const reference = cpuReference({ poison: true });
    const run = (backend: AnyBackend) => {
      const w = new Variable('w', tensor(backend, [0.5, -1, 2, 0.25, 1, -0.5, 3, 1, -2], { shape: [1, 1, 3, 3] }));
      const x = tensor(backend, [...Array(25).keys()], { shape: [1, 1, 5, 5] });
      const { loss, grads } = grad(() => ops.sum(ops.relu(ops.conv2d(x, w.value))), [w]);
      const numbers = [...loss.dataSync(), ...grads[0]!.dataSync()];
      dispose(loss, grads, x);
      w.dispose();
      return numbers;
    };
    expect(run(shadow(inner, reference))).toEqual(run(inner));
    expect([inner.live(), reference.live()]).toEqual([0, 0]);
  });

  test('names the op, its layer, the shapes and the place where numbers part', () => {
    const inner = spoiled('exp', numbers => {
      numbers[1]! += 0.01;
    });
    const backend = shadow(inner, cpuReference());
    const x = tensor(backend, [[0, 0, 0]]);
    expect(() => withLabel('block', () => withLabel('act', () => tidy(() => ops.exp(ops.mul(x, 2)))))).toThrow(
      "shadow: 'spoiled' and 'cpu:reference' part at exp in 'block.act' of float32 [1, 3]: output 0 is 1.0099999904632568 instead of 1 at 1 of float32 [1, 3]",
    );
    dispose(x);
    expect(inner.live()).toBe(0);
  });

  test('holds floats to the tolerance, relative to the largest, and NaN to NaN', () => {
    const off = (by: number) => spoiled('neg', numbers => void numbers.set([numbers[0]! + by]));
    const neg = (backend: AnyBackend) => valuesOf(() => ops.neg(tensor(backend, [1, 100, Number.NaN, Number.POSITIVE_INFINITY])));
    expect(neg(shadow(off(0.005), cpuReference()))[1]).toBe(-100);
    expect(() => neg(shadow(off(0.02), cpuReference()))).toThrow(/part at neg/);
    expect(() => neg(shadow(off(0.005), cpuReference(), { tolerance: 1e-5 }))).toThrow(/part at neg/);
    expect(() => neg(shadow(off(Number.NaN), cpuReference()))).toThrow(/is NaN instead of -1/);
  });

  test('checks a kernel of a plugin where the reference has one', () => {
    const double: Op<null> = { name: 'acme/double', infer: ([x]) => [x!], compose: ([x]) => [ops.add(x!, x!)] };
    const withKernel = (name: 'add' | 'mul'): AnyBackend => {
      const whole = cpuReference();
      const kernel: Kernel<never, null> = ([x], _, specs) => whole.kernels[name]([x!, x!], {}, specs, [false, false]) as never[];
      const kernels = Object.assign(Object.create(null), whole.kernels, { 'acme/double': kernel });
      return Object.assign(Object.create(whole), { kernels });
    };
    const run = (backend: AnyBackend) => valuesOf(() => apply(double, [tensor(backend, [3])], null)[0]!);
    expect(run(shadow(withKernel('mul'), cpuReference()))).toEqual([9]);
    expect(run(shadow(withKernel('add'), withKernel('add')))).toEqual([6]);
    expect(() => run(shadow(withKernel('mul'), withKernel('add')))).toThrow(/part at acme\/double/);
  });

  test('checks an asynchronous backend, and tells at the next read', async () => {
    const inner = laterBackend();
    const backend = shadow(inner, cpuReference());
    const [x, y] = [tensor(backend, [1, 2]), tensor(backend, [3, 4])];
    const sum = ops.add(x, y);
    expect([...(await sum.data())]).toEqual([4, 6]);
    const wrong = shadow(
      inner,
      spoiled('mul', numbers => void numbers.set([7])),
    );
    const z = ops.mul(tensor(wrong, [1, 2]), 1);
    await expect(z.data()).rejects.toThrow(/part at mul/);
    await wrong.flush();
    dispose(x, y, sum, z);
  });
});
