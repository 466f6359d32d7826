import {
  avgPool2d,
  conv2d,
  flatten,
  type Graph,
  initialise,
  type Layer,
  linear,
  maxPool2d,
  type Net,
  relu,
  sequential,
  tanh,
} from '@cnn/layers';
import type { OptimizerState } from '@cnn/optim';
import { grad, ops, type Tensor, UsageError } from '@cnn/tensor';
import type { GoldenTree } from '../format.js';
import { type Check, checksOf, type GoldenOp, type GoldenOps } from '../golden-op.js';
import { optimizerOf } from './optimizers.js';

/** A layer as the files describe it, in words, and its name. Its sizes are those of the weight of that name. */
function layerOf(words: string, weights: Readonly<Record<string, Tensor>>): readonly [string | undefined, Layer] {
  const sizes = (text: string): number[] => text.split('x').map(Number);
  const found = /^(\w+)(?: (\d+x\d+))?(?: (?:pad|stride) (\d+))?/.exec(words);
  const [, name = '', size = '', number = '0'] = found ?? [];
  const weight = weights[`${name}.weight`];
  const filters = weight?.shape[0] ?? 0;
  if (name.startsWith('conv')) return [name, conv2d({ filters, kernelSize: sizes(size), padding: Number(number) })];
  if (name.startsWith('fc')) return [name, linear({ units: filters })];
  if (name === 'avg_pool2d') return [undefined, avgPool2d({ kernelSize: sizes(size), stride: Number(number) })];
  if (name === 'max_pool2d') return [undefined, maxPool2d({ kernelSize: sizes(size), stride: Number(number) })];
  if (name === 'flatten') return [undefined, flatten()];
  if (name === 'tanh') return [undefined, tanh()];
  if (name === 'relu') return [undefined, relu()];
  throw new UsageError(`no layer is described by '${words}'`);
}

const modelOf = (descriptions: readonly string[], weights: Readonly<Record<string, Tensor>>): Graph =>
  sequential(
    Object.fromEntries(
      descriptions.map((words, i) => {
        const [name = `layer${i}`, layer] = layerOf(words, weights);
        return [name, layer];
      }),
    ),
  );

/** Training from given weights on given data, all of it as `cnn train` does it. */
const train: GoldenOp = ({ attrs, inputs, outputs, steps }, { backend, dtype, load }) => {
  const optimizer = optimizerOf(attrs.text('optimizer'), attrs);
  if ('skip' in optimizer) return optimizer;
  const { X: x, target, ...weights } = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, load(value)]));
  const batch = attrs.number('batch');
  const net = initialise(modelOf(attrs.texts('net'), weights), { backend, input: x!.shape.slice(1), dtype });
  const state = optimizer.init(net.parameters);
  try {
    for (const [name, weight] of Object.entries(weights)) net.variable(name).assign(weight);
    const initial = net.apply(x!);
    const checks = steps.flatMap((expected, step) => {
      const start = (step * batch) % x!.shape[0]!;
      const range = [[start, start + batch]] as const;
      return trainStep(net, state, ops.slice(x!, range), ops.slice(target!, range), expected, `steps[${step}]`);
    });
    const final = Object.fromEntries(net.parameters.map(({ name, value }) => [`final_${name}`, ops.mul(value, 1)]));
    return [...checks, ...checksOf('outputs', { initial_logits: initial, final_logits: net.apply(x!), ...final }, outputs)];
  } finally {
    state.dispose();
    net.dispose();
  }
};

const normOf = (x: Tensor): Tensor => ops.sqrt(ops.sum(ops.square(x)));

function trainStep(net: Net, state: OptimizerState, x: Tensor, target: Tensor, expected: GoldenTree, place: string): Check[] {
  const { loss, grads } = grad(() => ops.softmaxCrossEntropy(net.apply(x, { training: true }), target), net.parameters);
  state.step(grads);
  const {
    grads: expectedGrads = {},
    grad_norms: gradNorms = {},
    param_norms: paramNorms = {},
    ...rest
  } = expected as Readonly<Record<string, GoldenTree>>;
  const byName = (make: (i: number) => Tensor) => Object.fromEntries(net.parameters.map(({ name }, i) => [name, make(i)]));
  return [
    ...checksOf(place, { loss_before: loss }, rest),
    ...checksOf(
      `${place}.grads`,
      byName(i => grads[i]!),
      expectedGrads,
    ),
    ...checksOf(
      `${place}.grad_norms`,
      byName(i => normOf(grads[i]!)),
      gradNorms,
    ),
    ...checksOf(
      `${place}.param_norms`,
      byName(i => normOf(net.parameters[i]!.value)),
      paramNorms,
    ),
  ];
}

/** Networks in training: losses, gradients and norms of every step, and the weights and logits at the end. */
export const lenet: GoldenOps = { train };
