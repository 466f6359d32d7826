/** Functions of four float32, within about 2 units in the last place, with infinities, NaN and denormal numbers as they should be. */
import { madd } from './generated/madd';

@inline
const ln2High: f32 = 0.693359375;
@inline
const ln2Low: f32 = -2.12194440e-4;

/** e^x: e^r by a polynomial with x = n ln 2 + r, times 2^n. Coefficients: S. L. Moshier, Cephes, expf. */
export function exp4(x: v128): v128 {
  // Beyond these the result is 0 or infinity all the same; NaN passes.
  x = f32x4.min(f32x4.max(x, f32x4.splat(-104.5)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = madd(n, f32x4.splat(-ln2High), x);
  r = madd(n, f32x4.splat(-ln2Low), r);
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  const y = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  // 2^n in two factors, since n reaches from -151 to 128, beyond what one exponent holds.
  const exponent = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(exponent, half)));
}

@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** The natural logarithm. Coefficients: S. L. Moshier, Cephes, logf. */
@inline
export function log4(x: v128): v128 {
  const isDenormal = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, isDenormal);
  let exponent = i32x4.sub(i32x4.shr_u(scaled, 23), v128.bitselect(i32x4.splat(126 + 23), i32x4.splat(126), isDenormal));
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  // The mantissa in [sqrt(1/2), sqrt(2)), less 1.
  const isLow = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  exponent = i32x4.add(exponent, isLow);
  m = f32x4.add(f32x4.sub(m, f32x4.splat(1)), v128.and(m, isLow));
  const e = f32x4.convert_i32x4_s(exponent);

  const z = f32x4.mul(m, m);
  let p = madd(f32x4.splat(7.0376836292e-2), m, f32x4.splat(-1.1514610310e-1));
  p = madd(p, m, f32x4.splat(1.1676998740e-1));
  p = madd(p, m, f32x4.splat(-1.2420140846e-1));
  p = madd(p, m, f32x4.splat(1.4249322787e-1));
  p = madd(p, m, f32x4.splat(-1.6668057665e-1));
  p = madd(p, m, f32x4.splat(2.0000714765e-1));
  p = madd(p, m, f32x4.splat(-2.4999993993e-1));
  p = madd(p, m, f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = madd(e, f32x4.splat(ln2Low), y);
  y = madd(z, f32x4.splat(-0.5), y);
  let result = madd(e, f32x4.splat(ln2High), f32x4.add(m, y));

  // Infinity and NaN are their own logarithms, 0 has minus infinity, and negative numbers have none.
  result = v128.bitselect(result, x, f32x4.lt(x, f32x4.splat(Infinity)));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(NaN), result, f32x4.lt(x, f32x4.splat(0)));
}

/** The logarithm of one number. */
@inline
export function log1(x: f32): f32 {
  return f32x4.extract_lane(log4(f32x4.splat(x)), 0);
}

/** 1 / (1 + e^-x), from e^-|x|, which cannot overflow. */
@inline
export function sigmoid4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(e, f32x4.splat(1)));
}

/** Coefficients near 0: S. L. Moshier, Cephes, tanhf. */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, z), x, x);
  const e = exp4(f32x4.add(size, size));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const signed = v128.bitselect(x, large, f32x4.splat(-0.0));
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.625)));
}
