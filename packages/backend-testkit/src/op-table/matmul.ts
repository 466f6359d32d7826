import { ops } from '@cnn/tensor';
import { f, int, type OpCase, row } from './op-case.js';

/** Products of matrices. */
export const products: readonly OpCase[] = [
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].flatMap(([transposeA, transposeB]) => {
    const options = { transposeA: transposeA!, transposeB: transposeB! };
    const what = `${transposeA ? 'aT' : 'a'} ${transposeB ? 'bT' : 'b'}`;
    const a = transposeA ? [3, 2] : [2, 3];
    const b = transposeB ? [4, 3] : [3, 4];
    return [
      row('matmul', what, [f(...a), f(...b)], (x, y) => ops.matmul(x, y, options)),
      row('matmul', `${what}, batches that broadcast`, [f(2, 1, ...a), f(3, ...b)], (x, y) => ops.matmul(x, y, options)),
    ];
  }),
  row('matmul', 'a row by a matrix', [f(3), f(3, 2)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a row by a transposed matrix', [f(3), f(2, 3)], (x, y) => ops.matmul(x, y, { transposeB: true })),
  row('matmul', 'a matrix by a column', [f(2, 3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'batched matrices by a column', [f(2, 2, 3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a row by a column', [f(3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a matrix by itself', [f(3, 3)], x => ops.matmul(x, x)),
  row('matmul', 'an empty inner axis', [f(2, 0), f(0, 3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'no rows', [f(0, 2), f(2, 3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'int32', [int(2, 3), int(3, 2)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'int32, bT', [int(2, 3), int(4, 3)], (x, y) => ops.matmul(x, y, { transposeB: true })),
  row('matmul', 'three axes of batches', [f(2, 1, 2, 2, 3), f(2, 2, 1, 3, 2)], (x, y) => ops.matmul(x, y)),
  row('linear', '', [f(4, 3), f(2, 3)], (x, w) => ops.linear(x, w)),
  row('linear', 'bias', [f(4, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'relu', [f(4, 3), f(2, 3)], (x, w) => ops.linear(x, w, undefined, { activation: 'relu' })),
  row('linear', 'bias and relu', [f(4, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b, { activation: 'relu' })),
  row('linear', 'leading axes', [f(2, 1, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'one row', [f(3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'no rows', [f(0, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
];
