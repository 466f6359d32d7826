import { type AdadeltaStepAttrs, type AdamStepAttrs, BackendError, type SgdStepAttrs } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { cpu } from '../src/index.js';
import { backends, expectClose, f32, type Operand, random, run } from './wasm-helpers.js';

/** torch.optim.SGD's documented algorithm, in double. */
function sgd(p: number, v: number, g: number, { learningRate, momentum, dampening, nesterov, weightDecay, first }: SgdStepAttrs) {
  g += weightDecay * p;
  if (momentum !== 0) {
    v = first ? g : momentum * v + (1 - dampening) * g;
    g = nesterov ? g + momentum * v : v;
  }
  return { p: p - learningRate * g, v };
}

/** torch.optim.Adam's and AdamW's documented algorithm, in double. */
function adam(p: number, m: number, v: number, g: number, attrs: AdamStepAttrs) {
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = attrs;
  if (decoupled) p -= learningRate * weightDecay * p;
  else g += weightDecay * p;
  m = beta1 * m + (1 - beta1) * g;
  v = beta2 * v + (1 - beta2) * g * g;
  const corrected = m / (1 - beta1 ** step);
  return { p: p - (learningRate * corrected) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon), m, v };
}

/** torch.optim.Adadelta's documented algorithm, in double. */
function adadelta(p: number, s: number, d: number, g: number, { learningRate, rho, epsilon, weightDecay }: AdadeltaStepAttrs) {
  g += weightDecay * p;
  s = rho * s + (1 - rho) * g * g;
  const update = (Math.sqrt(d + epsilon) / Math.sqrt(s + epsilon)) * g;
  return { p: p - learningRate * update, s, d: rho * d + (1 - rho) * update * update };
}

const lengths = Array.from({ length: 18 }, (_, n) => n);

describe.each(backends)('optimizer steps, %s', (_, backend) => {
  test.each(lengths)('SGD on %i elements, in place and not', n => {
    const [p, v, g] = [1, 2, 3].map(seed => random([n], seed)) as [Operand, Operand, Operand];
    for (const momentum of [0, 0.9]) {
      for (const nesterov of momentum === 0 ? [false] : [false, true]) {
        for (const first of [false, true]) {
          const attrs = { learningRate: 0.1, momentum, dampening: nesterov ? 0 : 0.3, nesterov, weightDecay: 0.01, first };
          const expected = Array.from(p.data, (value, i) => sgd(value, v.data[i]!, g.data[i]!, attrs));
          const slots = momentum === 0 ? [p] : [p, v];
          for (const reuse of [false, true]) {
            const results = run(
              backend,
              'sgdStep',
              [...slots, g],
              attrs,
              slots,
              slots.map(() => reuse),
            );
            expectClose(
              results[0]!,
              expected.map(({ p }) => p),
              1e-6,
              1e-6,
            );
            if (momentum !== 0)
              expectClose(
                results[1]!,
                expected.map(({ v }) => v),
                1e-6,
                1e-6,
              );
          }
        }
      }
    }
  });

  test('the first step does not read the velocity', () => {
    const attrs = { learningRate: 1, momentum: 0.9, dampening: 0.5, nesterov: false, weightDecay: 0, first: true };
    const operands = [f32([5], new Float32Array(5)), f32([5], new Float32Array(5).fill(Number.NaN)), f32([5], [1, 2, 3, 4, 5])];
    const [p, v] = run(backend, 'sgdStep', operands, attrs, operands.slice(0, 2));
    expect([...p!]).toEqual([-1, -2, -3, -4, -5]);
    expect([...v!]).toEqual([1, 2, 3, 4, 5]);
  });

  test.each(lengths)('Adam on %i elements, in place and not', n => {
    const [p, m, g] = [1, 2, 3].map(seed => random([n], seed)) as [Operand, Operand, Operand];
    const v = f32([n], Float32Array.from(random([n], 4).data, Math.abs));
    for (const decoupled of [false, true]) {
      for (const step of [1, 2, 1000]) {
        const attrs = {
          learningRate: 0.01,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: step === 2 ? 0.1 : 1e-8,
          weightDecay: 0.1,
          decoupled,
          step,
        };
        const expected = Array.from(p.data, (value, i) => adam(value, m.data[i]!, v.data[i]!, g.data[i]!, attrs));
        for (const reuse of [false, true]) {
          const slots = [p, m, v];
          const results = run(backend, 'adamStep', [...slots, g], attrs, slots, [reuse, reuse, reuse]);
          expectClose(
            results[0]!,
            expected.map(({ p }) => p),
            1e-6,
            1e-6,
          );
          expectClose(
            results[1]!,
            expected.map(({ m }) => m),
            1e-6,
            1e-6,
          );
          expectClose(
            results[2]!,
            expected.map(({ v }) => v),
            1e-6,
            1e-6,
          );
        }
      }
    }
  });

  test.each(lengths)('Adadelta on %i elements, in place and not', n => {
    const [p, g] = [1, 3].map(seed => random([n], seed)) as [Operand, Operand];
    const [s, d] = [2, 4].map(seed => f32([n], Float32Array.from(random([n], seed).data, Math.abs))) as [Operand, Operand];
    for (const weightDecay of [0, 0.1]) {
      const attrs = { learningRate: 0.7, rho: 0.9, epsilon: 1e-6, weightDecay };
      const expected = Array.from(p.data, (value, i) => adadelta(value, s.data[i]!, d.data[i]!, g.data[i]!, attrs));
      for (const reuse of [false, true]) {
        const slots = [p, s, d];
        const results = run(backend, 'adadeltaStep', [...slots, g], attrs, slots, [reuse, reuse, reuse]);
        (['p', 's', 'd'] as const).forEach((name, i) => {
          const numbers = expected.map(values => values[name]);
          expectClose(results[i]!, numbers, 1e-6, 1e-6);
        });
      }
    }
  });
});

test('a step that runs out of memory has written nothing', async () => {
  let failing = false;
  const backend = await cpu({
    kernels: ({ memory }) => {
      const { allocate } = memory;
      memory.allocate = request => {
        if (failing) throw new BackendError('out of memory');
        return allocate.call(memory, request);
      };
      return {};
    },
  });
  const spec = { shape: [4], dtype: 'float32' } as const;
  const views = [1, 2, 3].map(value => ({ ...spec, buffer: backend.write(new Float32Array(4).fill(value), spec) }));
  const attrs = { learningRate: 1, momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0, first: false };
  failing = true;
  // The parameter may be overwritten, the velocity needs a new buffer.
  expect(() => backend.kernels.sgdStep!(views, attrs, [spec, spec], [true, false, false])).toThrow('out of memory');
  expect(views.map(({ buffer }) => backend.readSync!(buffer, spec)[0])).toEqual([1, 2, 3]);
  expect(backend.live()).toBe(3);
});
