/** The middle of some numbers; of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How much faster ours was in pairs of runs that followed each other. */
export interface Ratio {
  /** The peer's time over ours: above 1, ours is faster. The median of the pairs. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Compares pair by pair, so that what slows the machine down for a while slows both. */
export function ratioOf(pairs: readonly { readonly ours: number; readonly peer: number }[]): Ratio {
  const ratios = pairs.map(({ ours, peer }) => peer / ours);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
