import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { type AdamOptions, adamOptions } from './adam.js';
import { decayed } from './decayed.js';
import { moveMoments } from './moments.js';

/** Options of {@link nadam}. */
export interface NadamOptions extends AdamOptions {
  /** ψ: how fast the momentum rises to β₁. Default 0.004. */
  readonly momentumDecay: number;
}

/**
 * NAdam (Dozat, 2016), Adam with Nesterov's momentum, as in PyTorch: with Adam's m, v and v̂ and the momenta
 * μₜ = β₁ (1 - 0.96^(t ψ) / 2), p ← p - η ((1 - μₜ) g / (1 - Π) + μₜ₊₁ m / (1 - Π μₜ μₜ₊₁)) / (sqrt(v̂) + ε) with Π = μ₁ … μₜ.
 * The numbers are those of PyTorch 1.13, which takes μₜ twice in the second product; Dozat has Π μₜ₊₁. Only the first few steps differ.
 * Default learning rate 0.002. Slots: `firstMoment`, `secondMoment`.
 */
export const nadam = defineOptimizer<NadamOptions>({
  type: 'nadam',
  options: { ...adamOptions, epsilon: option.positive, momentumDecay: option.nonNegative },
  defaults: { learningRate: 0.002, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0, momentumDecay: 0.004 },
  slots: () => ['firstMoment', 'secondMoment'],
  step(parameter, slots, gradient, { learningRate, betas, epsilon, weightDecay, momentumDecay, step }) {
    const g = decayed(gradient, parameter.value, weightDecay);
    const [m, v] = moveMoments(slots, g, betas);
    const scale = ops.add(ops.sqrt(ops.div(v, 1 - betas[1] ** step)), epsilon);
    const momentum = (t: number): number => betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const product = productOf(momentum, step);
    const now = ops.mul(g, (1 - momentum(step)) / (1 - product));
    const ahead = ops.mul(m, momentum(step + 1) / (1 - product * momentum(step) * momentum(step + 1)));
    parameter.assign(ops.sub(parameter.value, ops.mul(ops.div(ops.add(now, ahead), scale), learningRate)));
  },
});

/** μ₁ μ₂ … μₜ, as far as it makes 1 - product differ from 1. It is worked out anew, so that a resumed run needs the step alone. */
function productOf(momentum: (t: number) => number, step: number): number {
  let product = 1;
  for (let t = 1; t <= step && 1 - product < 1; t++) product *= momentum(t);
  return product;
}
