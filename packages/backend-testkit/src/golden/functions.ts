/** What PyTorch's ops are called here, with its names of attributes. */
import { type AdamStepAttrs, apply, ops, type Tensor } from '@cnn/tensor';

/** Attributes by PyTorch's names. */
export type Attrs = Readonly<Record<string, unknown>>;

type Inputs = Readonly<Record<string, Tensor>>;

/** How a packed case is run. */
export interface GoldenFunction {
  /** The function of `ops`, or the name of the step op. */
  readonly op: string;
  /** Gives the outputs in their order. */
  run(inputs: Inputs, attrs: Attrs): Tensor | readonly Tensor[];
}

const call = (op: string, run: GoldenFunction['run']): GoldenFunction => ({ op, run });
/** A function of x alone. */
const ofX = (op: string, run: (x: Tensor) => Tensor): GoldenFunction => call(op, ({ x }) => run(x!));

const number = (attrs: Attrs, name: string, byDefault = 0): number => Number(attrs[name] ?? byDefault);
const list = (attrs: Attrs, name: string): readonly number[] => attrs[name] as readonly number[];
const pair = (attrs: Attrs, name: string): [number, number] => attrs[name] as [number, number];

const window = (attrs: Attrs) => ({
  stride: list(attrs, 'stride'),
  padding: list(attrs, 'padding'),
  dilation: list(attrs, 'dilation'),
  groups: number(attrs, 'groups', 1),
});
const pool = (attrs: Attrs) => ({
  stride: list(attrs, 'stride'),
  padding: list(attrs, 'padding'),
  ceilMode: attrs.ceil_mode === true,
});
const norm = (attrs: Attrs) => ({ epsilon: number(attrs, 'eps', 1e-5) });
const reduction = (attrs: Attrs) => ({ keepDims: attrs.keepdims === true });

function batchNorm({ x, weight, bias, running_mean, running_var }: Inputs, attrs: Attrs): Tensor {
  const like = (value: number): Tensor => ops.fill(x!.backend, [x!.shape[1]!], value, x!.dtype);
  const [w, b] = [weight ?? like(1), bias ?? like(0)];
  if (attrs.training) return ops.batchNorm(x!, w, b, norm(attrs)).y;
  return ops.batchNormInference(x!, w, b, { mean: running_mean!, variance: running_var! }, norm(attrs));
}

function pad2d({ x }: Inputs, attrs: Attrs): Tensor {
  const [left, right, top, bottom] = list(attrs, 'left_right_top_bottom') as [number, number, number, number];
  const sides: [number, number][] = [
    [top, bottom],
    [left, right],
  ];
  return ops.pad(x!, sides, { mode: attrs.mode as ops.PadMode, value: number(attrs, 'value') });
}

function resize2d({ x }: Inputs, attrs: Attrs): Tensor {
  const scaled = x!.shape.slice(2).map(n => n * number(attrs, 'scale_factor'));
  const size = attrs.scale_factor === undefined ? pair(attrs, 'size') : (scaled as [number, number]);
  return ops.resize(x!, size, { mode: attrs.mode as 'nearest' | 'bilinear', alignCorners: attrs.align_corners === true });
}

/** The parameter after each step, for the given gradients; the slots begin as zeros. */
function steps(
  { w, ...gradients }: Inputs,
  slots: number,
  step: (inputs: Tensor[], i: number) => readonly Tensor[],
): readonly Tensor[] {
  let state: readonly Tensor[] = [w!, ...Array.from({ length: slots }, () => ops.fillLike(w!, 0))];
  return Object.values(gradients).map((gradient, i) => {
    state = step([...state, gradient], i);
    return state[0]!;
  });
}

function sgd(inputs: Inputs, attrs: Attrs): readonly Tensor[] {
  const momentum = number(attrs, 'momentum');
  return steps(inputs, momentum === 0 ? 0 : 1, (state, i) =>
    apply(ops.sgdStepOp, state, {
      learningRate: number(attrs, 'lr'),
      momentum,
      dampening: number(attrs, 'dampening'),
      nesterov: attrs.nesterov === true,
      weightDecay: number(attrs, 'weight_decay'),
      first: i === 0,
    }),
  );
}

const adam =
  (decoupled: boolean) =>
  (inputs: Inputs, attrs: Attrs): readonly Tensor[] => {
    const [beta1, beta2] = pair(attrs, 'betas');
    const shared: Omit<AdamStepAttrs, 'step'> = {
      learningRate: number(attrs, 'lr'),
      beta1,
      beta2,
      epsilon: number(attrs, 'eps'),
      weightDecay: number(attrs, 'weight_decay'),
      decoupled,
    };
    return steps(inputs, 2, (state, i) => apply(ops.adamStepOp, state, { ...shared, step: i + 1 }));
  };

const adadelta = (inputs: Inputs, attrs: Attrs): readonly Tensor[] =>
  steps(inputs, 2, state =>
    apply(ops.adadeltaStepOp, state, {
      learningRate: number(attrs, 'lr'),
      rho: number(attrs, 'rho'),
      epsilon: number(attrs, 'eps'),
      weightDecay: number(attrs, 'weight_decay'),
    }),
  );

/** By PyTorch's name. */
export const functions: Readonly<Record<string, GoldenFunction>> = {
  conv2d: call('conv2d', ({ x, weight, bias }, attrs) => ops.conv2d(x!, weight!, bias, window(attrs))),
  conv_transpose2d: call('convTranspose2d', ({ x, weight, bias }, attrs) =>
    ops.convTranspose2d(x!, weight!, bias, { ...window(attrs), outputPadding: list(attrs, 'output_padding') }),
  ),
  max_pool2d: call('maxPool2dWithIndices', ({ x }, attrs) => {
    const options = { ...pool(attrs), dilation: list(attrs, 'dilation') };
    const { values, indices } = ops.maxPool2dWithIndices(x!, list(attrs, 'kernel'), options);
    return [values, indices];
  }),
  avg_pool2d: call('avgPool2d', ({ x }, attrs) =>
    ops.avgPool2d(x!, list(attrs, 'kernel'), { ...pool(attrs), countIncludePad: attrs.count_include_pad === true }),
  ),
  global_avg_pool2d: ofX('globalAvgPool2d', ops.globalAvgPool2d),
  global_max_pool2d: ofX('globalMaxPool2d', ops.globalMaxPool2d),
  adaptive_avg_pool2d: call('adaptiveAvgPool2d', ({ x }, attrs) => ops.adaptiveAvgPool2d(x!, pair(attrs, 'output_size'))),
  batch_norm: call('batchNorm', batchNorm),
  layer_norm: call('layerNorm', ({ x, weight, bias }, attrs) =>
    ops.layerNorm(x!, list(attrs, 'normalized_shape'), weight, bias, norm(attrs)),
  ),
  group_norm: call('groupNorm', ({ x, weight, bias }, attrs) =>
    ops.groupNorm(x!, number(attrs, 'groups'), weight, bias, norm(attrs)),
  ),
  instance_norm: call('instanceNorm', ({ x, weight, bias }, attrs) => ops.instanceNorm(x!, weight, bias, norm(attrs))),
  local_response_norm: call('localResponseNorm', ({ x }, attrs) =>
    ops.localResponseNorm(x!, {
      size: number(attrs, 'size'),
      alpha: number(attrs, 'alpha'),
      beta: number(attrs, 'beta'),
      k: number(attrs, 'k'),
    }),
  ),
  relu: ofX('relu', ops.relu),
  leaky_relu: call('leakyRelu', ({ x }, attrs) => ops.leakyRelu(x!, number(attrs, 'alpha'))),
  elu: call('elu', ({ x }, attrs) => ops.elu(x!, number(attrs, 'alpha'))),
  selu: ofX('selu', ops.selu),
  sigmoid: ofX('sigmoid', ops.sigmoid),
  tanh: ofX('tanh', ops.tanh),
  softplus: call('softplus', ({ x }, attrs) => {
    const beta = number(attrs, 'beta');
    return ops.div(ops.softplus(ops.mul(x!, beta)), beta);
  }),
  softsign: ofX('softsign', ops.softsign),
  relu6: ofX('relu6', ops.relu6),
  hardswish: ofX('hardSwish', ops.hardSwish),
  hardsigmoid: ofX('hardSigmoid', ops.hardSigmoid),
  silu: ofX('silu', ops.silu),
  gelu: call('gelu', ({ x }, attrs) => ops.gelu(x!, { approximate: attrs.approximate as 'none' | 'tanh' })),
  mish: ofX('mish', ops.mish),
  softmax: call('softmax', ({ x }, attrs) => ops.softmax(x!, number(attrs, 'axis'))),
  log_softmax: call('logSoftmax', ({ x }, attrs) => ops.logSoftmax(x!, number(attrs, 'axis'))),
  prelu: call('prelu', ({ x, weight }) => ops.prelu(x!, weight!)),
  cross_entropy: call('softmaxCrossEntropy', ({ x, target }, attrs) =>
    ops.softmaxCrossEntropy(x!, target!, {
      labelSmoothing: number(attrs, 'label_smoothing'),
      reduction: attrs.reduction as ops.Reduction,
    }),
  ),
  linear: call('linear', ({ x, weight, bias }) => ops.linear(x!, weight!, bias)),
  matmul: call('matmul', ({ a, b }) => ops.matmul(a!, b!)),
  add: call('add', ({ a, b }) => ops.add(a!, b!)),
  sub: call('sub', ({ a, b }) => ops.sub(a!, b!)),
  mul: call('mul', ({ a, b }) => ops.mul(a!, b!)),
  div: call('div', ({ a, b }) => ops.div(a!, b!)),
  reduce_sum: call('sum', ({ x }, attrs) => ops.sum(x!, list(attrs, 'axes'), reduction(attrs))),
  reduce_mean: call('mean', ({ x }, attrs) => ops.mean(x!, list(attrs, 'axes'), reduction(attrs))),
  reduce_max: call('max', ({ x }, attrs) => ops.max(x!, list(attrs, 'axes'), reduction(attrs))),
  reduce_var_unbiased: call('variance', ({ x }, attrs) => ops.variance(x!, list(attrs, 'axes'), reduction(attrs))),
  pad2d: call('pad', pad2d),
  resize2d: call('resize', resize2d),
  exp: ofX('exp', ops.exp),
  log: ofX('log', ops.log),
  sqrt: ofX('sqrt', ops.sqrt),
  abs: ofX('abs', ops.abs),
  square: ofX('square', ops.square),
  reciprocal: ofX('reciprocal', ops.reciprocal),
  transpose: call('permute', ({ x }, attrs) => ops.permute(x!, list(attrs, 'perm'))),
  concat: call('concat', (inputs, attrs) => ops.concat(Object.values(inputs), number(attrs, 'axis'))),
  slice: call('slice', ({ x }, attrs) => ops.slice(x!, attrs.slices as [number, number, number][])),
  sgd: call('sgdStep', sgd),
  adam: call('adamStep', adam(false)),
  adamw: call('adamStep', adam(true)),
  adadelta: call('adadeltaStep', adadelta),
};
