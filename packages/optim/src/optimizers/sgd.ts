import { OptionError, option, step } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** μ: how much of the last velocity stays. Default 0: no velocity. */
  readonly momentum: number;
  /** Takes this share off each new gradient but the first. Default 0. */
  readonly dampening: number;
  /** Look ahead along the velocity (Sutskever et al., 2013). Needs momentum without dampening. Default false. */
  readonly nesterov: boolean;
  /** λ: adds λ p to the gradient (L2). Default 0. */
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent as in PyTorch: g ← g + λ p; v ← μ v + (1 - dampening) g, on the first step v ← g;
 * p ← p - η v, or p ← p - η (g + μ v) with Nesterov's momentum. Default learning rate 0.001. Slot: `velocity`.
 */
export const sgd = defineOptimizer<SgdOptions>({
  type: 'sgd',
  options: {
    momentum: option.nonNegative,
    dampening: option.between(0, 1),
    nesterov: option.boolean,
    weightDecay: option.nonNegative,
  },
  defaults: { learningRate: 0.001, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  check({ nesterov, momentum, dampening }) {
    if (nesterov && !(momentum > 0 && dampening === 0))
      throw new OptionError('sgd', 'nesterov', nesterov, 'false, unless momentum > 0 and dampening = 0');
  },
  slots: ({ momentum }) => (momentum === 0 ? [] : ['velocity']),
  step(parameter, slots, gradient, { learningRate, momentum, dampening, nesterov, weightDecay, step: count }) {
    const attrs = { learningRate, momentum, dampening, nesterov, weightDecay, first: count === 1 };
    step(ops.sgdStepOp, [parameter, ...slots], [gradient], attrs);
  },
});
