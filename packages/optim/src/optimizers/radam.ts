import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { type AdamOptions, adamOptions } from './adam.js';
import { decayed } from './decayed.js';
import { moveMoments } from './moments.js';

/**
 * Rectified Adam (Liu et al., 2019) as in PyTorch: with Adam's m̂ and v, ρ∞ = 2 / (1 - β₂) - 1 and
 * ρₜ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ), p ← p - η m̂ where ρₜ <= 5, as the second moment says little yet, and otherwise
 * p ← p - η r m̂ sqrt(1 - β₂ᵗ) / (sqrt(v) + ε) with r² = (ρₜ - 4) (ρₜ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρₜ).
 * Default learning rate 0.001. Slots: `firstMoment`, `secondMoment`.
 */
export const radam = defineOptimizer<AdamOptions>({
  type: 'radam',
  options: { ...adamOptions, epsilon: option.positive },
  defaults: { learningRate: 0.001, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  slots: () => ['firstMoment', 'secondMoment'],
  step(parameter, slots, gradient, { learningRate, betas, epsilon, weightDecay, step }) {
    const g = decayed(gradient, parameter.value, weightDecay);
    const [m, v] = moveMoments(slots, g, betas);
    const [beta1, beta2] = betas;
    const corrected = 1 - beta2 ** step;
    const limit = 2 / (1 - beta2) - 1;
    const length = limit - (2 * step * beta2 ** step) / corrected;
    const rate = learningRate / (1 - beta1 ** step);
    if (length <= 5) return parameter.assign(ops.sub(parameter.value, ops.mul(m, rate)));
    const rectified = Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
    const direction = ops.div(m, ops.add(ops.sqrt(v), epsilon));
    parameter.assign(ops.sub(parameter.value, ops.mul(direction, rate * rectified * Math.sqrt(corrected))));
  },
});
