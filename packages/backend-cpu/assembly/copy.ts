/** Copies of elements of four bytes between two layouts. */

/** n neighbours. A call of memory.copy costs more than it saves on short runs. */
@inline
function copyRun(n: usize, x: usize, y: usize): void {
  if (n >= 64) {
    memory.copy(y, x, n << 2);
    return;
  }
  let i: usize = 0;
  for (; i < (n & ~3); i += 4) v128.store(y + (i << 2), v128.load(x + (i << 2)));
  for (; i < n; i++) store<u32>(y + (i << 2), load<u32>(x + (i << 2)));
}

/** One element n times. */
@inline
function repeat(n: usize, x: usize, y: usize): void {
  const v = v128.load32_splat(x);
  let i: usize = 0;
  for (; i < (n & ~3); i += 4) v128.store(y + (i << 2), v);
  for (; i < n; i++) v128.store_lane<u32>(y + (i << 2), v, 0);
}

/** 4 x 4 elements: neighbours in x along the rows of y's columns. */
@inline
function transposeTile(x: usize, xStep: usize, y: usize, yStep: usize): void {
  const a = v128.load(x), b = v128.load(x + xStep), c = v128.load(x + 2 * xStep), d = v128.load(x + 3 * xStep);
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<u32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(y + yStep, v128.shuffle<u32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(y + 2 * yStep, v128.shuffle<u32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(y + 3 * yStep, v128.shuffle<u32>(ab1, cd1, 2, 3, 6, 7));
}

function copyElements(rows: usize, columns: usize, x: usize, xRow: usize, xColumn: usize, y: usize, yRow: usize, yColumn: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    let from = x + i * xRow, to = y + i * yRow;
    for (let j: usize = 0; j < columns; j++) {
      store<u32>(to, load<u32>(from));
      from += xColumn;
      to += yColumn;
    }
  }
}

/** y's columns are neighbours, and x's rows. */
function transpose(rows: usize, columns: usize, x: usize, xColumn: usize, y: usize, yRow: usize): void {
  const wholeRows = rows & ~3, wholeColumns = columns & ~3;
  for (let i: usize = 0; i < wholeRows; i += 4) {
    for (let j: usize = 0; j < wholeColumns; j += 4) transposeTile(x + (i << 2) + j * xColumn, xColumn, y + i * yRow + (j << 2), yRow);
  }
  copyElements(wholeRows, columns - wholeColumns, x + wholeColumns * xColumn, 4, xColumn, y + (wholeColumns << 2), yRow, 4);
  copyElements(rows - wholeRows, columns, x + (wholeRows << 2), 4, xColumn, y + wholeRows * yRow, yRow, 4);
}

/** Copies n0 x n1 x n2 x n3 elements; steps are bytes, 0 where x repeats, and negative where it runs backwards. */
export function copy4(
  n0: usize, n1: usize, n2: usize, n3: usize, x: usize, x0: usize, x1: usize, x2: usize, x3: usize,
  y: usize, y0: usize, y1: usize, y2: usize, y3: usize,
): void {
  for (let i: usize = 0; i < n0; i++) {
    for (let j: usize = 0; j < n1; j++) {
      const from = x + i * x0 + j * x1, to = y + i * y0 + j * y1;
      if (y3 == 4 && x3 == 4) {
        for (let k: usize = 0; k < n2; k++) copyRun(n3, from + k * x2, to + k * y2);
      } else if (y3 == 4 && x3 == 0) {
        for (let k: usize = 0; k < n2; k++) repeat(n3, from + k * x2, to + k * y2);
      } else if (y3 == 4 && x2 == 4) {
        transpose(n2, n3, from, x3, to, y2);
      } else {
        copyElements(n2, n3, from, x2, x3, to, y2, y3);
      }
    }
  }
}
