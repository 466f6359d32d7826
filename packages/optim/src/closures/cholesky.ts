/**
 * Solves A x = b for a symmetric positive definite A, by Cholesky's decomposition A = L Lᵀ (Golub and Van Loan, "Matrix
 * Computations", algorithm 4.2.1).
 *
 * @param matrix - [n, n], by rows; only its lower half is read.
 * @returns undefined where A is not positive definite.
 */
export function choleskySolve(matrix: readonly Float64Array[], b: Float64Array): Float64Array | undefined {
  const n = matrix.length;
  const lower = matrix.map(row => Float64Array.from(row));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      if (i > j) lower[i]![j] = sum / lower[j]![j]!;
      else if (sum > 0) lower[i]![i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}
