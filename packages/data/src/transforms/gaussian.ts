/**
 * A plane blurred by a Gaussian of the given deviation in pixels, cut off at three deviations; the edges are mirrored without
 * repeating the outermost pixel. Writes into the plane.
 */
export function blurPlane(plane: Float32Array | Float64Array, height: number, width: number, sigma: number): void {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight);
  const blurLine = (start: number, stride: number, length: number): void => {
    const line = Float64Array.from({ length }, (_, i) => plane[start + i * stride]!);
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let tap = -radius; tap <= radius; tap++) sum += weights[tap + radius]! * line[mirrored(i + tap, length)]!;
      plane[start + i * stride] = sum / total;
    }
  };
  for (let row = 0; row < height; row++) blurLine(row * width, 1, width);
  for (let column = 0; column < width; column++) blurLine(column, width, height);
}

/** A position outside of 0 to length - 1, mirrored at the outermost positions until it is inside. */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const inPeriod = ((position % period) + period) % period;
  return Math.min(inPeriod, period - inPeriod);
}
