/** Steps: the one way in which an input is overwritten. */
import { type CpuReference, cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import {
  apply,
  grad,
  ops,
  type SgdStepAttrs,
  ShapeError,
  step,
  type Tensor,
  tensor,
  tidy,
  UsageError,
  Variable,
} from '@cnn/tensor';
import { expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { dispose, expectClose, float64, testOnEach } from './helpers.js';

const { mul, reshape, sum } = ops;

const sgd = (learningRate: number, momentum = 0, first = false): SgdStepAttrs => ({
  learningRate,
  momentum,
  dampening: 0,
  nesterov: false,
  weightDecay: 0,
  first,
});

/** A reference backend that notes which inputs a step might overwrite. */
function watched(): { backend: CpuReference; reuse: () => readonly boolean[] } {
  let seen: readonly boolean[] = [];
  const backend = cpuReference({
    poison: true,
    kernels: runtime => {
      const kernels = directKernels(runtime);
      return {
        ...kernels,
        sgdStep: (inputs, attrs, outputs, reuse) => {
          seen = reuse;
          return kernels.sgdStep!(inputs, attrs, outputs, reuse);
        },
      };
    },
  });
  return { backend, reuse: () => seen };
}

testOnEach('a step moves the variable, and its slots', async backend => {
  const w = new Variable('w', float64(backend, [1, 2]));
  const velocity = new Variable('velocity', float64(backend, [0, 0]));
  const gradient = float64(backend, [1, -1]);
  step(ops.sgdStepOp, [w, velocity], [gradient], sgd(0.5, 0.9, true));
  expectClose(await w.value.data(), [0.5, 2.5]);
  expectClose(await velocity.value.data(), [1, -1]);
  step(ops.sgdStepOp, [w, velocity], [gradient], sgd(0.5, 0.9));
  expectClose(await velocity.value.data(), [1.9, -1.9]);
  expectClose(await w.value.data(), [0.5 - 0.95, 2.5 + 0.95]);
  dispose(gradient);
  w.dispose();
  velocity.dispose();
});

test('a step overwrites what nobody else keeps, and nothing else', () => {
  const { backend, reuse } = watched();
  const v = new Variable('w', float64(backend, [1, 2]));
  const gradient = float64(backend, [1, 1]);
  const made = backend.allocations();
  step(ops.sgdStepOp, [v], [gradient], sgd(0.5));
  expect(reuse()).toEqual([true, false]);
  expectClose(v.value.dataSync(), [0.5, 1.5]);
  expect(backend.allocations()).toBe(made);

  const view = reshape(v.value, [2, 1]);
  step(ops.sgdStepOp, [v], [gradient], sgd(0.5));
  expect(reuse()).toEqual([false, false]);
  expectClose(view.dataSync(), [0.5, 1.5]);
  expectClose(v.value.dataSync(), [0, 1]);
  view.dispose();

  dispose(apply(ops.sgdStepOp, [v.value, gradient], sgd(0.5))); // a plain apply never overwrites
  expect(reuse()).toEqual([false, false]);
  expectClose(v.value.dataSync(), [0, 1]);

  dispose(gradient);
  v.dispose();
  expect(backend.live()).toBe(0);
});

test('a variable that is also an input of its step is not overwritten', () => {
  const { backend, reuse } = watched();
  const v = new Variable('w', float64(backend, [1, 2]));
  step(ops.sgdStepOp, [v], [v.value], sgd(0.5)); // w - w / 2
  expect(reuse()).toEqual([false, false]);
  expectClose(v.value.dataSync(), [0.5, 1]);
  v.dispose();
  expect(backend.live()).toBe(0);
});

test('what an open tape holds is not overwritten, and a step can be differentiated', () => {
  const { backend, reuse } = watched();
  const v = new Variable('w', float64(backend, [1, 2]));
  const gradient = float64(backend, [1, 1]);
  const result = grad(() => {
    const [next] = apply(ops.sgdStepOp, [v.value, gradient], sgd(0.5)) as [Tensor];
    return sum(mul(next, next));
  }, [v, gradient]);
  expect(reuse()).toEqual([false, false]);
  expectClose(result.grads[0]!.dataSync(), [1, 3]); // 2 (w - g/2)
  expectClose(result.grads[1]!.dataSync(), [-0.5, -1.5]);
  dispose(result, gradient);
  v.dispose();
  expect(backend.live()).toBe(0);
});

test('a step that throws leaves every variable as it was', () => {
  const backend = cpuReference({
    kernels: {
      sgdStep: () => {
        throw new Error('step broke');
      },
    },
  });
  const v = new Variable('v', float64(backend, [1]));
  const gradient = float64(backend, [1]);
  expect(() => step(ops.sgdStepOp, [v], [gradient], sgd(1))).toThrow('step broke');
  expectClose(v.value.dataSync(), [1]);
  expect(backend.live()).toBe(2);
  dispose(gradient);
  v.dispose();
});

testOnEach('a step on the wrong inputs', backend => {
  const v = new Variable('w', float64(backend, [1, 2]));
  const velocity = new Variable('velocity', float64(backend, [0, 0, 0]));
  const gradient = float64(backend, [1, 1]);
  expect(() => step(ops.sgdStepOp, [v, v], [gradient], sgd(1, 0.9))).toThrow(
    new UsageError('sgdStep: a variable is named twice'),
  );
  expect(() => step(ops.sgdStepOp, [v, velocity], [gradient], sgd(1, 0.9))).toThrow(
    new ShapeError('sgdStep: the parameter is float64 [2], one of the others float64 [3]'),
  );
  expect(() => step(ops.sgdStepOp, [v], [gradient], sgd(1, 0.9))).toThrow(new ShapeError('sgdStep: 2 inputs; it takes 3'));
  expect(backend.live()).toBe(3);
  dispose(gradient);
  v.dispose();
  velocity.dispose();
});

for (const [label, kernels] of [
  ['compositions only', {}],
  ['fast kernels', directKernels],
] as const) {
  test(`1,000 training steps of a small CNN use the buffers of the first ones: ${label}`, () => {
    const backend = cpuReference({ poison: true, kernels });
    const n = 4;
    const variable = (name: string, shape: readonly number[], numbers: Float64Array): Variable =>
      new Variable(name, tensor(backend, numbers, { shape }));
    const parameters = [
      variable(
        'filters',
        [2, 1, 3, 3],
        spread(18, 1).map(v => v / 2),
      ),
      variable('gamma', [2], Float64Array.of(1, 1)),
      variable('beta', [2], new Float64Array(2)),
      variable(
        'linear',
        [2, 8],
        spread(16, 3).map(v => v / 5),
      ),
    ];
    const slots = parameters.map(({ name, value }) => new Variable(`${name}/velocity`, ops.zeros(backend, value.shape)));
    const running = variable('mean', [2], new Float64Array(2));

    // Vertical bars against horizontal ones.
    const pixels = spread(n * 36, 5);
    for (let image = 0; image < n; image++)
      for (let i = 0; i < 6; i++) pixels[image * 36 + (image % 2 ? i * 6 + 3 : 18 + i)]! += 2;
    const x = tensor(backend, pixels, { shape: [n, 1, 6, 6] });
    const labels = tensor(
      backend,
      Int32Array.from({ length: n }, (_, i) => i % 2),
      { dtype: 'int32' },
    );

    const train = (at: number): number =>
      tidy(() => {
        const [filters, gamma, beta, weight] = parameters.map(({ value }) => value) as [Tensor, Tensor, Tensor, Tensor];
        const { loss, grads, updates } = grad(({ update }) => {
          const { y, mean } = ops.batchNorm(ops.conv2d(x, filters), gamma, beta);
          update('mean', ops.add(mul(running.value, 0.9), mul(mean, 0.1)));
          const hidden = ops.dropout(ops.maxPool2d(ops.relu(y), 2), 0.2, [1, at]);
          return ops.softmaxCrossEntropy(ops.linear(ops.flatten(hidden), weight), labels);
        }, parameters);
        parameters.forEach((parameter, i) => {
          step(ops.sgdStepOp, [parameter, slots[i]!], [grads[i]!], sgd(0.02, 0.9, at === 0));
        });
        running.assign(updates.mean!);
        return loss.dataSync()[0]!;
      });

    const first = train(0);
    train(1);
    const counts = [backend.allocations(), backend.live()];
    let last = first;
    for (let at = 2; at < 1000; at++) {
      last = train(at);
      expect([backend.allocations(), backend.live()]).toEqual(counts);
    }
    expect(last).toBeLessThan(first / 5);
    expect(counts[1]).toBe(2 * parameters.length + 3);
    dispose(x, labels);
    for (const each of [...parameters, ...slots, running]) each.dispose();
    expect(backend.live()).toBe(0);
  });
}
