/** a * b + c: in one rounding where the build has relaxed SIMD, in two elsewhere. Kernels that use it are written once. */
export const generate = relaxed => `
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ${relaxed ? 'f32x4.relaxed_madd(a, b, c)' : 'f32x4.add(f32x4.mul(a, b), c)'};
}
`;
