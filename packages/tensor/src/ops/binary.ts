/** Functions of two numbers, applied element by element with NumPy's broadcasting. */
import { UsageError } from '../errors.js';
import type { BinaryName, None } from '../kernels.js';
import type { Op, VectorJacobianProduct } from '../op.js';
import type { DType } from '../spec.js';
import { type Tensor, valueIn } from '../tensor.js';
import { broadcastShapes, checkDType, checkNumber, checkSameDType, none, one } from './common.js';
import { scalarLike } from './create.js';
import { where } from './select.js';
import { sumTo } from './shape.js';
import { log, neg } from './unary.js';

/** A tensor, or a JS number, which takes the dtype of the tensor beside it. */
export type Operand = Tensor | number;

const floats: readonly DType[] = ['float32', 'float64'];
const numbers: readonly DType[] = [...floats, 'int32'];
const any: readonly DType[] = [...numbers, 'uint8', 'bool'];

/* @__NO_SIDE_EFFECTS__ */
function binary(
  name: BinaryName,
  takes: readonly DType[],
  vjp: null | VectorJacobianProduct<None>,
  { saves = ['inputs'], gives }: { saves?: readonly ('inputs' | 'outputs')[]; gives?: DType } = {},
): Op<None> {
  return {
    name,
    vjp,
    saves,
    infer: ([a, b]) => {
      checkSameDType(name, a!, b!);
      checkDType(name, takes, a!);
      return [{ shape: broadcastShapes(name, a!.shape, b!.shape), dtype: gives ?? a!.dtype }];
    },
  };
}

/** Runs a binary op where one side may be a number. */
function pair(op: Op<None>, a: Operand, b: Operand): Tensor {
  if (typeof a !== 'number' && typeof b !== 'number') return one(op, [a, b], none);
  if (typeof a === 'number' && typeof b === 'number')
    throw new UsageError(`${op.name}: one of the two must be a tensor; got ${a} and ${b}`);
  const [x, number] = (typeof a === 'number' ? [b, a] : [a, b]) as [Tensor, number];
  valueIn(x, `${op.name}, input ${typeof a === 'number' ? 1 : 0}`); // names the mistake where x is no tensor
  checkNumber(op.name, x.dtype, number);
  const scalar = scalarLike(x, number);
  try {
    return one(op, typeof a === 'number' ? [scalar, x] : [x, scalar], none);
  } finally {
    scalar.dispose();
  }
}

// #region add
const addOp = binary(
  'add',
  numbers,
  ([dy], { inputs: [a, b], wanted }) => [
    wanted[0] ? sumTo(dy!, a!.shape) : undefined,
    wanted[1] ? sumTo(dy!, b!.shape) : undefined,
  ],
  { saves: [] },
);
// #endregion add

const subOp = binary(
  'sub',
  numbers,
  ([dy], { inputs: [a, b], wanted }) => [
    wanted[0] ? sumTo(dy!, a!.shape) : undefined,
    wanted[1] ? neg(sumTo(dy!, b!.shape)) : undefined,
  ],
  { saves: [] },
);

// #region mul
const mulOp = binary('mul', numbers, ([dy], { inputs: [a, b], wanted }) => [
  wanted[0] ? sumTo(mul(dy!, b!), a!.shape) : undefined,
  wanted[1] ? sumTo(mul(dy!, a!), b!.shape) : undefined,
]);
// #endregion mul

const divOp = binary(
  'div',
  floats,
  ([dy], { inputs: [a, b], outputs: [y], wanted }) => {
    const da = div(dy!, b!);
    return [wanted[0] ? sumTo(da, a!.shape) : undefined, wanted[1] ? sumTo(neg(mul(da, y!)), b!.shape) : undefined];
  },
  { saves: ['inputs', 'outputs'] },
);

const powOp = binary(
  'pow',
  floats,
  ([dy], { inputs: [a, b], outputs: [y], wanted }) => [
    // 0 for an exponent of 0, also at a base of 0, where a^(b-1) is infinite.
    wanted[0] ? sumTo(mul(dy!, where(equal(b!, 0), 0, mul(b!, pow(a!, sub(b!, 1))))), a!.shape) : undefined,
    // a^b log a tends to 0 with a where b >= 0.
    wanted[1] ? sumTo(mul(dy!, where(logicalAnd(equal(a!, 0), greaterEqual(b!, 0)), 0, mul(y!, log(a!)))), b!.shape) : undefined,
  ],
  { saves: ['inputs', 'outputs'] },
);

/** The share of a maximum's or minimum's gradient that goes to one side: all of it, or half at a tie. */
// #region maximum
const share = (dy: Tensor, wins: Tensor, ties: Tensor): Tensor => where(ties, mul(dy, 0.5), where(wins, dy, 0));

const maximumOp = binary('maximum', numbers, ([dy], { inputs: [a, b] }) => {
  const ties = equal(a!, b!);
  return [sumTo(share(dy!, greater(a!, b!), ties), a!.shape), sumTo(share(dy!, less(a!, b!), ties), b!.shape)];
});
// #endregion maximum

const minimumOp = binary('minimum', numbers, ([dy], { inputs: [a, b] }) => {
  const ties = equal(a!, b!);
  return [sumTo(share(dy!, less(a!, b!), ties), a!.shape), sumTo(share(dy!, greater(a!, b!), ties), b!.shape)];
});

/* @__NO_SIDE_EFFECTS__ */
const compare = (name: BinaryName): Op<None> => binary(name, any, null, { gives: 'bool' });
/* @__NO_SIDE_EFFECTS__ */
const logic = (name: BinaryName): Op<None> => binary(name, ['bool'], null);
const equalOp = compare('equal');
const notEqualOp = compare('notEqual');
const lessOp = compare('less');
const lessEqualOp = compare('lessEqual');
const greaterOp = compare('greater');
const greaterEqualOp = compare('greaterEqual');
const logicalAndOp = logic('logicalAnd');
const logicalOrOp = logic('logicalOr');
const logicalXorOp = logic('logicalXor');

/** a + b. */
export const add = (a: Operand, b: Operand): Tensor => pair(addOp, a, b);
/** a - b. */
export const sub = (a: Operand, b: Operand): Tensor => pair(subOp, a, b);
/** a b, element by element. */
export const mul = (a: Operand, b: Operand): Tensor => pair(mulOp, a, b);
/** a / b. Whole numbers must be cast first. */
export const div = (a: Operand, b: Operand): Tensor => pair(divOp, a, b);
/** a^b. */
export const pow = (a: Operand, b: Operand): Tensor => pair(powOp, a, b);
/** The larger of a and b; NaN if one is NaN. At a tie each side gets half of the gradient. */
export const maximum = (a: Operand, b: Operand): Tensor => pair(maximumOp, a, b);
/** The smaller of a and b; NaN if one is NaN. At a tie each side gets half of the gradient. */
export const minimum = (a: Operand, b: Operand): Tensor => pair(minimumOp, a, b);
/** Whether a = b, as bool. */
export const equal = (a: Operand, b: Operand): Tensor => pair(equalOp, a, b);
/** Whether a ≠ b, as bool. */
export const notEqual = (a: Operand, b: Operand): Tensor => pair(notEqualOp, a, b);
/** Whether a < b, as bool. */
export const less = (a: Operand, b: Operand): Tensor => pair(lessOp, a, b);
/** Whether a <= b, as bool. */
export const lessEqual = (a: Operand, b: Operand): Tensor => pair(lessEqualOp, a, b);
/** Whether a > b, as bool. */
export const greater = (a: Operand, b: Operand): Tensor => pair(greaterOp, a, b);
/** Whether a >= b, as bool. */
export const greaterEqual = (a: Operand, b: Operand): Tensor => pair(greaterEqualOp, a, b);
/** a and b, for bool. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor => pair(logicalAndOp, a, b);
/** a or b, for bool. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor => pair(logicalOrOp, a, b);
/** Either a or b, for bool. */
export const logicalXor = (a: Tensor, b: Tensor): Tensor => pair(logicalXorOp, a, b);
