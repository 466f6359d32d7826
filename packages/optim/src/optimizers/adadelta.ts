import { option, step } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';

/** Options of {@link adadelta}. */
export interface AdadeltaOptions {
  /** ρ: how much of each running average stays. Default 0.9. */
  readonly rho: number;
  /** ε, added to both averages before their roots are taken. Above 0: without it no first step has a length. Default 1e-6. */
  readonly epsilon: number;
  /** λ: adds λ p to the gradient (L2). Default 0. */
  readonly weightDecay: number;
}

/**
 * Adadelta (Zeiler, 2012) as in PyTorch: g ← g + λ p; s ← ρ s + (1 - ρ) g²; δ = sqrt(d + ε) / sqrt(s + ε) g;
 * d ← ρ d + (1 - ρ) δ²; p ← p - η δ. Default learning rate 1, which is Zeiler's rule.
 * Slots: `squareAverage` (s), `accumulatedDelta` (d).
 */
export const adadelta = defineOptimizer<AdadeltaOptions>({
  type: 'adadelta',
  options: { rho: option.between(0, 1), epsilon: option.positive, weightDecay: option.nonNegative },
  defaults: { learningRate: 1, rho: 0.9, epsilon: 1e-6, weightDecay: 0 },
  slots: () => ['squareAverage', 'accumulatedDelta'],
  step(parameter, slots, gradient, { learningRate, rho, epsilon, weightDecay }) {
    step(ops.adadeltaStepOp, [parameter, ...slots], [gradient], { learningRate, rho, epsilon, weightDecay });
  },
});
