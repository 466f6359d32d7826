import { step } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { type AdamOptions, adamOptions } from './adam.js';

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017) as in PyTorch: p ← p - η λ p, then Adam's step with the plain
 * gradient. Default learning rate 0.001. Slots: `firstMoment`, `secondMoment`.
 */
export const adamW = defineOptimizer<AdamOptions>({
  type: 'adamW',
  options: adamOptions,
  defaults: { learningRate: 0.001, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 },
  slots: () => ['firstMoment', 'secondMoment'],
  step(parameter, slots, gradient, { learningRate, betas: [beta1, beta2], epsilon, weightDecay, step: count }) {
    const attrs = { learningRate, beta1, beta2, epsilon, weightDecay, decoupled: true, step: count };
    step(ops.adamStepOp, [parameter, ...slots], [gradient], attrs);
  },
});
