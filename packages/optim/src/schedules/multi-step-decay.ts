import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link multiStepDecay}. */
export interface MultiStepDecayOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** The times at which it falls, in any order. */
  readonly milestones: readonly number[];
  /** The factor at each milestone. Default 0.1. */
  readonly gamma: number;
}

/** η₀ γ^k after k milestones; PyTorch's MultiStepLR. */
export const multiStepDecay = defineSchedule<MultiStepDecayOptions, 'gamma'>({
  type: 'multiStepDecay',
  options: { learningRate: option.nonNegative, milestones: option.list(option.nonNegative), gamma: option.nonNegative },
  defaults: { gamma: 0.1 },
  at: ({ learningRate, milestones, gamma }, t) => learningRate * gamma ** milestones.filter(milestone => milestone <= t).length,
});
