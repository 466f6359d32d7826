import type { TypedArray } from '@cnn/tensor';
import type { ReferenceKernels } from '../reference-kernel.js';
import { broadcast, contiguous, eachRow, type Layout } from '../strided.js';

/** Matrix products, summed in double, or in int32 with wrap-around. Leading axes are broadcast. */
export const matmul: Pick<ReferenceKernels, 'matmul'> = {
  matmul: ([a, b], { transposeA, transposeB }, [y]) => {
    const batch = y!.shape.slice(0, -2);
    const [m, n] = y!.shape.slice(-2) as [number, number];
    const k = a!.shape.at(transposeA ? -2 : -1)!;
    const leading = ({ strides }: Layout): Layout => ({ offset: 0, strides: strides.slice(0, -2) });
    const layouts = [
      leading(broadcast(a!.shape, [...batch, ...a!.shape.slice(-2)])),
      leading(broadcast(b!.shape, [...batch, ...b!.shape.slice(-2)])),
      leading(contiguous(y!.shape)),
    ];
    const whole = y!.dtype === 'int32';
    const line = new Float64Array(k);
    const sums = new Float64Array(n);
    eachRow(batch, layouts, (length, at, step) => {
      for (let matrix = 0; matrix < length; matrix++) {
        const [left, right, target] = at.map((start, i) => start + matrix * step[i]!) as [number, number, number];
        for (let row = 0; row < m; row++) {
          readLine(a!.data, transposeA ? left + row : left + row * k, transposeA ? m : 1, line);
          if (whole) dotWholes(line, b!.data, right, transposeB ? [k, 1] : [1, n], sums);
          else if (transposeB) dotRows(line, b!.data, right, sums);
          else addScaledRows(line, b!.data, right, sums);
          y!.data.set(sums, target + row * n);
        }
      }
    });
  },
};

function readLine(from: TypedArray, start: number, step: number, line: Float64Array): void {
  for (let p = 0; p < line.length; p++) line[p] = from[start + p * step]!;
}

/** sums[j] = line . row j of b. */
function dotRows(line: Float64Array, b: TypedArray, start: number, sums: Float64Array): void {
  const k = line.length;
  for (let j = 0; j < sums.length; j++) {
    const row = start + j * k;
    let sum = 0;
    for (let p = 0; p < k; p++) sum += line[p]! * b[row + p]!;
    sums[j] = sum;
  }
}

/** sums[j] = line . column j of b in int32, whose products a double cannot hold; `steps` go to the next column and row. */
function dotWholes(line: Float64Array, b: TypedArray, start: number, steps: readonly [number, number], sums: Float64Array): void {
  for (let j = 0; j < sums.length; j++) {
    let sum = 0;
    for (let p = 0; p < line.length; p++) sum = (sum + Math.imul(line[p]!, b[start + j * steps[0] + p * steps[1]]!)) | 0;
    sums[j] = sum;
  }
}

/** sums = line[0] * row 0 of b + line[1] * row 1 of b + …: reads b in the order in which it lies in memory. */
function addScaledRows(line: Float64Array, b: TypedArray, start: number, sums: Float64Array): void {
  const n = sums.length;
  sums.fill(0);
  for (let p = 0; p < line.length; p++) {
    const scale = line[p]!;
    const row = start + p * n;
    for (let j = 0; j < n; j++) sums[j]! += scale * b[row + j]!;
  }
}
