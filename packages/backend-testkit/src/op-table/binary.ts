import { ops } from '@cnn/tensor';
import { bool, f, given, int, type OpCase, pos, row, special, uint8, wide } from './op-case.js';

/** Shapes that broadcast: equal, along a leading, middle or last axis, both ways at once, of different rank, scalars, empty. */
const pairs: readonly (readonly [string, number[], number[]])[] = [
  ['equal shapes', [2, 3], [2, 3]],
  ['a vector beside a matrix', [2, 3], [3]],
  ['both ways', [2, 1, 3], [4, 1]],
  ['a scalar', [], [2, 2]],
  ['a single element of higher rank', [3], [1, 1, 1]],
  ['an empty axis', [0, 3], [1, 3]],
];
const { add, sub, mul, div, pow, maximum, minimum } = ops;
const { equal, notEqual, less, lessEqual, greater, greaterEqual, logicalAnd, logicalOr, logicalXor } = ops;

const broadcast: readonly OpCase[] = pairs.flatMap(([what, a, b]) => [
  ...Object.entries({ add, sub, mul, maximum, minimum }).map(([op, run]) => row(op, what, [f(...a), f(...b)], run)),
  ...Object.entries({ div, pow }).map(([op, run]) => row(op, what, [pos(...a), pos(...b)], run)),
  ...Object.entries({ equal, notEqual, less, lessEqual, greater, greaterEqual }).map(([op, run]) =>
    row(op, what, [int(...a), int(...b)], run),
  ),
  ...Object.entries({ logicalAnd, logicalOr, logicalXor }).map(([op, run]) => row(op, what, [bool(...a), bool(...b)], run)),
  row('where', what, [bool(...b), f(...a), f(...b)], ops.where),
]);

const infinity = Number.POSITIVE_INFINITY;
/** Pairs with what is not finite on either side. */
const left = [Number.NaN, 1, Number.NaN, infinity, infinity, -infinity, 3, -3];
const right = [1, Number.NaN, Number.NaN, infinity, -infinity, 2, 0, infinity];

/** Functions of two or three tensors, element by element, with broadcasting. */
export const binary: readonly OpCase[] = [
  ...broadcast,
  ...Object.entries({ add, sub, mul, div, pow, maximum, minimum }).flatMap(([op, run]) => [
    row(op, 'a number on the right', [pos(2, 3)], x => run(x, 1.3)),
    row(op, 'a number on the left', [pos(2, 3)], x => run(1.3, x)),
    row(op, 'one tensor on both sides', [pos(3)], x => (op === 'maximum' || op === 'minimum' ? run(x, 0.8) : run(x, x))),
  ]),
  ...Object.entries({ add, sub, mul, maximum, minimum }).map(([op, run]) => row(op, 'int32', [int(2, 3), int(3)], run)),
  ...Object.entries({ equal, notEqual, less, lessEqual, greater, greaterEqual }).flatMap(([op, run]) => [
    row(op, 'floats', [given('float', [1, 2, 2, 3]), given('float', [1, 1, 3, 3])], run),
    row(op, 'a number', [given('float', [1, 2, 3])], x => run(x, 2)),
  ]),
  row('equal', 'uint8', [uint8(4), uint8(4)], equal),
  row('equal', 'bool', [bool(4), bool(4)], equal),
  row('pow', 'negative bases with whole exponents', [wide(4)], x => [2, 3, 1, 0, -1].map(n => pow(x, n))),
  row('where', 'numbers', [bool(2, 3), f(2, 3)], (condition, x) => [ops.where(condition, x, 2), ops.where(condition, -1, x)]),
  row('where', 'the condition is the largest', [bool(2, 3), f(3), f(2, 1)], ops.where),
  ...Object.entries({ add, sub, mul, div, maximum, minimum, equal, notEqual, less, lessEqual, greater, greaterEqual }).map(
    ([op, run]) => special(op, 'NaN and infinities', [given('float', left), given('float', right)], run),
  ),
  special(
    'pow',
    'NaN and infinities',
    [
      given('float', [1, Number.NaN, -1, -1, 2, 0.5, 0, 0, 1, -2]),
      given('float', [Number.NaN, 0, infinity, -infinity, infinity, infinity, 0, 2, infinity, infinity]),
    ],
    pow,
  ),
  special(
    'where',
    'NaN where it is not wanted',
    [given('bool', [0, 1]), given('float', [Number.NaN, 1]), given('float', [2, Number.NaN])],
    ops.where,
  ),
];
