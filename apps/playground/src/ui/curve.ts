/** The points of the learning curves, few enough to be drawn often. */

/** Values of training steps, one column a curve. */
export interface Curve {
  readonly steps: readonly number[];
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
}

/** No steps yet. */
export const emptyCurve: Curve = { steps: [], loss: [], accuracy: [] };

const MOST_POINTS = 1200;

/** A curve with further points. When there are too many, each two neighbours become their mean. */
export function extended(
  curve: Curve,
  points: readonly { readonly step: number; readonly loss: number; readonly accuracy: number }[],
): Curve {
  const joined: Curve = {
    steps: [...curve.steps, ...points.map(({ step }) => step)],
    loss: [...curve.loss, ...points.map(({ loss }) => loss)],
    accuracy: [...curve.accuracy, ...points.map(({ accuracy }) => accuracy)],
  };
  if (joined.steps.length <= MOST_POINTS) return joined;
  return { steps: halved(joined.steps), loss: halved(joined.loss), accuracy: halved(joined.accuracy) };
}

const halved = (values: readonly number[]): number[] =>
  values.flatMap((value, i) => (i % 2 === 0 ? [(value + (values[i + 1] ?? value)) / 2] : []));

/** The mean over a window of neighbours before, so that the course is seen in the noise. */
export function smoothed(values: readonly number[]): number[] {
  const width = Math.max(1, Math.min(30, Math.floor(values.length / 8)));
  let sum = 0;
  return values.map((value, i) => {
    sum += value;
    if (i >= width) sum -= values[i - width]!;
    return sum / Math.min(i + 1, width);
  });
}
