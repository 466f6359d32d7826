import { adadelta, adam, adamW, clipByGlobalNorm, clipByValue, type Optimizer, sgd } from '@cnn/optim';
import { grad, ops, Variable } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { checksOf, type GoldenOp, type GoldenOps, notYet, type Skip } from '../golden-op.js';

const adamConfig = (attrs: Attrs) => ({
  learningRate: attrs.number('lr'),
  betas: attrs.numbers('betas', 2) as [number, number],
  epsilon: attrs.number('eps'),
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
      if (attrs.boolean('amsgrad', false)) return { skip: 'amsgrad: not in this release' };
      return adam({ ...adamConfig(attrs), weightDecay: attrs.number('weight_decay', 0) });
    case 'adamw':
      return adamW({ ...adamConfig(attrs), weightDecay: attrs.number('weight_decay') });
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

/** The steps of an optimizer on loss = mean((tanh(X wᵀ + b) - Y)²). */
const fit: GoldenOp = ({ op, attrs, inputs, steps }, { load }) => {
  const optimizer = optimizerOf(op, attrs);
  if ('skip' in optimizer) return optimizer;
  const [x, y] = [load(inputs.X), load(inputs.Y)];
  const [w, b] = [new Variable('w', load(inputs.w)), new Variable('b', load(inputs.b))];
  const state = optimizer.init([w, b]);
  try {
    return steps.flatMap((expected, i) => {
      const { loss, grads } = grad(() => ops.mean(ops.square(ops.sub(ops.tanh(ops.linear(x, w.value, b.value)), y))), [w, b]);
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
  adagrad: notYet,
  rmsprop: notYet,
  adamax: notYet,
  nadam: notYet,
  lbfgs: notYet,
  clip_norm: clipNorm,
  clip_value: clipValue,
};
