import type { Objective, Slope } from './objective.js';
import { dot, largest, plus } from './vector.js';

/** A point on a line: how far along it, and the loss, gradient and slope there. */
export interface Trial extends Slope {
  readonly length: number;
  /** The derivative along the line. */
  readonly slope: number;
}

/** The loss must fall by this share of what the slope promises. */
const SUFFICIENT = 1e-4;
/** The slope must fall to this share. */
const CURVATURE = 0.9;
/** Evaluations, after the first. */
const MOST = 25;
/** A bracket that moves no number by more than this is a point. */
const SMALLEST = 1e-9;

/**
 * Finds a point on the line x + t d where the strong Wolfe conditions hold: f(t) <= f(0) + c₁ t f'(0) and |f'(t)| <= c₂ |f'(0)|
 * with c₁ = 1e-4 and c₂ = 0.9. First the step grows until a minimum is bracketed, then the bracket shrinks, both by cubic
 * interpolation (Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6); step for step as PyTorch's `_strong_wolfe`.
 *
 * @param start - The point t = 0, whose slope must be negative.
 * @param first - The length that is tried first.
 * @returns the best point, which may break the conditions when 25 evaluations found none. The variables are anywhere on the line.
 */
export async function strongWolfe(
  objective: Objective,
  point: Float64Array,
  direction: Float64Array,
  start: Trial,
  first: number,
): Promise<Trial> {
  const trial = async (length: number): Promise<Trial> => {
    objective.move(plus(point, direction, length));
    const { loss, gradient } = await objective.slope();
    return { length, loss, gradient, slope: dot(gradient, direction) };
  };
  // Written so that a loss which is NaN counts as too high.
  const tooHigh = ({ loss, length }: Trial): boolean => !(loss <= start.loss + SUFFICIENT * length * start.slope);
  const flat = ({ slope }: Trial): boolean => Math.abs(slope) <= -CURVATURE * start.slope;

  let previous = start;
  let current = await trial(first);
  let count = 0;
  let bracket: readonly [Trial, Trial] | undefined;
  for (; count < MOST; count++) {
    if (tooHigh(current) || (count > 1 && current.loss >= previous.loss)) bracket = [previous, current];
    else if (flat(current)) return current;
    else if (current.slope >= 0) bracket = [previous, current];
    else {
      const bounds = [current.length + 0.01 * (current.length - previous.length), current.length * 10] as const;
      const next = cubicMinimum(previous, current, bounds);
      previous = current;
      current = await trial(next);
    }
    if (bracket) break;
  }

  let [low, high] = inOrder(bracket ?? [start, current]);
  const size = largest(direction);
  let stalled = false;
  for (; count < MOST && Math.abs(high.length - low.length) * size >= SMALLEST; count++) {
    const left = Math.min(low.length, high.length);
    const right = Math.max(low.length, high.length);
    const margin = 0.1 * (right - left);
    let length = cubicMinimum(low, high, [left, right]);
    // Near an end of the bracket a step gains little: it may once, then it is moved inwards.
    if (Math.min(right - length, length - left) >= margin) stalled = false;
    else if (!stalled && length < right && length > left) stalled = true;
    else {
      length = right - length < length - left ? right - margin : left + margin;
      stalled = false;
    }
    const next = await trial(length);
    if (tooHigh(next) || next.loss >= low.loss) [low, high] = inOrder([low, next]);
    else {
      if (flat(next)) return next;
      if (next.slope * (high.length - low.length) >= 0) high = low;
      low = next;
    }
  }
  return low;
}

/** The point with the lower loss first; one that is NaN last. */
const inOrder = ([a, b]: readonly [Trial, Trial]): readonly [Trial, Trial] => (b.loss < a.loss ? [b, a] : [a, b]);

/** Where the cubic through two points with their slopes has its minimum, within bounds; halfway where it has none. */
function cubicMinimum(a: Trial, b: Trial, [least, most]: readonly [number, number]): number {
  const [left, right] = a.length <= b.length ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.loss - right.loss)) / (left.length - right.length);
  const square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  const found = right.length - (right.length - left.length) * share;
  return Math.min(Math.max(found, least), most);
}
