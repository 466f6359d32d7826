/** Lists of numbers on the host, as the methods of this folder compute with them. */

/** a · b. */
export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** a + scale b. */
export const plus = (a: Float64Array, b: Float64Array, scale = 1): Float64Array => a.map((x, i) => x + scale * b[i]!);

/** scale a. */
export const times = (a: Float64Array, scale: number): Float64Array => a.map(x => scale * x);

/** The largest of all |x|. */
export const largest = (a: Float64Array): number => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
