import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link constant}. */
export interface ConstantOptions {
  /** η. */
  readonly learningRate: number;
}

/** One learning rate throughout. */
export const constant = defineSchedule<ConstantOptions>({
  type: 'constant',
  options: { learningRate: option.nonNegative },
  defaults: {},
  at: ({ learningRate }) => learningRate,
});
