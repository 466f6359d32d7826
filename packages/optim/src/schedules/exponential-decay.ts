import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link exponentialDecay}. */
export interface ExponentialDecayOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** The factor for each unit of time. */
  readonly gamma: number;
}

/** η₀ γᵗ; PyTorch's ExponentialLR. */
export const exponentialDecay = defineSchedule<ExponentialDecayOptions>({
  type: 'exponentialDecay',
  options: { learningRate: option.nonNegative, gamma: option.nonNegative },
  defaults: {},
  at: ({ learningRate, gamma }, t) => learningRate * gamma ** t,
});
