/** Numbers for people. */

/** Three digits, as 0.0123, 4.57e-6 or 1230. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return '0';
  const size = Math.abs(x);
  return size >= 1e-3 && size < 1e5 ? String(Number(x.toPrecision(3))) : x.toExponential(1).replace('e+', 'e');
}

/** A share as 98.7 %. */
export const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–');

/** With marks between thousands. */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US').replaceAll(',', '\u202f');

/** [8, 28, 28] as 8 × 28 × 28. */
export const sizes = (shape: readonly number[]): string => shape.join(' × ');
