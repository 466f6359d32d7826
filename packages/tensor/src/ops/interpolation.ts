/** Matrices that resample one axis: row i holds the weights with which output i is made of the inputs. */
import { type Tensor, tensor } from '../tensor.js';

function matrix(
  { backend, dtype }: Tensor,
  rows: number,
  columns: number,
  fillRow: (row: number, add: (column: number, weight: number) => void) => void,
): Tensor {
  const weights = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    fillRow(row, (column, weight) => {
      weights[row * columns + column]! += weight;
    });
  }
  return tensor(backend, weights, { shape: [rows, columns], dtype: dtype === 'float64' ? 'float64' : 'float32' });
}

/** Output i is the mean of the inputs [start, stop) that `range` names: [rows, columns], like a tensor in dtype and backend. */
export const averagingMatrix = (
  like: Tensor,
  rows: number,
  range: (i: number) => readonly [number, number],
  columns: number,
): Tensor =>
  matrix(like, rows, columns, (i, add) => {
    const [start, stop] = range(i);
    for (let j = start; j < stop; j++) add(j, 1 / (stop - start));
  });

/** Output i is a weighted mean of the two inputs around `position(i)`, which is kept within the inputs: [rows, columns]. */
export const linearMatrix = (like: Tensor, rows: number, position: (i: number) => number, columns: number): Tensor =>
  matrix(like, rows, columns, (i, add) => {
    const at = Math.min(Math.max(position(i), 0), columns - 1);
    const left = Math.floor(at);
    add(left, 1 - (at - left));
    if (left + 1 < columns) add(left + 1, at - left);
  });
