import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { type AdamOptions, adamOptions } from './adam.js';
import { decayed } from './decayed.js';
import { blended } from './moments.js';

/**
 * Adamax (Kingma and Ba, 2014, section 7.1) as in PyTorch: Adam with the infinity norm. g ← g + λ p; m ← β₁ m + (1 - β₁) g;
 * u ← max(β₂ u, |g| + ε); p ← p - η / (1 - β₁ᵗ) m / u. Default learning rate 0.002. Slots: `firstMoment`, `infinityNorm` (u).
 */
export const adamax = defineOptimizer<AdamOptions>({
  type: 'adamax',
  options: { ...adamOptions, epsilon: option.positive },
  defaults: { learningRate: 0.002, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  slots: () => ['firstMoment', 'infinityNorm'],
  step(parameter, [first, norm], gradient, { learningRate, betas: [beta1, beta2], epsilon, weightDecay, step }) {
    const g = decayed(gradient, parameter.value, weightDecay);
    first!.assign(blended(first!.value, g, beta1));
    norm!.assign(ops.maximum(ops.mul(norm!.value, beta2), ops.add(ops.abs(g), epsilon)));
    const direction = ops.div(first!.value, norm!.value);
    parameter.assign(ops.sub(parameter.value, ops.mul(direction, learningRate / (1 - beta1 ** step))));
  },
});
