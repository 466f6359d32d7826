import type { OptionRule } from '@cnn/tensor';

/**
 * Where a transform's number is drawn from, evenly, for each image anew: `[low, high]`. Both the same: always that number. A
 * single number x is short for [-x, x], and where the number is a factor, for [1 - x, 1 + x] without what is below 0.
 */
export type RandomRange = number | readonly [low: number, high: number];

const isRange = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];
const isSpread = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;

/** The rule for ranges around 0 within `least` and `most`. */
export const rangeAroundZero = (least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): OptionRule => ({
  allowed: `[low, high] with low <= high${Number.isFinite(most) ? `, from ${least} to ${most}` : ''}, or x for [-x, x]`,
  accepts: value => {
    const range = isSpread(value) ? [-value, value] : value;
    return isRange(range) && range[0] >= least && range[1] <= most;
  },
});

/** The rule for ranges of factors. */
export const rangeOfFactors: OptionRule = {
  allowed: '[low, high] with 0 <= low <= high, or x for [1 - x, 1 + x]',
  accepts: value => isSpread(value) || (isRange(value) && value[0] >= 0),
};

/** The rule for `[low, high]` with 0 < low <= high <= most, where a single number would make no sense. */
export const positiveRange = (most = Number.POSITIVE_INFINITY): OptionRule => ({
  allowed: `[low, high] with 0 < low <= high${Number.isFinite(most) ? ` <= ${most}` : ''}`,
  accepts: value => isRange(value) && value[0] > 0 && value[1] <= most,
});

/** The ends of a range around 0. */
export const aroundZero = (range: RandomRange): readonly [number, number] =>
  typeof range === 'number' ? [-range, range] : range;

/** The ends of a range of factors. */
export const aroundOne = (range: RandomRange): readonly [number, number] =>
  typeof range === 'number' ? [Math.max(0, 1 - range), 1 + range] : range;
