import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  amsgrad,
  clipByGlobalNorm,
  clipByValue,
  lbfgs,
  nadam,
  type Optimizer,
  rmsprop,
  sgd,
} from '@cnn/optim';
import { grad, ops, type Tensor, Variable } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { type Check, checksOf, type GoldenOp, type GoldenOps, type Skip, type WaitingGoldenOp } from '../golden-op.js';

const adamConfig = (attrs: Attrs) => ({
  learningRate: attrs.number('lr'),
  betas: attrs.numbers('betas', 2) as [number, number],
  epsilon: attrs.number('eps'),
  weightDecay: attrs.number('weight_decay', 0),
});

/** The optimizer that a case describes. */
export function optimizerOf(name: string, attrs: Attrs): Optimizer | Skip {
  switch (name) {
    case 'sgd':
      return sgd({
        learningRate: attrs.number('lr'),
        momentum: attrs.number('momentum', 0),
        dampening: attrs.number('dampening', 0),
        nesterov: attrs.boolean('nesterov', false),
        weightDecay: attrs.number('weight_decay', 0),
      });
    case 'adam':
      return (attrs.boolean('amsgrad', false) ? amsgrad : adam)(adamConfig(attrs));
    case 'adamw':
      return adamW(adamConfig(attrs));
    case 'adamax':
      return adamax(adamConfig(attrs));
    case 'nadam':
      return nadam({ ...adamConfig(attrs), momentumDecay: attrs.number('momentum_decay') });
    case 'adagrad':
      return adagrad({
        learningRate: attrs.number('lr'),
        learningRateDecay: attrs.number('lr_decay', 0),
        initialSum: attrs.number('initial_accumulator_value', 0),
        epsilon: attrs.number('eps'),
        weightDecay: attrs.number('weight_decay', 0),
      });
    case 'rmsprop':
      return rmsprop({
        learningRate: attrs.number('lr'),
        alpha: attrs.number('alpha'),
        epsilon: attrs.number('eps'),
        centered: attrs.boolean('centered', false),
        momentum: attrs.number('momentum', 0),
        weightDecay: attrs.number('weight_decay', 0),
      });
    case 'adadelta':
      return adadelta({
        learningRate: attrs.number('lr'),
        rho: attrs.number('rho'),
        epsilon: attrs.number('eps'),
        weightDecay: attrs.number('weight_decay', 0),
      });
    default:
      return { skip: `${name}: not in this release` };
  }
}

/** mean((tanh(X wᵀ + b) - Y)²). */
const lossOf = (x: Tensor, y: Tensor, w: Variable, b: Variable): Tensor =>
  ops.mean(ops.square(ops.sub(ops.tanh(ops.linear(x, w.value, b.value)), y)));

/** The steps of an optimizer. */
const fit: GoldenOp = ({ op, attrs, inputs, steps }, { load }) => {
  const optimizer = optimizerOf(op, attrs);
  if ('skip' in optimizer) return optimizer;
  const [x, y] = [load(inputs.X), load(inputs.Y)];
  const [w, b] = [new Variable('w', load(inputs.w)), new Variable('b', load(inputs.b))];
  const state = optimizer.init([w, b]);
  try {
    return steps.flatMap((expected, i) => {
      const { loss, grads } = grad(() => lossOf(x, y, w, b), [w, b]);
      state.step(grads);
      // Copies, so that the next step may overwrite the variables.
      const results = {
        loss_before: loss,
        grad_w: grads[0]!,
        grad_b: grads[1]!,
        w: ops.mul(w.value, 1),
        b: ops.mul(b.value, 1),
      };
      return checksOf(`steps[${i}]`, results, expected);
    });
  } finally {
    for (const held of [w, b, state]) held.dispose();
  }
};

/**
 * The steps of L-BFGS, which reads losses on the way. In float32 each starts where PyTorch was, since paths part within a few steps,
 * PyTorch's own as well.
 */
const fitByLosses: WaitingGoldenOp = {
  async wait({ attrs, inputs, steps }, { load, dtype }) {
    const [x, y] = [load(inputs.X), load(inputs.Y)];
    const [w, b] = [new Variable('w', load(inputs.w)), new Variable('b', load(inputs.b))];
    const lineSearch = attrs.text('line_search_fn', 'none') === 'none' ? 'none' : 'strongWolfe';
    const state = lbfgs({
      learningRate: attrs.number('lr'),
      maxIterations: attrs.number('max_iter'),
      historySize: attrs.number('history_size'),
      lineSearch,
    }).init([w, b]);
    try {
      const checks: Check[] = [];
      for (const [i, expected] of steps.entries()) {
        const loss = await state.step(() => lossOf(x, y, w, b));
        const [wNow, bNow] = await Promise.all([w, b].map(async ({ value }) => Array.from(await value.data())));
        checks.push(...checksOf(`steps[${i}]`, { loss_before: loss, w: wNow!, b: bNow! }, expected));
        if (dtype === 'float64') continue;
        w.assign(load(expected.w));
        b.assign(load(expected.b));
      }
      return checks;
    } finally {
      for (const held of [x, y, w, b]) held.dispose();
    }
  },
};

const clipNorm: GoldenOp = ({ attrs, inputs, outputs }, { load }) => {
  if (attrs.number('norm_type') !== 2) return { skip: 'norms other than L2: not in this release' };
  const names = Object.keys(inputs);
  const { grads, norm } = clipByGlobalNorm(
    names.map(name => load(inputs[name])),
    attrs.number('max_norm'),
  );
  const clipped = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
  return checksOf('outputs', { ...clipped, total_norm: norm }, outputs);
};

const clipValue: GoldenOp = ({ attrs, inputs, outputs }, { load }) => {
  const names = Object.keys(inputs);
  const grads = clipByValue(
    names.map(name => load(inputs[name])),
    attrs.number('clip_value'),
  );
  return checksOf('outputs', Object.fromEntries(names.map((name, i) => [name, grads[i]!])), outputs);
};

/** Optimizers, ten steps each, and gradient clipping. */
export const optimizers: GoldenOps = {
  sgd: fit,
  adam: fit,
  adamw: fit,
  adadelta: fit,
  adagrad: fit,
  rmsprop: fit,
  adamax: fit,
  nadam: fit,
  lbfgs: fitByLosses,
  clip_norm: clipNorm,
  clip_value: clipValue,
};
