/**
 * Four elements at a time, and one at a time where fewer are left. Both run the same vector code, with `whole` a constant,
 * so that an element's result does not depend on where it lies, and a kernel is written once.
 */

@inline
export function get(p: usize, whole: bool): v128 {
  return whole ? v128.load(p) : v128.load32_zero(p);
}

@inline
export function put(p: usize, v: v128, whole: bool): void {
  if (whole) v128.store(p, v);
  else v128.store_lane<f32>(p, v, 0);
}

/** How many of n elements go in whole vectors. */
@inline
export function wholeOf(n: usize): usize {
  return n & ~3;
}

/** The sum of the four lanes, in double. */
@inline
export function sumLanes(v: v128): f64 {
  const pairs = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** The largest of the four lanes; NaN if one of them is. */
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 2, 3));
  return f32x4.extract_lane(f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 1, 1, 1)), 0);
}

/** The smallest of the four lanes; NaN if one of them is. */
@inline
export function minLanes(v: v128): f32 {
  const pairs = f32x4.min(v, v128.shuffle<f32>(v, v, 2, 3, 2, 3));
  return f32x4.extract_lane(f32x4.min(pairs, v128.shuffle<f32>(pairs, pairs, 1, 1, 1, 1)), 0);
}
