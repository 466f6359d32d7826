import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** How long each level lasts. */
  readonly stepSize: number;
  /** The factor from level to level. Default 0.1. */
  readonly gamma: number;
}

/** η₀ γ^floor(t / stepSize); PyTorch's StepLR. */
export const stepDecay = defineSchedule<StepDecayOptions, 'gamma'>({
  type: 'stepDecay',
  options: { learningRate: option.nonNegative, stepSize: option.positive, gamma: option.nonNegative },
  defaults: { gamma: 0.1 },
  // #region rate
  at: ({ learningRate, stepSize, gamma }, t) => learningRate * gamma ** Math.floor(t / stepSize),
  // #endregion rate
});
