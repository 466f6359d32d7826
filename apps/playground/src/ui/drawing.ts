/** A drawing as an image of the data. */

/**
 * Ink as MNIST has it: the box of the ink scaled to 20 of 28 parts of the frame, its centre of mass in the middle (LeCun et al., 1998).
 *
 * @param ink - Ink from 0 to 1, [side, side].
 * @param shape - [1, height, width].
 * @returns bytes [1, height, width]; undefined without ink.
 */
export function fitDrawing(
  ink: ArrayLike<number>,
  side: number,
  [, height, width]: readonly [number, number, number],
): Uint8Array | undefined {
  let [top, left, bottom, right, mass, centreY, centreX] = [side, side, -1, -1, 0, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const amount = ink[y * side + x]!;
      if (amount === 0) continue;
      [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y), Math.max(right, x)];
      mass += amount;
      centreY += amount * (y + 0.5);
      centreX += amount * (x + 0.5);
    }
  }
  if (mass === 0) return undefined;
  const step = Math.max(bottom - top + 1, right - left + 1) / ((20 / 28) * Math.min(height, width));
  const [startY, startX] = [centreY / mass - (height / 2) * step, centreX / mass - (width / 2) * step];
  const pixels = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels[y * width + x] = 255 * mean(ink, side, startY + y * step, startX + x * step, step);
  }
  return pixels;
}

/** The mean ink in a square, from a grid of samples. */
function mean(ink: ArrayLike<number>, side: number, top: number, left: number, size: number): number {
  const samples = Math.max(2, Math.ceil(size));
  let sum = 0;
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) {
      const y = Math.floor(top + ((i + 0.5) * size) / samples);
      const x = Math.floor(left + ((j + 0.5) * size) / samples);
      if (y >= 0 && y < side && x >= 0 && x < side) sum += ink[y * side + x]!;
    }
  }
  return sum / samples ** 2;
}
