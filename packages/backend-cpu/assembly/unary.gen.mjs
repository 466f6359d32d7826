/** Functions of one number: per function one loop over n elements from x to y, which may be the same. */
const functions = {
  neg: 'f32x4.neg(x)',
  abs: 'f32x4.abs(x)',
  square: 'f32x4.mul(x, x)',
  sqrt: 'f32x4.sqrt(x)',
  rsqrt: 'f32x4.div(f32x4.splat(1), f32x4.sqrt(x))',
  reciprocal: 'f32x4.div(f32x4.splat(1), x)',
  floor: 'f32x4.floor(x)',
  ceil: 'f32x4.ceil(x)',
  round: 'f32x4.nearest(x)',
  // 0 where x < 0, else x: one instruction where f32x4.max takes many, and NaN passes.
  relu: 'f32x4.pmax(x, f32x4.splat(0))',
  exp: 'exp4(x)',
  log: 'log4(x)',
  sigmoid: 'sigmoid4(x)',
  tanh: 'tanh4(x)',
};

const loop = ([name, expression]) => `
@inline
function ${name}Of(x: v128): v128 {
  return ${expression};
}

export function ${name}(n: usize, x: usize, y: usize): void {
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) put(y + (i << 2), ${name}Of(get(x + (i << 2), true)), true);
  for (; i < n; i++) put(y + (i << 2), ${name}Of(get(x + (i << 2), false)), false);
}
`;

export const generate = () => `
import { exp4, log4, sigmoid4, tanh4 } from '../math';
import { get, put, wholeOf } from '../lanes';
${Object.entries(functions).map(loop).join('')}`;
