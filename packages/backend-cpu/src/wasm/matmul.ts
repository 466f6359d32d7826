import { type MatmulAttrs, type None, type Shape, sizeOf } from '@cnn/tensor';
import type { Runtime, WasmKernel } from './kernel.js';

/** A matrix in memory: element (i, j) lies at `pointer` + 4 (i * row + j * column) bytes. */
export interface Matrix {
  readonly pointer: number;
  readonly row: number;
  readonly column: number;
}

/** c = a * b, or c += a * b; the rows of c are contiguous. Transposed operands swap their strides. */
type Product = (a: Matrix, b: Matrix, c: Omit<Matrix, 'column'>, accumulate?: boolean) => void;

/** Products [m, k] * [k, n], which share their scratch memory. */
export function products({ exports, scratch }: Runtime, m: number, n: number, k: number): Product {
  const room = scratch(exports.sgemmScratch(m, n, k) >>> 0);
  return (a, b, c, accumulate = false) =>
    exports.sgemm(m, n, k, a.pointer, a.row, a.column, b.pointer, b.row, b.column, c.pointer, c.row, Number(accumulate), room);
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

/** x times the transposed weight, onto rows of the bias where there is one. */
const linear: WasmKernel<None> = (runtime, [x, weight, bias], _, [output]) => {
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
  return [y];
};

/** Matrix products, in float32. */
export const matmul = { matmul: batchedProduct, linear };
