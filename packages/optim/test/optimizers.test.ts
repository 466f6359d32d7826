import { cpu, cpuReference } from '@cnn/backend-cpu';
import { type AnyBackend, type DType, grad, ops, type Tensor, tensor, Variable } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  amsgrad,
  lars,
  lion,
  lookahead,
  nadam,
  type Optimizer,
  radam,
  rmsprop,
  sgd,
} from '../src/index.js';
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
  adagrad: adagrad({ learningRate: 0.1 }),
  adagrad_lr_decay: adagrad({ learningRate: 0.1, learningRateDecay: 0.05, initialSum: 0.1 }),
  rmsprop: rmsprop({ learningRate: 0.01 }),
  rmsprop_momentum: rmsprop({ learningRate: 0.01, alpha: 0.9, momentum: 0.9 }),
  rmsprop_centered: rmsprop({ learningRate: 0.01, alpha: 0.9, centered: true }),
  adam_amsgrad: amsgrad({ learningRate: 0.05, betas: [0.5, 0.9] }),
  adamax: adamax({ learningRate: 0.05 }),
  nadam: nadam({ learningRate: 0.05 }),
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

/** Gradients of three numbers in eight steps. */
const gradients = [
  [0.5, -1, 2],
  [0.3, 0.8, -1.5],
  [-0.2, 0.4, 0.1],
  [1, -0.6, 0.7],
  [-0.9, 0.2, 0.3],
  [0.6, 1.1, -0.8],
  [0.05, -0.3, 0.9],
  [-0.4, 0.7, -0.2],
];

// Computed with PyTorch 1.13 in float64; Lion with NumPy from program 1 of its paper, LARS from algorithm 1, lookahead from
// algorithm 1 around PyTorch's SGD.
test.each<readonly [string, Optimizer, readonly number[]]>([
  ['radam', radam({ learningRate: 0.1 }), [0.8398769271260197, -1.897175299085034, 0.20908803150995026]],
  [
    'radam with decay',
    radam({ learningRate: 0.1, betas: [0.9, 0.99], weightDecay: 0.05 }),
    [0.8093733774454385, -1.850359233482809, 0.1962792686568228],
  ],
  [
    'adagrad with decay',
    adagrad({ learningRate: 0.1, weightDecay: 0.05 }),
    [0.820050831704536, -2.001586252419868, 0.41697844740887735],
  ],
  [
    'rmsprop with all options',
    rmsprop({ learningRate: 0.1, alpha: 0.8, centered: true, momentum: 0.7, weightDecay: 0.05 }),
    [-0.4701919183324031, -1.8651878416249632, -0.15150944513695813],
  ],
  [
    'amsgrad with decay',
    amsgrad({ learningRate: 0.1, betas: [0.5, 0.6], weightDecay: 0.05 }),
    [0.6839759076251862, -2.0026210753100626, 0.359861877502189],
  ],
  [
    'adamax with decay',
    adamax({ learningRate: 0.1, betas: [0.8, 0.7], weightDecay: 0.05 }),
    [0.5663329327202339, -1.908292240748601, 0.23280509933111554],
  ],
  [
    'nadam with decay',
    nadam({ learningRate: 0.1, betas: [0.8, 0.9], weightDecay: 0.05, momentumDecay: 0.02 }),
    [0.7438101868078164, -2.033307504684508, 0.366182430098186],
  ],
  [
    'lion',
    lion({ learningRate: 0.1, betas: [0.8, 0.95], weightDecay: 0.05 }),
    [0.7666186407085493, -2.1193911861552395, 0.08628689516770904],
  ],
  [
    'lars',
    lars({ learningRate: 0.5, trustCoefficient: 0.02, weightDecay: 0.05 }),
    [0.9501728017782627, -2.0408488664808546, 0.38991363883843844],
  ],
  [
    'lookahead',
    lookahead({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), steps: 3, share: 0.4 }),
    [0.689345975, -2.18022189, 0.08697196999999994],
  ],
])('%s ends where it should', (name, optimizer, expected) => {
  const backend = cpuReference({ poison: true });
  const load64 = (numbers: readonly number[]): Tensor => tensor(backend, numbers, { dtype: 'float64' });
  const p = new Variable('p', load64([1, -2, 0.5]));
  const state = optimizer.init([p]);
  for (const numbers of gradients) {
    const gradient = load64(numbers);
    state.step([gradient]);
    gradient.dispose();
  }
  expectClose(p.value.dataSync(), expected, 'float64', name);
  for (const held of [p, state]) held.dispose();
  expect(backend.live()).toBe(0);
});

test('a steady or absent gradient makes no NaN', () => {
  const backend = cpuReference({ poison: true });
  for (const optimizer of [rmsprop({ centered: true, alpha: 0.9 }), lars(), adamax(), adagrad()]) {
    const p = new Variable('p', tensor(backend, [0, 1]));
    const zero = new Variable('zero', tensor(backend, [0]));
    const state = optimizer.init([p, zero]);
    for (let step = 0; step < 50; step++) state.step([tensor(backend, [0.1, 0]), tensor(backend, [0])]);
    expect([...p.value.dataSync(), ...zero.value.dataSync()].every(Number.isFinite), optimizer.type).toBe(true);
  }
});

test('every case is followed; those of L-BFGS in closures.test.ts', () => {
  const other = ['lbfgs', 'clip_norm', 'clip_value'];
  const names = [...cases.values()].filter(({ op }) => !other.includes(op)).map(({ name }) => name);
  expect(Object.keys(optimizers).sort()).toEqual(names.sort());
});
