import { type MatmulAttrs, type None, type Shape, sizeOf } from '@cnn/tensor';
import type { Part } from '../threads/parallel.js';
import { productsWorth } from './grain.js';
import type { Runtime, WasmKernel } from './kernel.js';

/** A matrix in memory: element (i, j) lies at `pointer` + 4 (i * row + j * column) bytes. */
export interface Matrix {
  readonly pointer: number;
  readonly row: number;
  readonly column: number;
}

/** A run of products whose matrices lie so many elements apart; 0: the same matrix each time, and products into one are added up. */
export interface Steps {
  readonly count: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** c = a * b, or c += a * b; the rows of c are contiguous. Transposed operands swap their strides. */
type Product = (a: Matrix, b: Matrix, c: Omit<Matrix, 'column'>, accumulate?: boolean, steps?: Steps) => void;

/** Most rows for which nothing is copied, where that is possible, and the multiplications of these that are worth a thread. */
const FEW_ROWS = 4;
const FEW_ROWS_GRAIN = 50_000;
const single: Steps = { count: 1, a: 0, b: 0, c: 0 };

/** Products [m, k] * [k, n], which share their scratch memory. Threads share the products of a run, or the longer side of one. */
export function products(runtime: Runtime, m: number, n: number, k: number): Product {
  const { exports, scratch } = runtime;
  const rooms = new Map<number, number>();
  const roomOf = (first: number, m: number, n: number): number => {
    const room = rooms.get(first) ?? scratch(exports.sgemmScratch(m, n, k) >>> 0);
    rooms.set(first, room);
    return room;
  };
  return (a, b, c, accumulate = false, { count, ...step } = single) => {
    if (m <= FEW_ROWS && k > 0 && count === 1 && a.column === 1 && b.row === 1) {
      runtime.over(n, Math.max(4, Math.ceil(FEW_ROWS_GRAIN / (m * k))), 'multiplyFewRows', (first, some) => [
        ...([m, some, k, a.pointer, a.row, b.pointer + 4 * first * b.column, b.column] as const),
        ...([c.pointer + 4 * first, c.row, Number(accumulate)] as const),
      ]);
      return;
    }
    const part = (first: number, count: number, [m0, rows]: Part, [n0, columns]: Part): Parameters<typeof exports.sgemms> => [
      ...([count, step.a, step.b, step.c, rows, columns, k] as const),
      ...([a.pointer + 4 * (first * step.a + m0 * a.row), a.row, a.column] as const),
      ...([b.pointer + 4 * (first * step.b + n0 * b.column), b.row, b.column] as const),
      ...([c.pointer + 4 * (first * step.c + m0 * c.row + n0), c.row, Number(accumulate)] as const),
      roomOf(first + m0 + n0, rows, columns),
    ];
    if (step.c !== 0 && count >= runtime.threads) {
      runtime.over(count, productsWorth(m * n * k), 'sgemms', (first, some) => part(first, some, [0, m], [0, n]));
    } else if (n >= m) {
      runtime.over(n, Math.max(8, productsWorth(m * k)), 'sgemms', (first, some) => part(0, count, [0, m], [first, some]));
    } else {
      runtime.over(m, Math.max(6, productsWorth(n * k)), 'sgemms', (first, some) => part(0, count, [first, some], [0, n]));
    }
  };
}

/** Products of matrices, batched and broadcast; operands are read where they lie, transposed or not. */
const batchedProduct: WasmKernel<MatmulAttrs> = (runtime, [a, b], { transposeA, transposeB }, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const { shape } = output!;
  const y = runtime.allocate(output!);
  if (sizeOf(shape) === 0) return [y];
  const [m, n] = shape.slice(-2) as [number, number];
  const k = a!.shape.at(transposeA ? -2 : -1)!;
  const batch = shape.slice(0, -2);
  const batchA = a!.shape.slice(0, -2);
  const batchB = b!.shape.slice(0, -2);
  // One matrix b for all of a is one product with the rows of all of a.
  const join = sizeOf(batchB) === 1 && !transposeA && sizeOf(batchA) === sizeOf(batch);
  const matrices = join ? 1 : sizeOf(batch);
  const multiply = products(runtime, join ? m * sizeOf(batch) : m, n, k);
  for (let i = 0; i < matrices; i++) {
    const left = a!.buffer.pointer + 4 * m * k * sourceMatrix(i, batch, batchA);
    const right = b!.buffer.pointer + 4 * k * n * sourceMatrix(i, batch, batchB);
    multiply(
      transposeA ? { pointer: left, row: 1, column: m } : { pointer: left, row: k, column: 1 },
      transposeB ? { pointer: right, row: 1, column: k } : { pointer: right, row: n, column: 1 },
      { pointer: y.pointer + 4 * m * n * i, row: n },
    );
  }
  return [y];
};

/** Which matrix of an operand, whose leading axes are `source`, takes part in product `index` of the batch. */
function sourceMatrix(index: number, batch: Shape, source: Shape): number {
  let matrix = 0;
  let step = 1;
  for (let axis = 1; axis <= source.length; axis++) {
    const size = source.at(-axis)!;
    const along = batch.at(-axis)!;
    if (size > 1) matrix += (index % along) * step;
    index = Math.floor(index / along);
    step *= size;
  }
  return matrix;
}

/** x times the transposed weight, onto rows of the bias where there is one; perhaps with 0 for what is negative. */
const linear =
  (relu: boolean): WasmKernel<None> =>
  (runtime, [x, weight, bias], _, [output]) => {
    if (output!.dtype !== 'float32') return undefined;
    const [units, features] = weight!.shape as [number, number];
    const y = runtime.allocate(output!);
    if (sizeOf(output!.shape) === 0) return [y];
    const rows = sizeOf(output!.shape) / units;
    if (bias) runtime.exports.fillRows(rows, units, bias.buffer.pointer, y.pointer);
    products(runtime, rows, units, features)(
      { pointer: x!.buffer.pointer, row: features, column: 1 },
      { pointer: weight!.buffer.pointer, row: 1, column: features },
      { pointer: y.pointer, row: units },
      bias !== undefined,
    );
    if (relu) runtime.exports.relu(sizeOf(output!.shape), y.pointer, y.pointer);
    return [y];
  };

/** Matrix products, in float32. */
export const matmul = { matmul: batchedProduct, linear: linear(false), linearRelu: linear(true) };
