/** Softmax, its logarithm, and the cross-entropy of it. */
import { get, maxLanes, put, sumLanes, wholeOf } from './lanes';
import { exp4, log1, log4 } from './math';
import { extremeOf } from './reduce';

/** The largest of n neighbours; NaN if one of them is. */
@inline
function rowMax(n: usize, x: usize): f32 {
  return maxLanes(extremeOf(n, x, f32x4.splat(-Infinity), true));
}

/** The sum of e^(x - shift) over n neighbours. */
@inline
function rowSumExp(n: usize, x: usize, shift: f32): f32 {
  const s = f32x4.splat(shift);
  let sums = f32x4.splat(0);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) sums = f32x4.add(sums, exp4(f32x4.sub(v128.load(x + (i << 2)), s)));
  let sum = sumLanes(sums);
  for (; i < n; i++) sum += <f64>f32x4.extract_lane(exp4(f32x4.sub(v128.load32_zero(x + (i << 2)), s)), 0);
  return <f32>sum;
}

/** y = e^(x - max x) over n neighbours, and the sum of y. */
@inline
function rowExp(n: usize, x: usize, y: usize): f32 {
  const s = f32x4.splat(rowMax(n, x));
  let sums = f32x4.splat(0);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) {
    const e = exp4(f32x4.sub(v128.load(x + (i << 2)), s));
    v128.store(y + (i << 2), e);
    sums = f32x4.add(sums, e);
  }
  let sum = sumLanes(sums);
  for (; i < n; i++) {
    const e = exp4(f32x4.sub(v128.load32_zero(x + (i << 2)), s));
    put(y + (i << 2), e, false);
    sum += <f64>f32x4.extract_lane(e, 0);
  }
  return <f32>sum;
}

/** Rows of n neighbours each. */
export function softmaxRows(rows: usize, n: usize, x: usize, y: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const sum = f32x4.splat(rowExp(n, x, y));
    let i: usize = 0;
    for (; i < wholeOf(n); i += 4) put(y + (i << 2), f32x4.div(get(y + (i << 2), true), sum), true);
    for (; i < n; i++) put(y + (i << 2), f32x4.div(get(y + (i << 2), false), sum), false);
    x += n << 2;
    y += n << 2;
  }
}

/** Rows of n neighbours each. */
export function logSoftmaxRows(rows: usize, n: usize, x: usize, y: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const shift = rowMax(n, x), s = f32x4.splat(shift), rest = f32x4.splat(log1(rowSumExp(n, x, shift)));
    let i: usize = 0;
    for (; i < wholeOf(n); i += 4) put(y + (i << 2), f32x4.sub(f32x4.sub(get(x + (i << 2), true), s), rest), true);
    for (; i < n; i++) put(y + (i << 2), f32x4.sub(f32x4.sub(get(x + (i << 2), false), s), rest), false);
    x += n << 2;
    y += n << 2;
  }
}

/** Four neighbouring columns (or one) of n elements, `step` bytes apart. */
@inline
function column(n: usize, step: usize, x: usize, y: usize, whole: bool, logarithm: bool): void {
  let shift = f32x4.splat(-Infinity), sum = f32x4.splat(0);
  for (let i: usize = 0; i < n; i++) shift = f32x4.max(shift, get(x + i * step, whole));
  for (let i: usize = 0; i < n; i++) {
    const shifted = f32x4.sub(get(x + i * step, whole), shift), e = exp4(shifted);
    put(y + i * step, logarithm ? shifted : e, whole);
    sum = f32x4.add(sum, e);
  }
  const rest = logarithm ? log4(sum) : sum;
  for (let i: usize = 0; i < n; i++) {
    const v = get(y + i * step, whole);
    put(y + i * step, logarithm ? f32x4.sub(v, rest) : f32x4.div(v, rest), whole);
  }
}

@inline
function columns(outer: usize, n: usize, inner: usize, step: usize, x: usize, y: usize, logarithm: bool): void {
  for (let o: usize = 0; o < outer; o++) {
    let i: usize = 0;
    for (; i < wholeOf(inner); i += 4) column(n, step, x + (i << 2), y + (i << 2), true, logarithm);
    for (; i < inner; i++) column(n, step, x + (i << 2), y + (i << 2), false, logarithm);
    x += n * step;
    y += n * step;
  }
}

/** [outer, n, inner] over the middle axis, along which neighbours are `step` bytes apart. */
export function softmaxColumns(outer: usize, n: usize, inner: usize, step: usize, x: usize, y: usize): void {
  columns(outer, n, inner, step, x, y, false);
}

/** [outer, n, inner] over the middle axis, along which neighbours are `step` bytes apart. */
export function logSoftmaxColumns(outer: usize, n: usize, inner: usize, step: usize, x: usize, y: usize): void {
  columns(outer, n, inner, step, x, y, true);
}

/**
 * Rows of n logits and a label each -> a loss each. With smoothing s the target is (1 - s) at the label and s / n added
 * everywhere. A label out of range gives NaN.
 */
export function crossEntropyLabels(rows: usize, n: u32, logits: usize, labels: usize, smoothing: f32, loss: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const label = load<u32>(labels + (row << 2));
    let result: f32 = NaN;
    if (label < n) {
      const shift = rowMax(n, logits);
      const rest = log1(rowSumExp(n, logits, shift));
      result = rest - (load<f32>(logits + (<usize>label << 2)) - shift);
      if (smoothing != 0) {
        let sum: f64 = 0;
        for (let i: u32 = 0; i < n; i++) sum += <f64>(rest - (load<f32>(logits + (<usize>i << 2)) - shift));
        result = (1 - smoothing) * result + <f32>((<f64>smoothing * sum) / <f64>n);
      }
    }
    store<f32>(loss + (row << 2), result);
    logits += <usize>n << 2;
  }
}

/** Rows of n logits and n target weights each -> a loss each: the sum of target' (log sum e^logits - logit). */
export function crossEntropyTargets(rows: usize, n: usize, logits: usize, targets: usize, smoothing: f32, loss: usize): void {
  const uniform = smoothing / <f32>n;
  for (let row: usize = 0; row < rows; row++) {
    const shift = rowMax(n, logits);
    const rest = log1(rowSumExp(n, logits, shift));
    let sum: f64 = 0;
    for (let i: usize = 0; i < n; i++) {
      const target = (<f32>1 - smoothing) * load<f32>(targets + (i << 2)) + uniform;
      sum += <f64>(target * (rest - (load<f32>(logits + (i << 2)) - shift)));
    }
    store<f32>(loss + (row << 2), <f32>sum);
    logits += n << 2;
    targets += n << 2;
  }
}

/** dy (softmax - target'), row by row. A label out of range gives a row of NaN. */
export function crossEntropyLabelsGrad(rows: usize, n: u32, dy: usize, logits: usize, labels: usize, smoothing: f32, dx: usize): void {
  const uniform = f32x4.splat(smoothing / <f32>n);
  for (let row: usize = 0; row < rows; row++) {
    const label = load<u32>(labels + (row << 2));
    const d = load<f32>(dy + (row << 2));
    const scale = f32x4.splat(label < n ? d : NaN);
    const sum = f32x4.splat(rowExp(n, logits, dx));
    let i: usize = 0;
    for (; i < wholeOf(n); i += 4) put(dx + (i << 2), labelsGrad(get(dx + (i << 2), true), sum, uniform, scale), true);
    for (; i < <usize>n; i++) put(dx + (i << 2), labelsGrad(get(dx + (i << 2), false), sum, uniform, scale), false);
    if (label < n) {
      const p = dx + (<usize>label << 2);
      store<f32>(p, load<f32>(p) - d * (1 - smoothing));
    }
    logits += <usize>n << 2;
    dx += <usize>n << 2;
  }
}

@inline
function labelsGrad(e: v128, sum: v128, uniform: v128, scale: v128): v128 {
  return f32x4.mul(scale, f32x4.sub(f32x4.div(e, sum), uniform));
}

/** dy (softmax * (sum of target') - target'), row by row. */
export function crossEntropyTargetsGrad(rows: usize, n: usize, dy: usize, logits: usize, targets: usize, smoothing: f32, dx: usize): void {
  const uniform = f32x4.splat(smoothing / <f32>n), keep = f32x4.splat(1 - smoothing);
  for (let row: usize = 0; row < rows; row++) {
    let total: f64 = 0;
    for (let i: usize = 0; i < n; i++) total += <f64>load<f32>(targets + (i << 2));
    const mass = f32x4.splat(<f32>(total * <f64>(1 - smoothing)) + smoothing);
    const scale = v128.load32_splat(dy + (row << 2));
    const sum = f32x4.splat(rowExp(n, logits, dx));
    let i: usize = 0;
    for (; i < wholeOf(n); i += 4) put(dx + (i << 2), targetsGrad(get(dx + (i << 2), true), get(targets + (i << 2), true), sum, mass, keep, uniform, scale), true);
    for (; i < n; i++) put(dx + (i << 2), targetsGrad(get(dx + (i << 2), false), get(targets + (i << 2), false), sum, mass, keep, uniform, scale), false);
    logits += n << 2;
    targets += n << 2;
    dx += n << 2;
  }
}

@inline
function targetsGrad(e: v128, target: v128, sum: v128, mass: v128, keep: v128, uniform: v128, scale: v128): v128 {
  return f32x4.mul(scale, f32x4.sub(f32x4.mul(f32x4.div(e, sum), mass), f32x4.add(f32x4.mul(keep, target), uniform)));
}
