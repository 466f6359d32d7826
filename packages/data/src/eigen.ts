/** The eigenvalues of a symmetric matrix, the largest first, with eigenvectors of length 1 as rows. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections make it tridiagonal, then QL steps with implicit shifts
 * make it diagonal (Martin, Reinsch and Wilkinson, 1968; Bowdler et al., 1968; Golub and Van Loan, "Matrix computations", sections 8.3.1 and 8.3.3). The time grows with the third
 * power of the size. The sign of a vector is such that its largest entry is positive.
 *
 * @param matrix - `[size, size]` in rows; used up.
 */
export function symmetricEigen(matrix: readonly Float64Array[]): Eigen {
  const size = matrix.length;
  const { diagonal, beside, reflections } = tridiagonalised(matrix);
  const vectors = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size);
    row[i] = 1;
    return row;
  });
  diagonalise(diagonal, beside, vectors);
  // Row i is an eigenvector of the tridiagonal matrix T = Qᵀ A Q; Q = H0 H1 … brings it to one of A.
  for (const vector of vectors) {
    for (let step = reflections.length - 1; step >= 0; step--) reflect(vector, reflections[step]!, step + 1);
  }
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  return {
    values: Float64Array.from(order, i => diagonal[i]!),
    vectors: order.map(i => withPositiveLargest(vectors[i]!)),
  };
}

/** x - 2 v (vᵀ x) for a reflection v of length 1 that begins at position `start`. */
function reflect(x: Float64Array, v: Float64Array, start: number): void {
  let product = 0;
  for (let i = start; i < x.length; i++) product += v[i - start]! * x[i]!;
  for (let i = start; i < x.length; i++) x[i]! -= 2 * product * v[i - start]!;
}

/** T = Qᵀ A Q with nothing beside its three diagonals. */
function tridiagonalised(matrix: readonly Float64Array[]) {
  const size = matrix.length;
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const reflections: Float64Array[] = [];
  for (let step = 0; step < size; step++) {
    diagonal[step] = matrix[step]![step]!;
    const start = step + 1;
    if (start >= size) break;
    const v = matrix[step]!.slice(start);
    const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
    // The sign that adds up, so that no digits cancel.
    const entry = v[0]! > 0 ? -length : length;
    beside[step] = entry;
    v[0]! -= entry;
    const scale = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
    if (scale > 0) for (let i = 0; i < v.length; i++) v[i]! /= scale;
    reflections.push(v);
    // (I - 2 v vᵀ) B (I - 2 v vᵀ) = B - v wᵀ - w vᵀ, where p = 2 B v and w = p - (vᵀ p) v.
    const w = new Float64Array(v.length);
    let product = 0;
    for (let i = 0; i < v.length; i++) {
      const row = matrix[start + i]!;
      let sum = 0;
      for (let j = 0; j < v.length; j++) sum += row[start + j]! * v[j]!;
      w[i] = 2 * sum;
      product += v[i]! * 2 * sum;
    }
    for (let i = 0; i < v.length; i++) w[i]! -= product * v[i]!;
    for (let i = 0; i < v.length; i++) {
      const row = matrix[start + i]!;
      const [vi, wi] = [v[i]!, w[i]!];
      for (let j = 0; j < v.length; j++) row[start + j]! -= vi * w[j]! + wi * v[j]!;
    }
  }
  return { diagonal, beside, reflections };
}

/** QL steps with implicit shifts on a tridiagonal matrix; every rotation is done to the rows of `vectors`, too. */
function diagonalise(diagonal: Float64Array, beside: Float64Array, vectors: readonly Float64Array[]): void {
  const size = diagonal.length;
  for (let first = 0; first < size; first++) {
    for (;;) {
      let last = first;
      while (last < size - 1) {
        const around = Math.abs(diagonal[last]!) + Math.abs(diagonal[last + 1]!);
        if (Math.abs(beside[last]!) <= Number.EPSILON * around) break;
        last++;
      }
      if (last === first) break;
      // Wilkinson's shift.
      let g = (diagonal[first + 1]! - diagonal[first]!) / (2 * beside[first]!);
      g = diagonal[last]! - diagonal[first]! + beside[first]! / (g + Math.sign(g || 1) * Math.hypot(g, 1));
      let [sine, cosine, moved] = [1, 1, 0];
      let i = last - 1;
      for (; i >= first; i--) {
        const f = sine * beside[i]!;
        const b = cosine * beside[i]!;
        const r = Math.hypot(f, g);
        beside[i + 1] = r;
        if (r === 0) {
          diagonal[i + 1]! -= moved;
          beside[last] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = diagonal[i + 1]! - moved;
        const s = (diagonal[i]! - g) * sine + 2 * cosine * b;
        moved = sine * s;
        diagonal[i + 1] = g + moved;
        g = cosine * s - b;
        rotate(vectors[i]!, vectors[i + 1]!, cosine, sine);
      }
      if (i >= first) continue;
      diagonal[first]! -= moved;
      beside[first] = g;
      beside[last] = 0;
    }
  }
}

function rotate(row: Float64Array, next: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < row.length; k++) {
    const [a, b] = [row[k]!, next[k]!];
    next[k] = sine * a + cosine * b;
    row[k] = cosine * a - sine * b;
  }
}

function withPositiveLargest(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? vector.map(value => -value) : vector;
}
