/**
 * The micro-kernels of convolution. The form of their text decides whether V8 keeps the sums in registers: see
 * `gemm.gen.mjs`, which says why loops and epilogues look as they do.
 *
 * - `convolve<R>`: R output channels x two groups of four neighbouring pixels, all taps in one loop. A table holds the byte
 *   offset of every tap in the (padded) image, so no image has to be unfolded.
 * - `correlate<R>x<T>`: the weight gradient of R output channels x T taps of a kernel row. The lanes are partial sums over
 *   four pixels, so nothing is splatted or transposed; a table walks over the pixels of many images. The epilogue adds the
 *   lanes up itself: storing the vectors instead made V8 spill them, at half the speed.
 */
const range = n => Array.from({ length: n }, (_, i) => i);
const lines = (items, text) => items.map(text).join('\n');

/** Output channels per number of taps, such that R * T sums, R gradients and one row of x fit 15 registers with a spare. */
const channelsOfTaps = { 1: 6, 2: 4, 3: 3, 4: 2, 5: 2 };

export function generate(relaxed) {
  const most = relaxed ? 6 : 5;
  const shapes = Object.entries(channelsOfTaps).flatMap(([taps, channels]) => range(channels).map(r => [r + 1, Number(taps)]));
  return `
import { madd } from './madd';

@inline
function sumLanes(lanes: v128): f32 {
  const pairs = f32x4.add(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Most output channels of \`convolve\`. */
export const CONVOLVE_ROWS: i32 = ${most};

${lines(range(most), r => convolve(r + 1))}
/** The forward micro-kernel for \`rows\` output channels. */
@inline
export function convolve(
  rows: i32, taps: i32, weights: usize, offsets: usize, x0: usize, x1: usize, y0: usize, y1: usize, planeBytes: usize, bias: usize,
  least: f32,
): void {
  switch (rows) {
${lines(range(most).reverse(), r => `    case ${r + 1}: convolve${r + 1}(taps, weights, offsets, x0, x1, y0, y1, planeBytes, bias, least); break;`)}
  }
}

/** Most taps of \`correlate\`. */
export const CORRELATE_TAPS: i32 = ${Math.max(...Object.keys(channelsOfTaps))};

/** Most output channels of \`correlate\` for a number of taps. */
@inline
export function correlateRows(taps: i32): i32 {
  switch (taps) {
${lines(Object.entries(channelsOfTaps), ([taps, channels]) => `    case ${taps}: return ${channels};`)}
    default: return 0;
  }
}

${lines(shapes, ([r, t]) => correlate(r, t))}
/** The weight gradient's micro-kernel for \`rows\` output channels and \`taps\` taps. */
@inline
export function correlate(
  rows: i32, taps: i32, pixels: i32, table: usize, x: usize, stepBytes: usize, dy: usize, planeBytes: usize, dw: usize,
  filterBytes: usize, tapBytes: usize,
): void {
  switch (taps * 8 + rows) {
${lines(shapes, ([r, t]) => `    case ${t * 8 + r}: correlate${r}x${t}(pixels, table, x, stepBytes, dy, planeBytes, dw, filterBytes, tapBytes); break;`)}
  }
}
`;
}

const convolve = rows => `
/** y[r] at two groups of four pixels = bias[r] + the sum over the taps of weights [taps, ${rows}] * x at the tap's offset, and \`least\` where that is larger. */
export function convolve${rows}(
  taps: i32, weights: usize, offsets: usize, x0: usize, x1: usize, y0: usize, y1: usize, planeBytes: usize, bias: usize, least: f32,
): void {
${lines(range(rows), r => `  let sum${r}_0 = f32x4.splat(0), sum${r}_1 = f32x4.splat(0);`)}
  let value: v128, p0: v128, p1: v128;
  if (taps > 0) {
    do {
      const offset = <usize>load<i32>(offsets);
      p0 = v128.load(x0 + offset);
      p1 = v128.load(x1 + offset);
${lines(
  range(rows),
  r => `      value = v128.load32_splat(weights, ${r * 4});
      sum${r}_0 = madd(value, p0, sum${r}_0);
      sum${r}_1 = madd(value, p1, sum${r}_1);`,
)}
      weights += ${rows * 4};
      offsets += 4;
      taps--;
    } while (taps > 0);
  }
  const floor = f32x4.splat(least);
  y0 += ${rows - 1} * planeBytes;
  y1 += ${rows - 1} * planeBytes;
${lines(
  range(rows).reverse(),
  r => `  value = v128.load32_splat(bias, ${r * 4});
  v128.store(y1, f32x4.max(f32x4.add(sum${r}_1, value), floor));
  v128.store(y0, f32x4.max(f32x4.add(sum${r}_0, value), floor));${r > 0 ? '\n  y0 -= planeBytes;\n  y1 -= planeBytes;' : ''}`,
)}
}`;

const correlate = (rows, taps) => `
/** dw[r, t] += the sum of dy[r] * x[t] over groups of four pixels; tap t lies t * stepBytes further in x, t * tapBytes in dw. */
export function correlate${rows}x${taps}(
  pixels: i32, table: usize, x: usize, stepBytes: usize, dy: usize, planeBytes: usize, dw: usize, filterBytes: usize, tapBytes: usize,
): void {
${lines(range(taps), t => `  let ${range(rows).map(r => `sum${r}_${t} = f32x4.splat(0)`).join(', ')};`)}
${lines(range(rows - 1), r => `  const dy${r + 1} = dy + ${r + 1} * planeBytes;`)}
  let value: v128, to: usize;
  if (pixels > 0) {
    do {
      let from = x + <usize>load<i32>(table);
      const at = <usize>load<i32>(table, 4);
      const gradient0 = v128.load(dy + at);
${lines(range(rows - 1), r => `      const gradient${r + 1} = v128.load(dy${r + 1} + at);`)}
${lines(
  range(taps),
  t => `      value = v128.load(from);
${lines(range(rows), r => `      sum${r}_${t} = madd(value, gradient${r}, sum${r}_${t});`)}${t < taps - 1 ? '\n      from += stepBytes;' : ''}`,
)}
      table += 8;
      pixels--;
    } while (pixels > 0);
  }
  dw += ${taps - 1} * tapBytes;
${lines(range(taps).reverse(), t =>
  `  to = dw + ${rows - 1} * filterBytes;
${lines(range(rows).reverse(), r => `  store<f32>(to, load<f32>(to) + sumLanes(sum${r}_${t}));${r > 0 ? '\n  to -= filterBytes;' : ''}`)}${t > 0 ? '\n  dw -= tapBytes;' : ''}`,
)}
}`;
