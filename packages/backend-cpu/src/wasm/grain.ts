/** How much work is worth a thread of its own. */

/** So many elements of elementwise work: 5 to 20 microseconds. */
export const GRAIN = 16384;

/** Rows of so many elements each, with `work` times the effort of elementwise work on each. */
export const rowsWorth = (elements: number, work = 1): number => Math.max(1, Math.ceil(GRAIN / (elements * work || 1)));

/** So many multiplications of matrix products and convolutions: some 10 microseconds. */
const MULTIPLICATIONS = 600_000;

/** Things that take so many multiplications each. */
export const productsWorth = (multiplications: number): number => Math.max(1, Math.ceil(MULTIPLICATIONS / multiplications));
