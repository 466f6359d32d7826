/** Numbers for tests: they look random, are the same in every run, and are made without the generator under test. */

/** The numbers 0 to n - 1 in a scrambled order. */
function scrambled(n: number, seed: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  // Lehmer's generator (Park and Miller, 1988).
  let state = (seed * 7919 + 12345) % 2147483647;
  for (let i = n - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const other = state % (i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/** `n` numbers in (-1, 1), at least 1.9 / n apart from each other and 0.1 / n from 0, so that no kink or tie is near. */
export function spread(n: number, seed = 1): Float64Array {
  const shift = 0.55 + 0.04 * (seed % 10);
  return Float64Array.from(scrambled(n, seed), i => (1.9 * (i + shift)) / n - 0.95);
}

/** `n` numbers in (0.5, 2), all different. */
export const positive = (n: number, seed = 1): Float64Array => spread(n, seed).map(x => 1.25 + 0.75 * x);

/** `n` whole numbers in [0, below). */
export const wholes = (n: number, below: number, seed = 1): Int32Array => Int32Array.from(scrambled(n, seed), i => i % below);
