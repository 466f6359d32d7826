import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { decayed } from './decayed.js';
import { blended } from './moments.js';

/** Options of {@link rmsprop}. */
export interface RmspropOptions {
  /** α: how much of the running averages stays. Default 0.99. */
  readonly alpha: number;
  /** ε, added to the root. Default 1e-8. */
  readonly epsilon: number;
  /** Divide by the deviation of the gradient instead of its root mean square (Graves, 2013). Default false. */
  readonly centered: boolean;
  /** μ: how much of the last velocity stays. Default 0: no velocity. */
  readonly momentum: number;
  /** λ: adds λ p to the gradient (L2). Default 0. */
  readonly weightDecay: number;
}

/**
 * RMSprop (Hinton, 2012, lecture 6e of "Neural networks for machine learning") as in PyTorch: g ← g + λ p;
 * s ← α s + (1 - α) g²; d = sqrt(s) + ε, or centred a ← α a + (1 - α) g and d = sqrt(s - a²) + ε; p ← p - η g / d, or with
 * momentum v ← μ v + g / d; p ← p - η v. Default learning rate 0.01.
 * Slots: `squareAverage` (s), centred `average` (a), with momentum `velocity` (v).
 */
export const rmsprop = defineOptimizer<RmspropOptions>({
  type: 'rmsprop',
  options: {
    alpha: option.between(0, 1),
    epsilon: option.positive,
    centered: option.boolean,
    momentum: option.nonNegative,
    weightDecay: option.nonNegative,
  },
  defaults: { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, centered: false, momentum: 0, weightDecay: 0 },
  slots: ({ centered, momentum }) => ['squareAverage', ...(centered ? ['average'] : []), ...(momentum > 0 ? ['velocity'] : [])],
  step(parameter, slots, gradient, { learningRate, alpha, epsilon, centered, momentum, weightDecay }) {
    const g = decayed(gradient, parameter.value, weightDecay);
    const squareAverage = slots[0]!;
    // #region average
    squareAverage.assign(blended(squareAverage.value, ops.square(g), alpha));
    // #endregion average
    let variance: Tensor = squareAverage.value;
    if (centered) {
      const average = slots[1]!;
      average.assign(blended(average.value, g, alpha));
      // Rounding may make the variance of a steady gradient less than nothing.
      variance = ops.maximum(ops.sub(variance, ops.square(average.value)), 0);
    }
    // #region step
    const scaled = ops.div(g, ops.add(ops.sqrt(variance), epsilon));
    if (momentum === 0) return parameter.assign(ops.sub(parameter.value, ops.mul(scaled, learningRate)));
    // #endregion step
    const velocity = slots.at(-1)!;
    velocity.assign(ops.add(ops.mul(velocity.value, momentum), scaled));
    parameter.assign(ops.sub(parameter.value, ops.mul(velocity.value, learningRate)));
  },
});
