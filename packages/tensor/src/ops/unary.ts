/** Functions of one number, applied to each element, and their derivatives. */
import type { None, UnaryName } from '../kernels.js';
import type { Op } from '../op.js';
import type { DType } from '../spec.js';
import type { Tensor } from '../tensor.js';
import { add, div, greater, mul, sub } from './binary.js';
import { checkDType, checkSameDType, none, one } from './common.js';
import { where } from './select.js';

const floats: readonly DType[] = ['float32', 'float64'];
const numbers: readonly DType[] = [...floats, 'int32'];

/** What the derivative is made of: the gradient that comes in, the function's argument and its value. */
interface Point {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
}

/* @__NO_SIDE_EFFECTS__ */
function unary(
  name: UnaryName,
  saves: readonly ('inputs' | 'outputs')[],
  derivative: null | ((point: Point) => Tensor),
  { takes = floats, gives }: { takes?: readonly DType[]; gives?: DType } = {},
): Op<None> {
  return {
    name,
    infer: ([x]) => {
      checkDType(name, takes, x!);
      return [{ shape: x!.shape, dtype: gives ?? x!.dtype }];
    },
    vjp: derivative && (([dy], { inputs: [x], outputs: [y] }) => [derivative({ dy: dy!, x: x!, y: y! })]),
    saves,
  };
}

const negOp = unary('neg', [], ({ dy }) => neg(dy), { takes: numbers });
const absOp = unary('abs', ['inputs'], ({ dy, x }) => mul(dy, sign(x)), { takes: numbers });
const signOp = unary('sign', [], null, { takes: numbers });
const expOp = unary('exp', ['outputs'], ({ dy, y }) => mul(dy, y));
const expm1Op = unary('expm1', ['outputs'], ({ dy, y }) => mul(dy, add(y, 1)));
const logOp = unary('log', ['inputs'], ({ dy, x }) => div(dy, x));
const log1pOp = unary('log1p', ['inputs'], ({ dy, x }) => div(dy, add(x, 1)));
const sqrtOp = unary('sqrt', ['outputs'], ({ dy, y }) => div(dy, mul(y, 2)));
const rsqrtOp = unary('rsqrt', ['outputs'], ({ dy, y }) => mul(mul(dy, -0.5), mul(square(y), y)));
const squareOp = unary('square', ['inputs'], ({ dy, x }) => mul(dy, mul(x, 2)), { takes: numbers });
const reciprocalOp = unary('reciprocal', ['outputs'], ({ dy, y }) => neg(mul(dy, square(y))));
const floorOp = unary('floor', [], null);
const ceilOp = unary('ceil', [], null);
const roundOp = unary('round', [], null);
const sinOp = unary('sin', ['inputs'], ({ dy, x }) => mul(dy, cos(x)));
const cosOp = unary('cos', ['inputs'], ({ dy, x }) => neg(mul(dy, sin(x))));
// #region tanh
const tanhOp = unary('tanh', ['outputs'], ({ dy, y }) => mul(dy, sub(1, square(y))));
// #endregion tanh
// #region sigmoid
const sigmoidOp = unary('sigmoid', ['outputs'], ({ dy, y }) => mul(dy, mul(y, sub(1, y))));
// #endregion sigmoid
const erfOp = unary('erf', ['inputs'], ({ dy, x }) => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))));
const softplusOp = unary('softplus', ['inputs'], ({ dy, x }) => mul(dy, sigmoid(x)));
const reluOp = unary('relu', ['outputs'], ({ dy, y }) => one(reluGradOp, [y, dy], none), { takes: numbers });
const isFiniteOp = unary('isFinite', [], null, { gives: 'bool' });
const logicalNotOp = unary('logicalNot', [], null, { takes: ['bool'] });

/** The gradient of {@link relu}: [y, dy] gives dy where y > 0, else 0. */
export const reluGradOp: Op<None> = {
  name: 'reluGrad',
  infer: ([y, dy]) => {
    checkSameDType('reluGrad', y!, dy!);
    return [dy!];
  },
  // #region relu-gradient
  compose: ([y, dy]) => [where(greater(y!, 0), dy!, 0)],
  // #endregion relu-gradient
  vjp: ([d], { inputs: [y] }) => [undefined, one(reluGradOp, [y!, d!], none)],
  saves: ['inputs'],
};

/** -x. */
export const neg = (x: Tensor): Tensor => one(negOp, [x], none);
/** |x|. The derivative at 0 is 0. */
export const abs = (x: Tensor): Tensor => one(absOp, [x], none);
/** -1, 0 or 1 with the sign of x. No gradient flows. */
export const sign = (x: Tensor): Tensor => one(signOp, [x], none);
/** e^x. */
export const exp = (x: Tensor): Tensor => one(expOp, [x], none);
/** e^x - 1, exact near 0. */
export const expm1 = (x: Tensor): Tensor => one(expm1Op, [x], none);
/** The natural logarithm; NaN below 0. */
export const log = (x: Tensor): Tensor => one(logOp, [x], none);
/** log(1 + x), exact near 0. */
export const log1p = (x: Tensor): Tensor => one(log1pOp, [x], none);
/** The square root; NaN below 0. */
export const sqrt = (x: Tensor): Tensor => one(sqrtOp, [x], none);
/** 1 / sqrt(x). */
export const rsqrt = (x: Tensor): Tensor => one(rsqrtOp, [x], none);
/** x². */
export const square = (x: Tensor): Tensor => one(squareOp, [x], none);
/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => one(reciprocalOp, [x], none);
/** The next whole number down. No gradient flows. */
export const floor = (x: Tensor): Tensor => one(floorOp, [x], none);
/** The next whole number up. No gradient flows. */
export const ceil = (x: Tensor): Tensor => one(ceilOp, [x], none);
/** The nearest whole number, a half to the even one. No gradient flows. */
export const round = (x: Tensor): Tensor => one(roundOp, [x], none);
/** The sine of x in radians. */
export const sin = (x: Tensor): Tensor => one(sinOp, [x], none);
/** The cosine of x in radians. */
export const cos = (x: Tensor): Tensor => one(cosOp, [x], none);
/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => one(tanhOp, [x], none);
/** σ(x) = 1 / (1 + e^-x), with σ' = σ (1 - σ). */
export const sigmoid = (x: Tensor): Tensor => one(sigmoidOp, [x], none);
/** The error function 2/√π ∫₀ˣ e^-t² dt. */
export const erf = (x: Tensor): Tensor => one(erfOp, [x], none);
/** log(1 + e^x), a smooth relu. */
export const softplus = (x: Tensor): Tensor => one(softplusOp, [x], none);
/** max(x, 0); the derivative at 0 is 0 (Nair and Hinton, 2010). */
export const relu = (x: Tensor): Tensor => one(reluOp, [x], none);
/** Whether x is neither NaN nor infinite, as bool. */
export const isFinite = (x: Tensor): Tensor => one(isFiniteOp, [x], none);
/** Not x, for bool. */
export const logicalNot = (x: Tensor): Tensor => one(logicalNotOp, [x], none);
