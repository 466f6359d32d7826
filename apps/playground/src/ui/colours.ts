/** Numbers as colours. */

/** A colour as [red, green, blue], 0 to 255. */
export type Colour = readonly [number, number, number];

const negative: Colour = [42, 111, 184];
const positive: Colour = [217, 102, 20];
const neutral = { light: [255, 255, 255], dark: [28, 32, 39] } as const satisfies Record<string, Colour>;

/** From black for the lowest to white for the highest. */
export function grey(x: number, lowest: number, highest: number): Colour {
  const value = highest > lowest ? (255 * (x - lowest)) / (highest - lowest) : 128;
  return [value, value, value];
}

/** Blue below 0, orange above, stronger the further; `bound` is the strongest. */
export function signed(x: number, bound: number, isDark: boolean): Colour {
  const from = isDark ? neutral.dark : neutral.light;
  const to = x < 0 ? negative : positive;
  const strength = bound > 0 ? Math.sqrt(Math.min(1, Math.abs(x) / bound)) : 0;
  return [0, 1, 2].map(i => from[i]! + strength * (to[i]! - from[i]!)) as unknown as Colour;
}

/** A colour for CSS. */
export const css = ([red, green, blue]: Colour): string => `rgb(${red.toFixed()} ${green.toFixed()} ${blue.toFixed()})`;
