import { batchNorm, initialise, type Net } from '@cnn/layers';
import { grad, ops } from '@cnn/tensor';
import type { Attrs, GoldenTree } from '../format.js';
import { type Check, checksOf, type GoldenContext, type GoldenOp, type GoldenOps, operator, weightedSum } from '../golden-op.js';

const epsilonOf = (attrs: Attrs) => ({ epsilon: attrs.number('eps') });

/** Golden names of the layer's variables. */
const variables = { weight: '0.weight', bias: '0.bias', running_mean: '0.runningMean', running_var: '0.runningVar' };

/** The layer, step after step with its running statistics. */
const batchNormSteps: GoldenOp = ({ attrs, inputs, steps }, context) => {
  const layer = batchNorm({ epsilon: attrs.number('eps'), momentum: attrs.number('momentum'), affine: attrs.boolean('affine') });
  const channels = context.load(inputs.running_mean).shape;
  const first = context.load((steps[0]?.inputs as GoldenTree | undefined)?.x);
  const net = initialise(layer, {
    backend: context.backend,
    input: [...channels, ...first.shape.slice(2)],
    dtype: context.dtype,
  });
  try {
    for (const [name, value] of Object.entries(inputs))
      net.variable(variables[name as keyof typeof variables]).assign(context.load(value));
    return steps.flatMap((step, i) => batchNormStep(net, attrs.boolean('training'), step, `steps[${i}]`, context));
  } finally {
    net.dispose();
  }
};

function batchNormStep(net: Net, training: boolean, step: GoldenTree, place: string, { load }: GoldenContext): Check[] {
  const { inputs, outputs, grad_outputs, grads: expectedGrads } = step as Readonly<Record<string, GoldenTree>>;
  const x = load(inputs!.x);
  const dy = load(grad_outputs!.y);
  const wanted = Object.keys(expectedGrads!);
  const { aux, grads, updates } = grad(
    ({ update }) => {
      const y = net.apply(x, { training, update });
      return { loss: weightedSum({ y }, { y: dy }), y };
    },
    wanted.map(name => (name === 'x' ? x : net.variable(variables[name as keyof typeof variables]))),
  );
  net.commit(updates);
  // A copy, since the next step replaces the variables' tensors.
  const now = (name: string) => ops.mul(net.variable(name).value, 1);
  const statistics = { running_mean: now(variables.running_mean), running_var: now(variables.running_var) };
  return [
    ...checksOf(`${place}.outputs`, { y: aux.y, ...statistics }, outputs!),
    ...checksOf(`${place}.grads`, Object.fromEntries(wanted.map((name, i) => [name, grads[i]!])), expectedGrads!),
  ];
}

/** Normalisations. Batch normalisation runs as the layer, since the running statistics are the layer's. */
export const norms: GoldenOps = {
  batch_norm: batchNormSteps,
  layer_norm: operator(({ x, weight, bias }, attrs) =>
    ops.layerNorm(x!, attrs.numbers('normalized_shape'), weight, bias, epsilonOf(attrs)),
  ),
  group_norm: operator(({ x, weight, bias }, attrs) => ops.groupNorm(x!, attrs.number('groups'), weight, bias, epsilonOf(attrs))),
  instance_norm: operator(({ x, weight, bias }, attrs) => ops.instanceNorm(x!, weight, bias, epsilonOf(attrs))),
  local_response_norm: operator(({ x }, attrs) =>
    ops.localResponseNorm(x!, {
      size: attrs.number('size'),
      alpha: attrs.number('alpha'),
      beta: attrs.number('beta'),
      k: attrs.number('k'),
    }),
  ),
};
