import { option } from '@cnn/tensor';
import { defineSchedule } from '../schedule.js';

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The highest. */
  readonly learningRate: number;
  /** How many steps the whole takes: it is at its lowest at time length - 1, and stays there. */
  readonly length: number;
  /** The share of the steps in which it rises. Default 0.3. */
  readonly riseFraction: number;
  /** It starts at learningRate / divFactor. Default 25. */
  readonly divFactor: number;
  /** It ends at its start / finalDivFactor. Default 10,000. */
  readonly finalDivFactor: number;
}

/** From a to b along half a cosine. */
const between = (a: number, b: number, share: number): number => b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;

/** Up along a cosine and down along another to nearly nothing (Smith and Topin, 2017); PyTorch's OneCycleLR, annealing 'cos'. */
export const oneCycle = defineSchedule<OneCycleOptions, 'riseFraction' | 'divFactor' | 'finalDivFactor'>({
  type: 'oneCycle',
  options: {
    learningRate: option.nonNegative,
    length: option.count,
    riseFraction: option.between(0, 1),
    divFactor: option.positive,
    finalDivFactor: option.positive,
  },
  defaults: { riseFraction: 0.3, divFactor: 25, finalDivFactor: 10_000 },
  at({ learningRate, length, riseFraction, divFactor, finalDivFactor }, t) {
    const start = learningRate / divFactor;
    const last = length - 1;
    const peak = riseFraction * length - 1;
    if (t < peak) return between(start, learningRate, t / peak);
    return between(learningRate, start / finalDivFactor, t < last ? (t - peak) / (last - peak) : 1);
  },
});
