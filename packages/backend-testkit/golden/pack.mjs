/**
 * Packs golden numbers that PyTorch made into `src/golden/vectors.ts`: the smaller cases of the ops that the kit knows, numbers as
 * float32 or int32 in base64. Run it again when the fixtures change: `node packages/backend-testkit/golden/pack.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const fixtures = new URL('../../tensor/test/fixtures/golden/', import.meta.url);
const target = new URL('../src/golden/vectors.ts', import.meta.url);

/** Ops by suite. */
const SUITES = {
  conv2d: ['conv2d'],
  conv_transpose2d: ['conv_transpose2d'],
  pools: ['max_pool2d', 'avg_pool2d', 'global_avg_pool2d', 'global_max_pool2d', 'adaptive_avg_pool2d'],
  norms: ['batch_norm', 'layer_norm', 'group_norm', 'instance_norm', 'local_response_norm'],
  activations: [
    ...['relu', 'leaky_relu', 'elu', 'selu', 'sigmoid', 'tanh', 'softplus', 'softsign', 'relu6', 'hardswish', 'hardsigmoid'],
    ...['silu', 'gelu', 'mish', 'softmax', 'log_softmax', 'prelu'],
  ],
  losses: ['cross_entropy'],
  tensor_ops: [
    ...['linear', 'matmul', 'add', 'sub', 'mul', 'div', 'reduce_sum', 'reduce_mean', 'reduce_max', 'reduce_var_unbiased'],
    ...['pad2d', 'resize2d', 'exp', 'log', 'sqrt', 'abs', 'square', 'reciprocal', 'transpose', 'concat', 'slice'],
  ],
  optimizers: ['sgd', 'adam', 'adamw', 'adadelta'],
};
/** Cases of more numbers than this are left out; those of convolutions, which have more attributes, may have more. */
const mostNumbers = suite => (suite === 'conv2d' ? 660 : 260);
/** For what they need that the ops under test do not have, or that is no matter of a backend. */
const LEFT_OUT = ['ce_class_weights', 'adam_amsgrad', 'bn2d_train_big_mean', 'ce_huge_logits', 'softmax_large_values'];
const STEPS = 3;

const vectors = Object.entries(SUITES).flatMap(([suite, ops]) =>
  JSON.parse(readFileSync(new URL(`${suite}.json`, fixtures), 'utf8'))
    .cases.filter(({ op, name }) => ops.includes(op) && !LEFT_OUT.includes(name))
    .flatMap(unrolled)
    .filter(
      ({ inputs, outputs, grads }) =>
        [inputs, outputs, grads].reduce((sum, tree) => sum + countIn(tree), 0) <= mostNumbers(suite),
    )
    .map(({ op, name, attrs, inputs, outputs, grad_outputs, grads }) => ({
      op,
      name,
      attrs,
      inputs: pack(inputs),
      outputs: pack(outputs),
      upstream: pack(grad_outputs ?? {}),
      gradients: pack(grads ?? {}),
    })),
);

const text = `/** Made by golden/pack.mjs: numbers that PyTorch 1.13 computed in float64 from a fixed seed, our own work. Do not edit. */
import type { GoldenVector } from './golden-case.js';

// biome-ignore format: data
export const vectors: readonly GoldenVector[] = [
${vectors.map(vector => `  ${JSON.stringify(vector)},`).join('\n')}
];
`;
writeFileSync(target, text);
console.log(`${vectors.length} cases, ${text.length} bytes`);

/** Batch normalisation and optimizers as cases of one step: what the fixtures have as a list of steps. */
function unrolled(testCase) {
  const { op, name, attrs, inputs, steps } = testCase;
  if (!steps) return [testCase];
  if (op === 'batch_norm') {
    const [step] = steps;
    const { y } = step.outputs;
    return [
      {
        op,
        name,
        attrs,
        inputs: { ...inputs, ...step.inputs },
        outputs: { y },
        grad_outputs: step.grad_outputs,
        grads: step.grads,
      },
    ];
  }
  // Each optimizer's first steps as one case: the gradients are inputs, so that only the step itself is under test.
  const some = steps.slice(0, STEPS);
  const gradients = Object.fromEntries(some.map(({ grad_w }, i) => [`gradient${i}`, grad_w]));
  const outputs = Object.fromEntries(some.map(({ w }, i) => [`w${i}`, w]));
  return [{ op, name, attrs, inputs: { w: inputs.w, ...gradients }, outputs }];
}

function countIn(tree = {}) {
  return Object.values(tree).reduce((sum, { data }) => sum + data.length, 0);
}

function pack(tree) {
  return Object.fromEntries(
    Object.entries(tree).map(([name, { shape, dtype, data }]) => {
      const array = dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
      return [name, [dtype === 'float32' ? 'float' : 'int32', shape, Buffer.from(array.buffer).toString('base64')]];
    }),
  );
}
