import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';
import { decayed } from './decayed.js';

/** Options of {@link adagrad}. */
export interface AdagradOptions {
  /** How fast the learning rate falls: step t takes η / (1 + (t - 1) learningRateDecay). Default 0. */
  readonly learningRateDecay: number;
  /** What the sum of squares starts with. Default 0. */
  readonly initialSum: number;
  /** ε, added to the root of the sum. Default 1e-10. */
  readonly epsilon: number;
  /** λ: adds λ p to the gradient (L2). Default 0. */
  readonly weightDecay: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer, 2011) as in PyTorch: g ← g + λ p; s ← s + g²; p ← p - η g / (sqrt(s) + ε).
 * Default learning rate 0.01. Slot: `squareSum` (s).
 */
export const adagrad = defineOptimizer<AdagradOptions>({
  type: 'adagrad',
  options: {
    learningRateDecay: option.nonNegative,
    initialSum: option.nonNegative,
    epsilon: option.positive,
    weightDecay: option.nonNegative,
  },
  defaults: { learningRate: 0.01, learningRateDecay: 0, initialSum: 0, epsilon: 1e-10, weightDecay: 0 },
  slots: () => ['squareSum'],
  step(parameter, [squareSum], gradient, { learningRate, learningRateDecay, initialSum, epsilon, weightDecay, step }) {
    // #region step
    const g = decayed(gradient, parameter.value, weightDecay);
    // Slots are zeros at first.
    const before = step === 1 ? ops.add(squareSum!.value, initialSum) : squareSum!.value;
    squareSum!.assign(ops.add(before, ops.square(g)));
    const rate = learningRate / (1 + (step - 1) * learningRateDecay);
    const scale = ops.add(ops.sqrt(squareSum!.value), epsilon);
    parameter.assign(ops.sub(parameter.value, ops.mul(ops.div(g, scale), rate)));
    // #endregion step
  },
});
