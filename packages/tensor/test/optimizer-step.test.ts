/** The steps of the optimizers: their compositions against the update rules written out in loops. The golden runs are in @cnn/optim. */
import { cpuReference } from '@cnn/backend-cpu';
import { positive, spread } from '@cnn/backend-testkit';
import { type AdadeltaStepAttrs, type AdamStepAttrs, apply, ops, type SgdStepAttrs, tidy } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { expectClose, float64 } from './helpers.js';

const sgd: Record<string, Partial<SgdStepAttrs>> = {
  plain: {},
  'weight decay': { weightDecay: 0.1 },
  momentum: { momentum: 0.9 },
  'momentum and dampening': { momentum: 0.9, dampening: 0.3 },
  'the first step is not dampened': { momentum: 0.9, dampening: 0.3, first: true },
  Nesterov: { momentum: 0.8, nesterov: true, weightDecay: 0.2 },
  'the first step of Nesterov': { momentum: 0.8, nesterov: true, first: true },
};
const adam: Record<string, Partial<AdamStepAttrs>> = {
  'the first step': {},
  'a later step': { step: 7 },
  'weight decay': { weightDecay: 0.1, step: 2 },
  'decoupled weight decay': { weightDecay: 0.1, decoupled: true, step: 2 },
};
const adadelta: Record<string, Partial<AdadeltaStepAttrs>> = {
  plain: {},
  'weight decay': { weightDecay: 0.1, rho: 0.8 },
  'nothing remembered': { rho: 0 },
};

/** The same inputs on a backend with the loops and on one without. */
function both(run: (backend: ReturnType<typeof cpuReference>) => Float64Array[]): [Float64Array[], Float64Array[]] {
  const backends = [cpuReference({ poison: true }), cpuReference({ poison: true, kernels: directKernels })];
  const results = backends.map(run) as [Float64Array[], Float64Array[]];
  for (const backend of backends) expect(backend.live()).toBe(0);
  return results;
}

test.each(Object.entries(sgd))('sgdStep: %s', (_, options) => {
  const attrs = { learningRate: 0.05, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: false, ...options };
  const [composed, looped] = both(backend =>
    tidy(() => {
      const [parameter, velocity, gradient] = [1, 2, 3].map(seed => float64(backend, spread(6, seed), [2, 3]));
      const inputs = attrs.momentum === 0 ? [parameter!, gradient!] : [parameter!, velocity!, gradient!];
      return apply(ops.sgdStepOp, inputs, attrs).map(y => y.dataSync() as Float64Array);
    }),
  );
  expect(composed).toHaveLength(attrs.momentum === 0 ? 1 : 2);
  composed.forEach((numbers, i) => {
    expectClose(numbers, looped[i]!, 1e-14);
  });
});

test.each(Object.entries(adam))('adamStep: %s', (_, options) => {
  const attrs = {
    learningRate: 0.05,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    decoupled: false,
    step: 1,
    ...options,
  };
  const [composed, looped] = both(backend =>
    tidy(() => {
      const [parameter, first, gradient] = [1, 2, 3].map(seed => float64(backend, spread(6, seed), [2, 3]));
      const second = float64(backend, positive(6, 4), [2, 3]);
      return apply(ops.adamStepOp, [parameter!, first!, second, gradient!], attrs).map(y => y.dataSync() as Float64Array);
    }),
  );
  expect(composed).toHaveLength(3);
  composed.forEach((numbers, i) => {
    expectClose(numbers, looped[i]!, 1e-14);
  });
});

test.each(Object.entries(adadelta))('adadeltaStep: %s', (_, options) => {
  const attrs = { learningRate: 0.5, rho: 0.95, epsilon: 1e-6, weightDecay: 0, ...options };
  const [composed, looped] = both(backend =>
    tidy(() => {
      const [parameter, gradient] = [1, 3].map(seed => float64(backend, spread(6, seed), [2, 3]));
      const [squares, updates] = [2, 4].map(seed => float64(backend, positive(6, seed), [2, 3]));
      return apply(ops.adadeltaStepOp, [parameter!, squares!, updates!, gradient!], attrs).map(y => y.dataSync() as Float64Array);
    }),
  );
  expect(composed).toHaveLength(3);
  composed.forEach((numbers, i) => {
    expectClose(numbers, looped[i]!, 1e-14);
  });
});

test('the first step of Adam moves each parameter by the learning rate, against the sign of its gradient', () => {
  // Kingma and Ba (2014), section 2.1: the size of a step does not depend on the size of the gradient.
  const backend = cpuReference({ poison: true });
  const moved = tidy(() => {
    const [parameter, gradient] = [float64(backend, [1, 2, 3]), float64(backend, [0.001, -5, 1000])];
    const attrs = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0, decoupled: false, step: 1 };
    const zeros = ops.zeros(backend, [3], 'float64');
    return apply(ops.adamStepOp, [parameter, zeros, zeros, gradient], attrs)[0]!.dataSync();
  });
  expectClose(moved, [0.9, 2.1, 2.9], 1e-12);
});
