/**
 * Functions of two numbers with broadcasting: outer x middle rows of inner elements, where each operand has its own steps (in
 * bytes, 0 where it is broadcast) along the first two axes, and along the third is contiguous or a single number. A call
 * computes some rows from the first on; y is where these go.
 */
const functions = {
  add: 'f32x4.add(a, b)',
  sub: 'f32x4.sub(a, b)',
  mul: 'f32x4.mul(a, b)',
  div: 'f32x4.div(a, b)',
  maximum: 'f32x4.max(a, b)',
  minimum: 'f32x4.min(a, b)',
  /** The gradient of relu from its output a: b where a > 0. A NaN in a gives 0, as PyTorch's does. */
  reluGrad: 'v128.and(b, f32x4.gt(a, f32x4.splat(0)))',
};

/** One run of n elements; `a` and `b` are expressions of what element i reads. */
const run = (name, suffix, before, a, b) => `
function ${name}${suffix}(n: usize, a: usize, b: usize, y: usize): void {
  ${before}
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) put(y + (i << 2), ${name}Of(${a('true')}, ${b('true')}), true);
  for (; i < n; i++) put(y + (i << 2), ${name}Of(${a('false')}, ${b('false')}), false);
}
`;

const contiguous = operand => whole => `get(${operand} + (i << 2), ${whole})`;
const single = operand => () => `${operand}0`;

const family = ([name, expression]) => `
@inline
function ${name}Of(a: v128, b: v128): v128 {
  return ${expression};
}
${run(name, 'Both', '', contiguous('a'), contiguous('b'))}
${run(name, 'SingleA', 'const a0 = v128.load32_splat(a);', single('a'), contiguous('b'))}
${run(name, 'SingleB', 'const b0 = v128.load32_splat(b);', contiguous('a'), single('b'))}
export function ${name}(
  first: usize, rows: usize, middle: usize, inner: usize,
  a: usize, aOuter: usize, aMiddle: usize, aContiguous: bool, b: usize, bOuter: usize, bMiddle: usize, bContiguous: bool, y: usize,
): void {
  let i = first / middle, j = first % middle;
  for (let row: usize = 0; row < rows; row++) {
    const ap = a + i * aOuter + j * aMiddle, bp = b + i * bOuter + j * bMiddle;
    if (!aContiguous) ${name}SingleA(inner, ap, bp, y);
    else if (!bContiguous) ${name}SingleB(inner, ap, bp, y);
    else ${name}Both(inner, ap, bp, y);
    y += inner << 2;
    if (++j == middle) {
      j = 0;
      i++;
    }
  }
}
`;

export const generate = () => `
import { get, put, wholeOf } from '../lanes';
${Object.entries(functions).map(family).join('')}`;
