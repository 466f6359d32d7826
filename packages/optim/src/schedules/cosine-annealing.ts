import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link cosineAnnealing}. */
export interface CosineAnnealingOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** How long it falls; half a period. */
  readonly length: number;
  /** What it falls to. Default 0. */
  readonly minimum: number;
}

/**
 * η_min + (η₀ - η_min) (1 + cos(π t / length)) / 2 (Loshchilov and Hutter, 2016); PyTorch's CosineAnnealingLR. As there, it
 * rises again after `length`.
 */
export const cosineAnnealing = defineSchedule<CosineAnnealingOptions, 'minimum'>({
  type: 'cosineAnnealing',
  options: { learningRate: option.nonNegative, length: option.positive, minimum: option.nonNegative },
  defaults: { minimum: 0 },
  // #region rate
  at: ({ learningRate, length, minimum }, t) => minimum + ((learningRate - minimum) * (1 + Math.cos((Math.PI * t) / length))) / 2,
  // #endregion rate
});
