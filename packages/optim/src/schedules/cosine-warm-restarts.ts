import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link cosineWarmRestarts}. */
export interface CosineWarmRestartsOptions {
  /** η₀, the first of every cycle. */
  readonly learningRate: number;
  /** How long the first cycle is. */
  readonly length: number;
  /** How much longer each cycle is than the one before. Default 1. */
  readonly lengthFactor: number;
  /** What it falls to. Default 0. */
  readonly minimum: number;
}

/** Cosine annealing that starts anew after each cycle (Loshchilov and Hutter, 2016); PyTorch's CosineAnnealingWarmRestarts. */
export const cosineWarmRestarts = defineSchedule<CosineWarmRestartsOptions, 'lengthFactor' | 'minimum'>({
  type: 'cosineWarmRestarts',
  options: {
    learningRate: option.nonNegative,
    length: option.positive,
    lengthFactor: option.count,
    minimum: option.nonNegative,
  },
  defaults: { lengthFactor: 1, minimum: 0 },
  at({ learningRate, length, lengthFactor, minimum }, t) {
    let cycle = length;
    let within = lengthFactor === 1 ? t % length : t;
    while (within >= cycle) {
      within -= cycle;
      cycle *= lengthFactor;
    }
    return minimum + ((learningRate - minimum) * (1 + Math.cos((Math.PI * within) / cycle))) / 2;
  },
});
