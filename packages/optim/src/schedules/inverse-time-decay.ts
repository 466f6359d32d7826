import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link inverseTimeDecay}. */
export interface InverseTimeDecayOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** How fast it falls: it is halved at 1 / rate. */
  readonly rate: number;
}

/** η₀ / (1 + rate t) (Robbins and Monro, 1951). */
export const inverseTimeDecay = defineSchedule<InverseTimeDecayOptions>({
  type: 'inverseTimeDecay',
  options: { learningRate: option.nonNegative, rate: option.nonNegative },
  defaults: {},
  // #region rate
  at: ({ learningRate, rate }, t) => learningRate / (1 + rate * t),
  // #endregion rate
});
