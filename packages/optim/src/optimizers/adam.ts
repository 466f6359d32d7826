import { option, step } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';

/** Options of {@link adam}, and of adamW, amsgrad, adamax, nadam and radam. */
export interface AdamOptions {
  /** β₁ and β₂: how much of each moment stays. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** ε, added to the root of the second moment. Default 1e-8. */
  readonly epsilon: number;
  /** λ. Default 0.01 for adamW, 0 for the others. */
  readonly weightDecay: number;
}

/** What options of Adam may be. */
export const adamOptions = {
  betas: option.list(option.between(0, 1, { openEnd: true }), 2),
  epsilon: option.nonNegative,
  weightDecay: option.nonNegative,
};

/**
 * Adam (Kingma and Ba, 2014) as in PyTorch: g ← g + λ p; m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²;
 * p ← p - η m̂ / (sqrt(v̂) + ε) with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ). Default learning rate 0.001.
 * Slots: `firstMoment`, `secondMoment`.
 */
export const adam = defineOptimizer<AdamOptions>({
  type: 'adam',
  options: adamOptions,
  defaults: { learningRate: 0.001, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  slots: () => ['firstMoment', 'secondMoment'],
  step(parameter, slots, gradient, { learningRate, betas: [beta1, beta2], epsilon, weightDecay, step: count }) {
    const attrs = { learningRate, beta1, beta2, epsilon, weightDecay, decoupled: false, step: count };
    step(ops.adamStepOp, [parameter, ...slots], [gradient], attrs);
  },
});
