import { cpu, cpuReference } from '@cnn/backend-cpu';
import { type AnyBackend, type DType, grad, ops, type Tensor, tensor, Variable } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { adadelta, adam, adamW, type Optimizer, sgd } from '../src/index.js';
import { expectClose, type GoldenCase, type GoldenTensor, goldenCases } from './golden.js';

const cases = goldenCases('optimizers');
const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1 }),
  sgd_weight_decay: sgd({ learningRate: 0.1, weightDecay: 0.05 }),
  sgd_momentum: sgd({ learningRate: 0.05, momentum: 0.9 }),
  sgd_momentum_dampening: sgd({ learningRate: 0.05, momentum: 0.9, dampening: 0.1 }),
  sgd_nesterov: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  sgd_nesterov_weight_decay: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adam: adam({ learningRate: 0.05 }),
  adam_weight_decay_l2: adam({ learningRate: 0.05, betas: [0.9, 0.99], weightDecay: 0.1 }),
  adamw: adamW({ learningRate: 0.05, weightDecay: 0.1 }),
  adadelta: adadelta(),
  adadelta_rho95: adadelta({ learningRate: 0.5, rho: 0.95 }),
};

const load = (backend: AnyBackend, { shape, data }: GoldenTensor, dtype: DType): Tensor =>
  tensor(backend, Float64Array.from(data), { shape, dtype });

/** PyTorch's ten steps on loss = mean((tanh(X wᵀ + b) - Y)²). */
async function follow(backend: AnyBackend, dtype: DType, optimizer: Optimizer, { inputs, steps }: GoldenCase): Promise<void> {
  const x = load(backend, inputs.X!, dtype);
  const y = load(backend, inputs.Y!, dtype);
  const w = new Variable('w', load(backend, inputs.w!, dtype));
  const b = new Variable('b', load(backend, inputs.b!, dtype));
  const state = optimizer.init([w, b]);
  for (const [i, expected] of steps.entries()) {
    const { loss, grads } = grad(() => {
      const output = ops.tanh(ops.linear(x, w.value, b.value));
      return ops.mean(ops.square(ops.sub(output, y)));
    }, [w, b]);
    state.step(grads);
    expectClose(await loss.data(), [expected.loss_before!], dtype, `step ${i} loss`);
    expectClose(await grads[0]!.data(), expected.grad_w!.data, dtype, `step ${i} grad_w`);
    expectClose(await grads[1]!.data(), expected.grad_b!.data, dtype, `step ${i} grad_b`);
    expectClose(await w.value.data(), expected.w!.data, dtype, `step ${i} w`);
    expectClose(await b.value.data(), expected.b!.data, dtype, `step ${i} b`);
    for (const made of [loss, ...grads]) made.dispose();
  }
  for (const held of [x, y, w, b, state]) held.dispose();
}

describe.each([
  { name: 'the reference in float64', dtype: 'float64', open: async () => cpuReference({ poison: true }) },
  { name: 'the reference in float32', dtype: 'float32', open: async () => cpuReference({ poison: true }) },
  { name: 'the fused kernels in float32', dtype: 'float32', open: () => cpu({ poison: true }) },
] as const)('on $name', ({ dtype, open }) => {
  test.each(Object.keys(optimizers))('%s takes the ten steps of PyTorch', async name => {
    const backend = await open();
    await follow(backend, dtype, optimizers[name]!, cases.get(name)!);
    expect(backend.live()).toBe(0);
    await backend.dispose();
  });
});

test.each([
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.2, weightDecay: 0.03 }),
  sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.03 }),
  adam({ learningRate: 0.01, betas: [0.8, 0.95], weightDecay: 0.03 }),
  adamW({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.3 }),
  adadelta({ learningRate: 0.5, rho: 0.8, weightDecay: 0.03 }),
])('the fused kernel of %s agrees with the composition on sizes that do not divide by a vector', async optimizer => {
  const fused = await cpu({ poison: true });
  for (const size of [0, 1, 3, 5, 1003]) {
    const run = (backend: AnyBackend): ArrayLike<number>[] => {
      const w = new Variable(
        'w',
        tensor(
          backend,
          Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
        ),
      );
      const state = optimizer.init([w]);
      for (let step = 0; step < 4; step++) {
        state.step([
          tensor(
            backend,
            Float32Array.from({ length: size }, (_, i) => Math.cos(i * (step + 2))),
          ),
        ]);
      }
      return [w, ...state.slots].map(({ value }) => value.dataSync());
    };
    const composed = run(cpuReference());
    run(fused).forEach((numbers, i) => {
      expectClose(numbers, Array.from(composed[i]!), 'float32', `${size} numbers, tensor ${i}`);
    });
  }
});

test('every case of the optimizers that there are is followed', () => {
  const kinds = ['sgd', 'adam', 'adamw', 'adadelta'];
  const names = [...cases.values()]
    .filter(({ op, attrs }) => kinds.includes(op) && attrs.amsgrad !== true)
    .map(({ name }) => name);
  expect(Object.keys(optimizers).sort()).toEqual(names.sort());
});
