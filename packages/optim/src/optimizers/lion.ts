import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { adamOptions } from './adam.js';
import { blended } from './moments.js';

/** Options of {@link lion}. */
export interface LionOptions {
  /** β₁, of the direction, and β₂, of the moment that is kept. Default [0.9, 0.99]. */
  readonly betas: readonly [number, number];
  /** λ, decoupled: takes η λ p off the parameter. Default 0. */
  readonly weightDecay: number;
}

/**
 * Lion (Chen et al., 2023, "Symbolic discovery of optimization algorithms"): p ← p - η (sign(β₁ m + (1 - β₁) g) + λ p);
 * m ← β₂ m + (1 - β₂) g. Default learning rate 0.0001. Slot: `moment`.
 */
export const lion = defineOptimizer<LionOptions>({
  type: 'lion',
  options: { betas: adamOptions.betas, weightDecay: option.nonNegative },
  defaults: { learningRate: 0.0001, betas: [0.9, 0.99], weightDecay: 0 },
  slots: () => ['moment'],
  step(parameter, [moment], gradient, { learningRate, betas: [beta1, beta2], weightDecay }) {
    const direction = ops.sign(blended(moment!.value, gradient, beta1));
    moment!.assign(blended(moment!.value, gradient, beta2));
    const kept = ops.mul(parameter.value, 1 - learningRate * weightDecay);
    parameter.assign(ops.sub(kept, ops.mul(direction, learningRate)));
  },
});
