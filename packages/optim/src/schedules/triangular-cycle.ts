import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link triangularCycle}. */
export interface TriangularCycleOptions {
  /** The lowest, at the start of every cycle. */
  readonly learningRate: number;
  /** The highest, in the middle of every cycle. */
  readonly maximum: number;
  /** How long it rises, and then falls. */
  readonly length: number;
}

/** Up and down in straight lines (Smith, 2015); PyTorch's CyclicLR, mode 'triangular'. */
export const triangularCycle = defineSchedule<TriangularCycleOptions>({
  type: 'triangularCycle',
  options: { learningRate: option.nonNegative, maximum: option.nonNegative, length: option.positive },
  defaults: {},
  at: ({ learningRate, maximum, length }, t) => maximum - (maximum - learningRate) * Math.abs(1 - (t % (2 * length)) / length),
});
