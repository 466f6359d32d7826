import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { type AdamOptions, adamOptions } from './adam.js';
import { decayed } from './decayed.js';
import { moveMoments } from './moments.js';

/**
 * AMSGrad (Reddi, Kale and Kumar, 2018) as in PyTorch: Adam with the largest second moment so far instead of the present one.
 * u ← max(u, v); p ← p - η m̂ / (sqrt(u / (1 - β₂ᵗ)) + ε) with Adam's m and v. Default learning rate 0.001.
 * Slots: `firstMoment`, `secondMoment`, `largestSecondMoment` (u).
 */
export const amsgrad = defineOptimizer<AdamOptions>({
  type: 'amsgrad',
  options: { ...adamOptions, epsilon: option.positive },
  defaults: { learningRate: 0.001, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  slots: () => ['firstMoment', 'secondMoment', 'largestSecondMoment'],
  step(parameter, slots, gradient, { learningRate, betas, epsilon, weightDecay, step }) {
    const g = decayed(gradient, parameter.value, weightDecay);
    const [m, v] = moveMoments(slots, g, betas);
    const largest = slots[2]!;
    largest.assign(ops.maximum(largest.value, v));
    const scale = ops.add(ops.sqrt(ops.div(largest.value, 1 - betas[1] ** step)), epsilon);
    parameter.assign(ops.sub(parameter.value, ops.mul(ops.div(m, scale), learningRate / (1 - betas[0] ** step))));
  },
});
