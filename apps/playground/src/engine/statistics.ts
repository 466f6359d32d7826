import type { Statistics } from '../protocol.js';

/** Mean, deviation, bounds and share of zeros; NaN without numbers. */
export function statisticsOf(values: ArrayLike<number>): Statistics {
  let [sum, squares, lowest, highest, zeros] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const { length } = values;
  for (let i = 0; i < length; i++) {
    const x = values[i]!;
    sum += x;
    lowest = Math.min(lowest, x);
    highest = Math.max(highest, x);
    if (x === 0) zeros++;
  }
  const mean = sum / length;
  for (let i = 0; i < length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / length), lowest, highest, zeros: zeros / length };
}
