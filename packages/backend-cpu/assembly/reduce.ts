/**
 * Reductions of [r1, k1, r2, k2] over r1 and r2: rows where k2 is 1, columns elsewhere. Steps are bytes between neighbours
 * along an axis, so that a call can compute a part of k1 or k2. Sums add up to BLOCK elements a lane
 * in single precision and the rest in double, so that the error stays near one rounding on millions of elements.
 */
import { get, maxLanes, minLanes, put, sumLanes, wholeOf } from './lanes';

const BLOCK: usize = 64;

/** The sum of n neighbours. */
export function sumOf(n: usize, x: usize): f64 {
  let total: f64 = 0;
  let i: usize = 0;
  while (i + 16 <= n) {
    const end = min(i + 16 * BLOCK, n & ~15);
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    for (; i < end; i += 16) {
      const p = x + (i << 2);
      a = f32x4.add(a, v128.load(p));
      b = f32x4.add(b, v128.load(p, 16));
      c = f32x4.add(c, v128.load(p, 32));
      d = f32x4.add(d, v128.load(p, 48));
    }
    total += sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  for (; i < n; i++) total += <f64>load<f32>(x + (i << 2));
  return total;
}

/** [r1, k1, r2] -> [k1]. */
export function sumRows(r1: usize, r1Step: usize, k1: usize, r2: usize, x: usize, y: usize): void {
  for (let k: usize = 0; k < k1; k++) {
    let total: f64 = 0;
    for (let r: usize = 0; r < r1; r++) total += sumOf(r2, x + r * r1Step);
    store<f32>(y + (k << 2), <f32>total);
    x += r2 << 2;
  }
}

/** Adds up to BLOCK rows of four columns (or one) to their totals in double. */
@inline
function addColumns(rows: usize, step: usize, x: usize, totals: usize, whole: bool): void {
  let sum = f32x4.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    sum = f32x4.add(sum, get(x, whole));
    x += step;
  }
  if (whole) {
    v128.store(totals, f64x2.add(v128.load(totals), f64x2.promote_low_f32x4(sum)));
    v128.store(totals, f64x2.add(v128.load(totals, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 2, 3))), 16);
  } else {
    store<f64>(totals, load<f64>(totals) + <f64>f32x4.extract_lane(sum, 0));
  }
}

/** [r1, k1, r2, k2] -> [k1, k2]; `step` lies between rows of x and of y, and `totals` are 8 k2 bytes of scratch. */
export function sumColumns(
  r1: usize, r1Step: usize, k1: usize, r2: usize, k2: usize, step: usize, x: usize, y: usize, totals: usize,
): void {
  for (let k: usize = 0; k < k1; k++) {
    memory.fill(totals, 0, k2 << 3);
    for (let r: usize = 0; r < r1; r++) {
      for (let row: usize = 0; row < r2; row += BLOCK) {
        const rows = min(BLOCK, r2 - row);
        const p = x + r * r1Step + row * step;
        let i: usize = 0;
        for (; i < wholeOf(k2); i += 4) addColumns(rows, step, p + (i << 2), totals + (i << 3), true);
        for (; i < k2; i++) addColumns(rows, step, p + (i << 2), totals + (i << 3), false);
      }
    }
    for (let i: usize = 0; i < k2; i++) store<f32>(y + (i << 2), <f32>load<f64>(totals + (i << 3)));
    x += r2 * step;
    y += step;
  }
}

@inline
function extreme(a: v128, b: v128, largest: bool): v128 {
  return largest ? f32x4.max(a, b) : f32x4.min(a, b);
}

/** Four lanes that hold the extreme of n neighbours and of `best`. Four at once, since one waits for the one before it. */
@inline
export function extremeOf(n: usize, x: usize, best: v128, largest: bool): v128 {
  let i: usize = 0;
  if (n >= 16) {
    let a = best, b = best, c = best, d = best;
    for (; i < (n & ~15); i += 16) {
      const p = x + (i << 2);
      a = extreme(a, v128.load(p), largest);
      b = extreme(b, v128.load(p, 16), largest);
      c = extreme(c, v128.load(p, 32), largest);
      d = extreme(d, v128.load(p, 48), largest);
    }
    best = extreme(extreme(a, b, largest), extreme(c, d, largest), largest);
  }
  for (; i < wholeOf(n); i += 4) best = extreme(best, v128.load(x + (i << 2)), largest);
  for (; i < n; i++) best = extreme(best, v128.load32_splat(x + (i << 2)), largest);
  return best;
}

@inline
function extremeRows(r1: usize, r1Step: usize, k1: usize, r2: usize, x: usize, y: usize, largest: bool): void {
  for (let k: usize = 0; k < k1; k++) {
    let best = f32x4.splat(largest ? -Infinity : Infinity);
    for (let r: usize = 0; r < r1; r++) best = extremeOf(r2, x + r * r1Step, best, largest);
    store<f32>(y + (k << 2), largest ? maxLanes(best) : minLanes(best));
    x += r2 << 2;
  }
}

@inline
function extremeColumns(r1: usize, r1Step: usize, k1: usize, r2: usize, k2: usize, step: usize, x: usize, y: usize, largest: bool): void {
  for (let k: usize = 0; k < k1; k++) {
    for (let r: usize = 0; r < r1; r++) {
      let p = x + r * r1Step;
      for (let row: usize = 0; row < r2; row++) {
        if (r == 0 && row == 0) {
          memory.copy(y, p, k2 << 2);
        } else {
          let i: usize = 0;
          for (; i < wholeOf(k2); i += 4) put(y + (i << 2), extreme(get(y + (i << 2), true), get(p + (i << 2), true), largest), true);
          for (; i < k2; i++) put(y + (i << 2), extreme(get(y + (i << 2), false), get(p + (i << 2), false), largest), false);
        }
        p += step;
      }
    }
    x += r2 * step;
    y += step;
  }
}

/** [r1, k1, r2] -> [k1], none of them empty; NaN wins. */
export function maxRows(r1: usize, r1Step: usize, k1: usize, r2: usize, x: usize, y: usize): void {
  extremeRows(r1, r1Step, k1, r2, x, y, true);
}

/** [r1, k1, r2] -> [k1], none of them empty; NaN wins. */
export function minRows(r1: usize, r1Step: usize, k1: usize, r2: usize, x: usize, y: usize): void {
  extremeRows(r1, r1Step, k1, r2, x, y, false);
}

/** [r1, k1, r2, k2] -> [k1, k2], none of them empty; NaN wins. */
export function maxColumns(r1: usize, r1Step: usize, k1: usize, r2: usize, k2: usize, step: usize, x: usize, y: usize): void {
  extremeColumns(r1, r1Step, k1, r2, k2, step, x, y, true);
}

/** [r1, k1, r2, k2] -> [k1, k2], none of them empty; NaN wins. */
export function minColumns(r1: usize, r1Step: usize, k1: usize, r2: usize, k2: usize, step: usize, x: usize, y: usize): void {
  extremeColumns(r1, r1Step, k1, r2, k2, step, x, y, false);
}

/** Rows of n >= 1 neighbours -> where the largest of each is: the first of equals, and the first NaN before all numbers. */
export function argMaxRows(rows: usize, n: usize, x: usize, y: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    let best = load<f32>(x);
    let at: usize = 0;
    for (let i: usize = 1; i < n && best == best; i++) {
      const value = load<f32>(x + (i << 2));
      if (!(value <= best)) {
        best = value;
        at = i;
      }
    }
    store<i32>(y + (row << 2), <i32>at);
    x += n << 2;
  }
}

/** Rows of n >= 1 neighbours -> where the smallest of each is: the first of equals, and the first NaN before all numbers. */
export function argMinRows(rows: usize, n: usize, x: usize, y: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    let best = load<f32>(x);
    let at: usize = 0;
    for (let i: usize = 1; i < n && best == best; i++) {
      const value = load<f32>(x + (i << 2));
      if (!(value >= best)) {
        best = value;
        at = i;
      }
    }
    store<i32>(y + (row << 2), <i32>at);
    x += n << 2;
  }
}
