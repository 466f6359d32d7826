/**
 * The micro-kernels of matrix multiplication: `multiply<R>` adds up an R x 8 tile of the product in registers, R = 1 .. the
 * most that fit. They are generated because every accumulator must be a variable of its own to live in a register.
 *
 * The form of the text matters as much as what it computes; V8 (Node 20 and 22) spills accumulators to the stack, at half
 * the speed, unless
 * - the loop reads `if (k > 0) { do { … } while (--k) }`, with the rows in ascending order,
 * - one epilogue stores the rows in descending order without a branch and adds something to each accumulator: here the old
 *   tile, masked away bit by bit (so that it may be NaN) where `accumulate` is not set,
 * - the kernel is a function of its own: Binaryen inlines one that has a single call and is not exported, so `index.ts`
 *   exports these.
 *
 * Of the 15 vector registers, relaxed SIMD leaves room for 6 rows (12 sums, 2 columns, 1 row); without a fused multiply-add
 * the product takes one more, which leaves 5 rows.
 */
const range = n => Array.from({ length: n }, (_, i) => i);
const lines = (items, text) => items.map(text).join('\n');

export function generate(relaxed) {
  const most = relaxed ? 6 : 5;
  return `
import { madd } from './madd';

/** Rows of a tile. */
export const TILE_ROWS: i32 = ${most};

${lines(range(most), r => kernel(r + 1))}
/** The micro-kernel for \`rows\` rows. */
@inline
export function multiply(rows: i32, k: i32, a: usize, b: usize, c: usize, rowBytes: usize, accumulate: i32): void {
  switch (rows) {
${lines(range(most).reverse(), r => `    case ${r + 1}: multiply${r + 1}(k, a, b, c, rowBytes, accumulate); break;`)}
  }
}
`;
}

const kernel = rows => `
/** c [${rows}, 8] = a [k, ${rows}] (transposed) * b [k, 8], plus c where \`accumulate\` is not 0. */
export function multiply${rows}(k: i32, a: usize, b: usize, c: usize, rowBytes: usize, accumulate: i32): void {
${lines(range(rows), r => `  let sum${r}_0 = f32x4.splat(0), sum${r}_1 = f32x4.splat(0);`)}
  let value: v128, b0: v128, b1: v128;
  if (k > 0) {
    do {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
${lines(
  range(rows),
  r => `      value = v128.load32_splat(a, ${r * 4});
      sum${r}_0 = madd(value, b0, sum${r}_0);
      sum${r}_1 = madd(value, b1, sum${r}_1);`,
)}
      a += ${rows * 4};
      b += 32;
      k--;
    } while (k > 0);
  }
  const mask = i32x4.splat(accumulate ? -1 : 0);
  c += ${rows - 1} * rowBytes;
${lines(
  range(rows).reverse(),
  r => `  v128.store(c, f32x4.add(sum${r}_1, v128.and(v128.load(c, 16), mask)), 16);
  v128.store(c, f32x4.add(sum${r}_0, v128.and(v128.load(c), mask)));${r > 0 ? '\n  c -= rowBytes;' : ''}`,
)}
}`;
