/**
 * Matrix multiplication in blocks (after Goto and van de Geijn, 2008): a block of B and one of A are copied into panels, in
 * the order in which the micro-kernel reads them. One panel of B stays in the first-level cache while it meets all of A's.
 *
 * Sums run over k in an order that depends on the shapes only.
 */
import { multiply, TILE_ROWS } from './generated/gemm';
import { madd } from './generated/madd';

const TILE_COLUMNS: i32 = 8;
/** Most of k, of A's rows and of B's columns in one block: A's block fits the second-level cache, B's the third. */
const BLOCK_K: i32 = 512;
const BLOCK_M: i32 = TILE_ROWS * 16;
const BLOCK_N: i32 = 1024;
/** One tile, for those at the right edge. */
const TILE_BYTES: usize = 256;

@inline
function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** How many of `total` go into each block, none larger than `most` and all but the last equal. */
@inline
function blockSize(total: i32, most: i32): i32 {
  return ceilDiv(total, max(1, ceilDiv(total, most)));
}

/** Scratch bytes that `sgemm` needs. */
export function sgemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = blockSize(k, BLOCK_K);
  const columns = ceilDiv(min(n, BLOCK_N), TILE_COLUMNS) * TILE_COLUMNS;
  return TILE_BYTES + (<usize>(min(m, BLOCK_M) * kc) << 2) + (<usize>(columns * kc) << 2);
}

/**
 * c [m, n] = a [m, k] * b [k, n], plus c where `accumulate` is not 0. Element (i, j) of an operand lies at
 * i * row + j * column elements, so a transposed operand is one with its strides swapped; rows of c lie `rowC` elements apart.
 */
export function sgemm(
  m: i32, n: i32, k: i32, a: usize, rowA: i32, columnA: i32, b: usize, rowB: i32, columnB: i32,
  c: usize, rowC: i32, accumulate: i32, scratch: usize,
): void {
  const rowBytesA = <usize>rowA << 2, columnBytesA = <usize>columnA << 2;
  const rowBytesB = <usize>rowB << 2, columnBytesB = <usize>columnB << 2;
  const rowBytesC = <usize>rowC << 2;
  if (k == 0 && !accumulate) {
    for (let i = 0; i < m; i++) memory.fill(c + <usize>i * rowBytesC, 0, <usize>n << 2);
  }
  const kBlock = blockSize(k, BLOCK_K);
  const edge = scratch;
  const panelsA = edge + TILE_BYTES;
  const panelsB = panelsA + (<usize>(min(m, BLOCK_M) * kBlock) << 2);
  // #region blocks
  for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
    const nc = min(BLOCK_N, n - n0);
    for (let k0 = 0; k0 < k; k0 += kBlock) {
      const kc = min(kBlock, k - k0);
      const add = accumulate | i32(k0 > 0);
      packB(kc, nc, b + <usize>k0 * rowBytesB + <usize>n0 * columnBytesB, rowBytesB, columnBytesB, panelsB);
      for (let m0 = 0; m0 < m; m0 += BLOCK_M) {
        const mc = min(BLOCK_M, m - m0);
        packA(mc, kc, a + <usize>m0 * rowBytesA + <usize>k0 * columnBytesA, rowBytesA, columnBytesA, panelsA);
        for (let j = 0; j < nc; j += TILE_COLUMNS) {
          const columns = min(TILE_COLUMNS, nc - j);
          const panelB = panelsB + (<usize>(j * kc) << 2);
          for (let i = 0; i < mc; i += TILE_ROWS) {
            const rows = min(TILE_ROWS, mc - i);
            const panelA = panelsA + (<usize>(i * kc) << 2);
            const tile = c + <usize>(m0 + i) * rowBytesC + (<usize>(n0 + j) << 2);
            if (columns == TILE_COLUMNS) multiply(rows, kc, panelA, panelB, tile, rowBytesC, add);
            else {
              multiply(rows, kc, panelA, panelB, edge, 32, 0);
              copyEdge(rows, columns, edge, tile, rowBytesC, add);
            }
          }
        }
      }
    }
  }
  // #endregion blocks
}

/**
 * `count` products, one after the other, whose matrices lie so many elements apart; a step of 0 means the same matrix each
 * time. Products into one matrix are added up there.
 */
export function sgemms(
  count: i32, stepA: i32, stepB: i32, stepC: i32, m: i32, n: i32, k: i32, a: usize, rowA: i32, columnA: i32,
  b: usize, rowB: i32, columnB: i32, c: usize, rowC: i32, accumulate: i32, scratch: usize,
): void {
  for (let i = 0; i < count; i++) {
    sgemm(m, n, k, a, rowA, columnA, b, rowB, columnB, c, rowC, accumulate | i32(i > 0 && stepC == 0), scratch);
    a += <usize>stepA << 2;
    b += <usize>stepB << 2;
    c += <usize>stepC << 2;
  }
}

/**
 * `sgemm` for a few rows, such as a linear layer's of one image, where the rows of A and the columns of B are contiguous: every
 * number of B is read once, and nothing is copied.
 */
export function multiplyFewRows(
  m: i32, n: i32, k: i32, a: usize, rowA: i32, b: usize, columnB: i32, c: usize, rowC: i32, accumulate: i32,
): void {
  const rowBytesA = <usize>rowA << 2, columnBytesB = <usize>columnB << 2, rowBytesC = <usize>rowC << 2;
  for (let j = 0; j < n; j += 4) {
    const isWhole = j + 4 <= n;
    for (let i = 0; i < m; i++) {
      const row = a + <usize>i * rowBytesA, to = c + <usize>i * rowBytesC;
      if (isWhole) multiplyRow4(k, row, b, columnBytesB, to, accumulate);
      else for (let left = 0; left < n - j; left++) multiplyRow(k, row, b + <usize>left * columnBytesB, to + (<usize>left << 2), accumulate);
    }
    b += 4 * columnBytesB;
    c += 16;
  }
}

/** c [4] = a [k] * b [k, 4], whose columns are contiguous. The lanes are partial sums, two for each column. */
export function multiplyRow4(k: i32, a: usize, b0: usize, columnBytes: usize, c: usize, accumulate: i32): void {
  const b1 = b0 + columnBytes, b2 = b1 + columnBytes, b3 = b2 + columnBytes;
  let near0 = f32x4.splat(0), near1 = f32x4.splat(0), near2 = f32x4.splat(0), near3 = f32x4.splat(0);
  let far0 = f32x4.splat(0), far1 = f32x4.splat(0), far2 = f32x4.splat(0), far3 = f32x4.splat(0);
  let at: usize = 0;
  const end = <usize>k << 2;
  for (; at + 32 <= end; at += 32) {
    const near = v128.load(a + at), far = v128.load(a + at, 16);
    near0 = madd(near, v128.load(b0 + at), near0);
    far0 = madd(far, v128.load(b0 + at, 16), far0);
    near1 = madd(near, v128.load(b1 + at), near1);
    far1 = madd(far, v128.load(b1 + at, 16), far1);
    near2 = madd(near, v128.load(b2 + at), near2);
    far2 = madd(far, v128.load(b2 + at, 16), far2);
    near3 = madd(near, v128.load(b3 + at), near3);
    far3 = madd(far, v128.load(b3 + at, 16), far3);
  }
  for (; at < end; at += 4) {
    const one = v128.load32_zero(a + at);
    near0 = madd(one, v128.load32_zero(b0 + at), near0);
    near1 = madd(one, v128.load32_zero(b1 + at), near1);
    near2 = madd(one, v128.load32_zero(b2 + at), near2);
    near3 = madd(one, v128.load32_zero(b3 + at), near3);
  }
  near0 = f32x4.add(near0, far0);
  near1 = f32x4.add(near1, far1);
  near2 = f32x4.add(near2, far2);
  near3 = f32x4.add(near3, far3);
  const low01 = v128.shuffle<f32>(near0, near1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(near0, near1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(near2, near3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(near2, near3, 2, 6, 3, 7);
  const pairs01 = f32x4.add(low01, high01), pairs23 = f32x4.add(low23, high23);
  const sums = f32x4.add(
    v128.shuffle<f32>(pairs01, pairs23, 0, 1, 4, 5), v128.shuffle<f32>(pairs01, pairs23, 2, 3, 6, 7),
  );
  v128.store(c, accumulate ? f32x4.add(sums, v128.load(c)) : sums);
}

/** One column of that, added up in the same order. */
function multiplyRow(k: i32, a: usize, b: usize, c: usize, accumulate: i32): void {
  let near = f32x4.splat(0), far = f32x4.splat(0);
  let at: usize = 0;
  const end = <usize>k << 2;
  for (; at + 32 <= end; at += 32) {
    near = madd(v128.load(a + at), v128.load(b + at), near);
    far = madd(v128.load(a + at, 16), v128.load(b + at, 16), far);
  }
  for (; at < end; at += 4) near = madd(v128.load32_zero(a + at), v128.load32_zero(b + at), near);
  near = f32x4.add(near, far);
  const pairs = f32x4.add(near, v128.shuffle<f32>(near, near, 2, 3, 2, 3));
  const sum = f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  store<f32>(c, accumulate ? sum + load<f32>(c) : sum);
}

/** The first columns of an edge tile to, or onto, where they belong. */
function copyEdge(rows: i32, columns: i32, edge: usize, tile: usize, rowBytes: usize, add: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = <usize>j << 2;
      const value = load<f32>(edge + at);
      store<f32>(tile + at, add ? value + load<f32>(tile + at) : value);
    }
    edge += 32;
    tile += rowBytes;
  }
}

/** a [m, k] into panels of TILE_ROWS rows, each [k, rows]; the last one has the rows that are left. */
function packA(m: i32, k: i32, a: usize, rowBytes: usize, columnBytes: usize, to: usize): void {
  for (let i = 0; i < m; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, m - i);
    const panel = a + <usize>i * rowBytes;
    let done = 0;
    if (columnBytes == 4 && rows == TILE_ROWS) {
      for (; done + 4 <= k; done += 4) {
        let from = panel + (<usize>done << 2);
        for (let r = 0; r < TILE_ROWS; r++) {
          const four = v128.load(from);
          const at = to + (<usize>r << 2);
          v128.store_lane<f32>(at, four, 0);
          v128.store_lane<f32>(at, four, 1, TILE_ROWS * 4);
          v128.store_lane<f32>(at, four, 2, TILE_ROWS * 8);
          v128.store_lane<f32>(at, four, 3, TILE_ROWS * 12);
          from += rowBytes;
        }
        to += TILE_ROWS * 16;
      }
    }
    for (; done < k; done++) {
      let from = panel + <usize>done * columnBytes;
      for (let r = 0; r < rows; r++) {
        store<f32>(to, load<f32>(from));
        from += rowBytes;
        to += 4;
      }
    }
  }
}

/** b [k, n] into panels of 8 columns, each [k, 8]; the columns that the last one lacks are 0. */
function packB(k: i32, n: i32, b: usize, rowBytes: usize, columnBytes: usize, to: usize): void {
  for (let j = 0; j < n; j += TILE_COLUMNS) {
    const columns = min(TILE_COLUMNS, n - j);
    let from = b + <usize>j * columnBytes;
    let done = 0;
    if (columns == TILE_COLUMNS && columnBytes == 4) {
      for (; done < k; done++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += rowBytes;
        to += 32;
      }
    } else if (columns == TILE_COLUMNS && rowBytes == 4) {
      for (; done + 4 <= k; done += 4) {
        transpose4x4(from, columnBytes, to);
        transpose4x4(from + 4 * columnBytes, columnBytes, to + 16);
        from += 16;
        to += 128;
      }
    }
    for (; done < k; done++) {
      let column = from;
      for (let x = 0; x < columns; x++) {
        store<f32>(to + (<usize>x << 2), load<f32>(column));
        column += columnBytes;
      }
      for (let x = columns; x < TILE_COLUMNS; x++) store<f32>(to + (<usize>x << 2), 0);
      from += rowBytes;
      to += 32;
    }
  }
}

/** Four columns of four numbers into four rows, which lie 32 bytes apart. */
@inline
function transpose4x4(from: usize, columnBytes: usize, to: usize): void {
  const c0 = v128.load(from), c1 = v128.load(from + columnBytes);
  const c2 = v128.load(from + 2 * columnBytes), c3 = v128.load(from + 3 * columnBytes);
  const low01 = v128.shuffle<f32>(c0, c1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(c0, c1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(c2, c3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(c2, c3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
}

/** Every row of y [m, n] becomes the bias [n]: what a product with bias adds itself to. */
export function fillRows(m: i32, n: i32, bias: usize, y: usize): void {
  const bytes = <usize>n << 2;
  for (let i = 0; i < m; i++) {
    memory.copy(y, bias, bytes);
    y += bytes;
  }
}
