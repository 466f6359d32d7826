/** Pooling of `planes` images, each of one channel: h x w -> oh x ow. Positions before 0 or behind the end are padding. */
import { get, put, sumLanes, wholeOf } from './lanes';

// What the windows of one axis cover: tap k of window o lies at o * stride - before + k * dilation.

/** The first tap that lies at `from` or later, where tap 0 lies at `start`. */
@inline
function firstTap(start: i32, from: i32, dilation: i32): i32 {
  return start >= from ? 0 : (from - start + dilation - 1) / dilation;
}

/** The number of taps, from 0, that lie before `end`. */
@inline
function endTap(start: i32, end: i32, dilation: i32, taps: i32): i32 {
  return start >= end ? 0 : min(taps, (end - start + dilation - 1) / dilation);
}

/** Where b is larger or NaN: of equals the first is kept. */
@inline
function wins(b: v128, a: v128): v128 {
  return v128.or(f32x4.gt(b, a), f32x4.ne(b, b));
}

/** Four neighbouring windows of 2 x 2 with stride 2, of which the first begins at `row`. Indices count from the plane's first pixel. */
@inline
function max2x2(row: usize, w: usize, index: i32, values: usize, indices: usize): void {
  const upper0 = v128.load(row), upper1 = v128.load(row, 16), lower0 = v128.load(row + (w << 2)), lower1 = v128.load(row + (w << 2), 16);
  const a = v128.shuffle<f32>(upper0, upper1, 0, 2, 4, 6), b = v128.shuffle<f32>(upper0, upper1, 1, 3, 5, 7);
  const c = v128.shuffle<f32>(lower0, lower1, 0, 2, 4, 6), d = v128.shuffle<f32>(lower0, lower1, 1, 3, 5, 7);
  const first = i32x4.add(i32x4.splat(index), i32x4(0, 2, 4, 6));
  let mask = wins(b, a);
  let best = v128.bitselect(b, a, mask);
  let at = i32x4.sub(first, mask);
  mask = wins(c, best);
  best = v128.bitselect(c, best, mask);
  at = v128.bitselect(i32x4.add(first, i32x4.splat(<i32>w)), at, mask);
  mask = wins(d, best);
  best = v128.bitselect(d, best, mask);
  at = v128.bitselect(i32x4.add(first, i32x4.splat(<i32>w + 1)), at, mask);
  v128.store(values, best);
  v128.store(indices, at);
}

/** Windows of 2 x 2 with stride 2 and no padding; ow >= 4. The last group of a row overlaps the one before it. */
export function maxPool2x2(planes: usize, x: usize, h: usize, w: usize, values: usize, indices: usize, oh: usize, ow: usize): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy: usize = 0; oy < oh; oy++) {
      const start = oy * 2 * w;
      for (let ox: usize = 0; ox < ow; ox += 4) {
        const from = min(ox, ow - 4);
        const index = start + from * 2;
        max2x2(x + (index << 2), w, <i32>index, values + (from << 2), indices + (from << 2));
      }
      values += ow << 2;
      indices += ow << 2;
    }
    x += (h * w) << 2;
  }
}

/** One window of which the taps [fromY, toY) x [fromX, toX) lie inside, tap 0 at `start` from the plane's first pixel. */
@inline
function maxWindow(
  x: usize, w: i32, start: i32, fromY: i32, toY: i32, fromX: i32, toX: i32, dilationY: i32, dilationX: i32, values: usize, indices: usize,
): void {
  let best: f32 = -Infinity;
  let at = fromY < toY && fromX < toX ? start + fromY * dilationY * w + fromX * dilationX : -1;
  for (let ky = fromY; ky < toY; ky++) {
    let index = start + ky * dilationY * w + fromX * dilationX;
    for (let kx = fromX; kx < toX; kx++) {
      const value = load<f32>(x + (<usize>index << 2));
      if (value > best || value != value) {
        best = value;
        at = index;
      }
      index += dilationX;
    }
  }
  store<f32>(values, best);
  store<i32>(indices, at);
}

/** Tap `p` of four neighbouring windows with stride 1 or 2; nothing behind the fourth's is read. */
@inline
function taps4(p: usize, strideX: i32): v128 {
  const near = v128.load(p);
  return strideX == 1 ? near : v128.shuffle<f32>(near, v128.load(p, 12), 0, 2, 5, 7);
}

/**
 * Four neighbouring windows of three columns with stride 1 or 2, of which all taps lie in the row. Each row's largest first,
 * then the largest of these: of equals the first in the window is kept. False where a NaN may be among them; nothing is written then.
 */
@inline
function maxThreeWide4(
  x: usize, w: i32, start: i32, fromY: i32, toY: i32, strideX: i32, dilationY: i32, values: usize, indices: usize,
): bool {
  let index = i32x4.add(strideX == 1 ? i32x4(0, 1, 2, 3) : i32x4(0, 2, 4, 6), i32x4.splat(start + fromY * dilationY * w));
  const rowStep = i32x4.splat(dilationY * w);
  let best = f32x4.splat(-Infinity), at = index, sum = f32x4.splat(0);
  let p = x + (<usize>(start + fromY * dilationY * w) << 2);
  for (let ky = fromY; ky < toY; ky++) {
    let a: v128, b: v128, c: v128;
    if (strideX == 1) {
      a = v128.load(p);
      b = v128.load(p, 4);
      c = v128.load(p, 8);
    } else {
      const near = v128.load(p), far = v128.load(p, 16);
      a = v128.shuffle<f32>(near, far, 0, 2, 4, 6);
      b = v128.shuffle<f32>(near, far, 1, 3, 5, 7);
      c = v128.shuffle<f32>(a, v128.load32_zero(p, 32), 1, 2, 3, 4);
    }
    // NaN comes through a sum, and infinities of both signs become one.
    sum = f32x4.add(sum, f32x4.add(f32x4.add(a, b), c));
    const second = f32x4.gt(b, a);
    const ab = f32x4.pmax(a, b);
    const third = f32x4.gt(c, ab);
    const row = f32x4.pmax(ab, c);
    const column = v128.bitselect(i32x4.splat(2), i32x4.neg(second), third);
    at = v128.bitselect(i32x4.add(index, column), at, f32x4.gt(row, best));
    best = f32x4.pmax(best, row);
    index = i32x4.add(index, rowStep);
    p += <usize>(dilationY * w) << 2;
  }
  if (v128.any_true(f32x4.ne(sum, sum))) return false;
  v128.store(values, best);
  v128.store(indices, at);
  return true;
}

/** Four neighbouring windows with stride 1 or 2, of which all taps lie in the row. */
@inline
function maxWindows4(
  x: usize, w: i32, start: i32, fromY: i32, toY: i32, kw: i32, strideX: i32, dilationY: i32, dilationX: i32, values: usize, indices: usize,
): void {
  const lanes = strideX == 1 ? i32x4(0, 1, 2, 3) : i32x4(0, 2, 4, 6);
  let best = f32x4.splat(-Infinity);
  let at = i32x4.add(lanes, i32x4.splat(start + fromY * dilationY * w));
  for (let ky = fromY; ky < toY; ky++) {
    let index = start + ky * dilationY * w;
    for (let kx = 0; kx < kw; kx++) {
      const value = taps4(x + (<usize>index << 2), strideX);
      const mask = wins(value, best);
      best = v128.bitselect(value, best, mask);
      at = v128.bitselect(i32x4.add(lanes, i32x4.splat(index)), at, mask);
      index += dilationX;
    }
  }
  v128.store(values, best);
  v128.store(indices, at);
}

/** With the stride a constant. */
function maxThree(
  x: usize, w: i32, start: i32, fromY: i32, toY: i32, strideX: i32, dilationY: i32, values: usize, indices: usize,
): bool {
  return strideX == 1
    ? maxThreeWide4(x, w, start, fromY, toY, 1, dilationY, values, indices)
    : maxThreeWide4(x, w, start, fromY, toY, 2, dilationY, values, indices);
}

/** The first window of a row that begins inside of the image. */
@inline
function wholeFrom(beforeX: i32, strideX: i32): i32 {
  return (beforeX + strideX - 1) / strideX;
}

/** The end of the windows of a row that end inside of the image; 0 where these are not computed in fours: with strides above 2. */
@inline
function wholeTo(w: i32, ow: i32, kw: i32, strideX: i32, beforeX: i32, dilationX: i32): i32 {
  const room = w - 1 - (kw - 1) * dilationX + beforeX;
  return strideX > 2 || room < 0 ? 0 : min(ow, room / strideX + 1);
}

/** Any window. One that covers padding only gives minus infinity and the index -1. */
export function maxPool(
  planes: usize, x: usize, h: i32, w: i32, values: usize, indices: usize, oh: i32, ow: i32, kh: i32, kw: i32,
  strideY: i32, strideX: i32, beforeY: i32, beforeX: i32, dilationY: i32, dilationX: i32,
): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy = 0; oy < oh; oy++) {
      const y0 = oy * strideY - beforeY;
      const fromY = firstTap(y0, 0, dilationY), toY = endTap(y0, h, dilationY, kh);
      const fourFrom = wholeFrom(beforeX, strideX);
      const fourTo = fromY < toY ? wholeTo(w, ow, kw, strideX, beforeX, dilationX) : fourFrom;
      let ox = 0;
      while (ox < ow) {
        let x0 = ox * strideX - beforeX;
        if (fourFrom <= ox && ox < fourTo && fourTo - fourFrom >= 4) {
          // The last group of a row overlaps the one before it.
          ox = min(ox, fourTo - 4);
          x0 = ox * strideX - beforeX;
          const start = y0 * w + x0;
          const value = values + (<usize>ox << 2), index = indices + (<usize>ox << 2);
          if (kw != 3 || dilationX != 1 || !maxThree(x, w, start, fromY, toY, strideX, dilationY, value, index)) {
            maxWindows4(x, w, start, fromY, toY, kw, strideX, dilationY, dilationX, value, index);
          }
          ox += 4;
        } else {
          maxWindow(
            x, w, y0 * w + x0, fromY, toY, firstTap(x0, 0, dilationX), endTap(x0, w, dilationX, kw), dilationY, dilationX,
            values + (<usize>ox << 2), indices + (<usize>ox << 2),
          );
          ox++;
        }
      }
      values += <usize>ow << 2;
      indices += <usize>ow << 2;
    }
    x += <usize>(h * w) << 2;
  }
}

/** Adds each of `outputs` gradients of a plane to the pixel it came from; an index outside of the plane is left out. */
export function maxPoolGrad(planes: usize, dy: usize, indices: usize, outputs: usize, dx: usize, pixels: u32): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    memory.fill(dx, 0, <usize>pixels << 2);
    for (let i: usize = 0; i < outputs; i++) {
      const index = load<u32>(indices);
      if (index < pixels) {
        const p = dx + (<usize>index << 2);
        store<f32>(p, load<f32>(p) + load<f32>(dy));
      }
      dy += 4;
      indices += 4;
    }
    dx += <usize>pixels << 2;
  }
}

/** The sum of n neighbours. */
@inline
function sumOf(p: usize, n: usize): f32 {
  let sums = f32x4.splat(0);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) sums = f32x4.add(sums, v128.load(p + (i << 2)));
  let sum = <f32>sumLanes(sums);
  for (; i < n; i++) sum += load<f32>(p + (i << 2));
  return sum;
}

/** Four neighbouring windows of 2 x 2 with stride 2. */
@inline
function average2x2(row: usize, w: usize, y: usize): void {
  const sum0 = f32x4.add(v128.load(row), v128.load(row + (w << 2))), sum1 = f32x4.add(v128.load(row, 16), v128.load(row + (w << 2), 16));
  const sum = f32x4.add(v128.shuffle<f32>(sum0, sum1, 0, 2, 4, 6), v128.shuffle<f32>(sum0, sum1, 1, 3, 5, 7));
  v128.store(y, f32x4.mul(sum, f32x4.splat(0.25)));
}

/** Windows of 2 x 2 with stride 2 and no padding; ow >= 4. The last group of a row overlaps the one before it. */
export function averagePool2x2(planes: usize, x: usize, h: usize, w: usize, y: usize, oh: usize, ow: usize): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy: usize = 0; oy < oh; oy++) {
      for (let ox: usize = 0; ox < ow; ox += 4) {
        const from = min(ox, ow - 4);
        average2x2(x + ((oy * 2 * w + from * 2) << 2), w, y + (from << 2));
      }
      y += ow << 2;
    }
    x += (h * w) << 2;
  }
}

/** How many taps of a window count in the divisor: those in the padded image, or those in the image itself. */
@inline
function counted(start: i32, size: i32, before: i32, after: i32, dilation: i32, taps: i32, countPadding: bool): i32 {
  const from = countPadding ? -before : 0, to = countPadding ? size + after : size;
  return max(0, endTap(start, to, dilation, taps) - firstTap(start, from, dilation));
}

/** Four neighbouring windows with stride 1 or 2, of which all taps lie in the row; `p` is tap 0 of the first row that counts. */
@inline
function averageWindows4(p: usize, rows: i32, rowStep: usize, kw: i32, strideX: i32, dilationX: i32, count: f32, y: usize): void {
  let sum = f32x4.splat(0);
  for (let ky = 0; ky < rows; ky++) {
    let tap = p;
    for (let kx = 0; kx < kw; kx++) {
      sum = f32x4.add(sum, taps4(tap, strideX));
      tap += <usize>dilationX << 2;
    }
    p += rowStep;
  }
  v128.store(y, f32x4.div(sum, f32x4.splat(count)));
}

/** Any window. */
export function averagePool(
  planes: usize, x: usize, h: i32, w: i32, y: usize, oh: i32, ow: i32, kh: i32, kw: i32, strideY: i32, strideX: i32,
  beforeY: i32, afterY: i32, beforeX: i32, afterX: i32, dilationY: i32, dilationX: i32, countPadding: bool,
): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    for (let oy = 0; oy < oh; oy++) {
      const y0 = oy * strideY - beforeY;
      const fromY = firstTap(y0, 0, dilationY), toY = endTap(y0, h, dilationY, kh);
      const countY = counted(y0, h, beforeY, afterY, dilationY, kh, countPadding);
      const fourFrom = wholeFrom(beforeX, strideX), fourTo = wholeTo(w, ow, kw, strideX, beforeX, dilationX);
      for (let ox = 0; ox < ow; ox++) {
        if (fourFrom <= ox && ox < fourTo && fourTo - fourFrom >= 4) {
          // The last group of a row overlaps the one before it.
          ox = min(ox, fourTo - 4);
          const p = x + (<usize>((y0 + fromY * dilationY) * w + ox * strideX - beforeX) << 2);
          averageWindows4(p, toY - fromY, <usize>(dilationY * w) << 2, kw, strideX, dilationX, <f32>(countY * kw), y + (<usize>ox << 2));
          ox += 3;
          continue;
        }
        const x0 = ox * strideX - beforeX;
        const fromX = firstTap(x0, 0, dilationX), toX = endTap(x0, w, dilationX, kw);
        const count = countY * counted(x0, w, beforeX, afterX, dilationX, kw, countPadding);
        let sum: f32 = 0;
        for (let ky = fromY; ky < toY; ky++) {
          let p = x + (<usize>((y0 + ky * dilationY) * w + x0 + fromX * dilationX) << 2);
          if (dilationX == 1 && toX - fromX >= 8) {
            sum += sumOf(p, toX - fromX);
          } else {
            for (let kx = fromX; kx < toX; kx++) {
              sum += load<f32>(p);
              p += <usize>dilationX << 2;
            }
          }
        }
        store<f32>(y + (<usize>ox << 2), sum / <f32>count);
      }
      y += <usize>ow << 2;
    }
    x += <usize>(h * w) << 2;
  }
}

/** Adds `value` to n neighbours. */
@inline
function addTo(p: usize, n: usize, value: f32): void {
  const v = f32x4.splat(value);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) put(p + (i << 2), f32x4.add(get(p + (i << 2), true), v), true);
  for (; i < n; i++) put(p + (i << 2), f32x4.add(get(p + (i << 2), false), v), false);
}

/** Four neighbouring gradients spread over windows of 2 x 2 with stride 2. */
@inline
function spread2x2(dy: usize, row: usize, w: usize): void {
  const quarter = f32x4.mul(v128.load(dy), f32x4.splat(0.25));
  const near = v128.shuffle<f32>(quarter, quarter, 0, 0, 1, 1), far = v128.shuffle<f32>(quarter, quarter, 2, 2, 3, 3);
  v128.store(row, near);
  v128.store(row, far, 16);
  v128.store(row + (w << 2), near);
  v128.store(row + (w << 2), far, 16);
}

/** Windows of 2 x 2 with stride 2 and no padding; ow >= 4. The last group of a row overlaps the one before it. */
export function averagePool2x2Grad(planes: usize, dy: usize, oh: usize, ow: usize, dx: usize, h: usize, w: usize): void {
  const covers = h == 2 * oh && w == 2 * ow;
  for (let plane: usize = 0; plane < planes; plane++) {
    if (!covers) memory.fill(dx, 0, (h * w) << 2);
    for (let oy: usize = 0; oy < oh; oy++) {
      for (let ox: usize = 0; ox < ow; ox += 4) {
        const from = min(ox, ow - 4);
        spread2x2(dy + (from << 2), dx + ((oy * 2 * w + from * 2) << 2), w);
      }
      dy += ow << 2;
    }
    dx += (h * w) << 2;
  }
}

/** Spreads each gradient evenly over its window. */
export function averagePoolGrad(
  planes: usize, dy: usize, oh: i32, ow: i32, dx: usize, h: i32, w: i32, kh: i32, kw: i32, strideY: i32, strideX: i32,
  beforeY: i32, afterY: i32, beforeX: i32, afterX: i32, dilationY: i32, dilationX: i32, countPadding: bool,
): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    memory.fill(dx, 0, <usize>(h * w) << 2);
    for (let oy = 0; oy < oh; oy++) {
      const y0 = oy * strideY - beforeY;
      const fromY = firstTap(y0, 0, dilationY), toY = endTap(y0, h, dilationY, kh);
      const countY = counted(y0, h, beforeY, afterY, dilationY, kh, countPadding);
      for (let ox = 0; ox < ow; ox++) {
        const x0 = ox * strideX - beforeX;
        const fromX = firstTap(x0, 0, dilationX), toX = endTap(x0, w, dilationX, kw);
        const value = load<f32>(dy) / <f32>(countY * counted(x0, w, beforeX, afterX, dilationX, kw, countPadding));
        for (let ky = fromY; ky < toY; ky++) {
          let p = dx + (<usize>((y0 + ky * dilationY) * w + x0 + fromX * dilationX) << 2);
          if (dilationX == 1) {
            if (fromX < toX) addTo(p, toX - fromX, value);
          } else {
            for (let kx = fromX; kx < toX; kx++) {
              store<f32>(p, load<f32>(p) + value);
              p += <usize>dilationX << 2;
            }
          }
        }
        dy += 4;
      }
    }
    dx += <usize>(h * w) << 2;
  }
}
