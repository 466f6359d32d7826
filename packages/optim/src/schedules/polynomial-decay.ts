import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions {
  /** η₀, the first. */
  readonly learningRate: number;
  /** When it reaches 0, where it stays. */
  readonly length: number;
  /** The exponent. Default 1: a straight line. */
  readonly power: number;
}

/** η₀ max(0, 1 - t / length)^power; PyTorch's PolynomialLR. */
export const polynomialDecay = defineSchedule<PolynomialDecayOptions, 'power'>({
  type: 'polynomialDecay',
  options: { learningRate: option.nonNegative, length: option.positive, power: option.positive },
  defaults: { power: 1 },
  at: ({ learningRate, length, power }, t) => learningRate * Math.max(0, 1 - t / length) ** power,
});
