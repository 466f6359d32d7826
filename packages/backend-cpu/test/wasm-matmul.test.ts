import type { MatmulAttrs, Shape, Spec } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matmul } from '../src/wasm/matmul.js';
import { type Operand, operand, type Run, Sums, sizeOf, start } from './product-helpers.js';

const backends = { simd: await start('simd', matmul), relaxed: await start('relaxed', matmul) };

/** Element by element, straight from the definition. */
function naive(a: Operand, b: Operand, { transposeA, transposeB }: MatmulAttrs, shape: Shape): Sums {
  const sums = new Sums(sizeOf(shape));
  const k = a.shape.at(transposeA ? -2 : -1)!;
  for (let i = 0; i < sums.values.length; i++) {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    const [row, column] = index.slice(-2) as [number, number];
    const startA = firstOf(a, index);
    const startB = firstOf(b, index);
    const [rowA, columnA] = transposeA ? [1, a.shape.at(-1)!] : [a.shape.at(-1)!, 1];
    const [rowB, columnB] = transposeB ? [1, b.shape.at(-1)!] : [b.shape.at(-1)!, 1];
    for (let p = 0; p < k; p++) {
      sums.add(i, a.data[startA + row * rowA + p * columnA]! * b.data[startB + p * rowB + column * columnB]!);
    }
  }
  return sums;
}

/** The first element of the matrix that takes part at an index of the output. */
function firstOf({ shape }: Operand, index: readonly number[]): number {
  let matrix = 0;
  for (let axis = 0; axis < shape.length - 2; axis++) {
    const size = shape[axis]!;
    matrix = matrix * size + (size === 1 ? 0 : index[index.length - shape.length + axis]!);
  }
  return matrix * shape.at(-2)! * shape.at(-1)!;
}

function checkMatmul(run: Run, shapeA: Shape, shapeB: Shape, attrs: MatmulAttrs, shape: Shape): void {
  const operands = [operand(shapeA, 1), operand(shapeB, 2)] as const;
  const result = run('matmul', operands, attrs, shape);
  naive(...operands, attrs, shape).expectNear(result);
  expect(run('matmul', operands, attrs, shape)).toEqual(result);
}

const plain = { transposeA: false, transposeB: false };
const matrix = (rows: number, columns: number, transpose: boolean) => (transpose ? [columns, rows] : [rows, columns]);

describe.each(['simd', 'relaxed'] as const)('%s', build => {
  const { backend, run } = backends[build];

  test('matmul by hand', () => {
    const a = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const b = { shape: [3, 2], data: Float32Array.of(7, 8, 9, 10, 11, 12) };
    expect([...run('matmul', [a, b], plain, [2, 2])]).toEqual([58, 64, 139, 154]);
  });

  test.each([
    ['a vector by a matrix', 1, 33, 20],
    ['a matrix by a vector', 33, 1, 20],
    ['an inner product', 1, 1, 1000],
    ['an outer product', 17, 19, 1],
    ['an empty sum', 5, 9, 0],
    ['k over one block', 7, 9, 1300],
    ['m over one block', 200, 9, 5],
    ['n over one block', 7, 2050, 5],
    ['all over one block', 97, 1025, 513],
    ['the last linear layer of LeNet-5', 64, 10, 84],
  ])('matmul: %s', (_, m, n, k) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        checkMatmul(run, matrix(m, k, transposeA), matrix(k, n, transposeB), { transposeA, transposeB }, [m, n]);
      }
    }
  });

  test.each([
    ['one matrix b', [3, 2, 5, 7], [7, 4], [3, 2, 5, 4]],
    ['one matrix a', [5, 7], [3, 7, 4], [3, 5, 4]],
    ['axes of 1 on both sides', [3, 1, 5, 7], [1, 2, 7, 4], [3, 2, 5, 4]],
    ['axes of 1 in b', [3, 2, 5, 7], [3, 1, 7, 4], [3, 2, 5, 4]],
    ['leading ones', [1, 1, 5, 7], [7, 4], [1, 1, 5, 4]],
    ['an empty batch', [0, 5, 7], [7, 4], [0, 5, 4]],
    ['no rows', [2, 0, 7], [7, 4], [2, 0, 4]],
    ['no columns', [2, 5, 7], [2, 7, 0], [2, 5, 0]],
    ['empty sums', [2, 5, 0], [2, 0, 4], [2, 5, 4]],
  ])('batched matmul: %s', (_, a, b, y) => {
    checkMatmul(run, a, b, plain, y);
  });

  test('matmul of any shapes', () => {
    const size = fc.integer({ min: 1, max: 40 });
    const batch = fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), a: fc.boolean(), b: fc.boolean() }), {
      maxLength: 2,
    });
    fc.assert(
      fc.property(size, size, size, batch, fc.boolean(), fc.boolean(), (m, n, k, batch, transposeA, transposeB) => {
        const a = [...batch.map(axis => (axis.a ? axis.size : 1)), ...matrix(m, k, transposeA)];
        const b = [...batch.map(axis => (axis.b ? axis.size : 1)), ...matrix(k, n, transposeB)];
        const y = [...batch.map(axis => (axis.a || axis.b ? axis.size : 1)), m, n];
        checkMatmul(run, a, b, { transposeA, transposeB }, y);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['LeNet-5', [64], 120, 400],
    ['leading axes', [2, 3, 5], 6, 11],
    ['no leading axis', [], 6, 11],
    ['one unit', [7], 1, 13],
    ['one image', [1], 10, 84],
    ['no images', [0], 10, 84],
    ['no features', [3], 4, 0],
  ])('linear: %s', (_, leading, units, features) => {
    const x = operand([...leading, features], 3);
    const weight = operand([units, features], 4);
    const bias = operand([units], 5);
    const shape = [...leading, units];
    const rows = { ...x, shape: [sizeOf(leading), features] };
    const sums = naive(rows, weight, { transposeA: false, transposeB: true }, [sizeOf(leading), units]);
    sums.expectNear(run('linear', [x, weight], {}, shape));
    for (let i = 0; i < sums.values.length; i++) sums.add(i, bias.data[i % units]!);
    sums.expectNear(run('linear', [x, weight, bias], {}, shape));
  });

  test('float64 is left to the reference', () => {
    const view = (shape: Shape, data: Float64Array) => {
      const spec: Spec = { shape, dtype: 'float64' };
      return { ...spec, buffer: backend.write(data, spec) };
    };
    const output: Spec = { shape: [1, 1], dtype: 'float64' };
    const inputs = [view([1, 2], Float64Array.of(1, 1e-12)), view([2, 1], Float64Array.of(1, 1))];
    const [y] = backend.kernels.matmul(inputs, plain, [output], []) ?? [];
    expect(backend.readSync!(y!, output)).toEqual(Float64Array.of(1 + 1e-12));
    expect(backend.kernels.linear!(inputs, {}, [output], [])).toBeUndefined();
  });
});

test('pointers above 2 GiB', async () => {
  const { run } = await start('simd', matmul, 2.25 * 2 ** 30);
  checkMatmul(run, [3, 13, 17], [3, 17, 19], plain, [3, 13, 19]);
  checkMatmul(run, [17, 13], [19, 17], { transposeA: true, transposeB: true }, [13, 19]);
});
