/**
 * One row for each way in which an op can be called: every function of `ops` with all its attributes, over strides, paddings
 * per side, dilations, groups, images that are not square, sizes that do not divide, empty axes and axes of size 1.
 *
 * The rows know nothing of a test runner or a backend. The inputs lie away from kinks and ties, so that every row can be
 * differentiated numerically; what happens at kinks is tested by hand.
 */
import { type AnyBackend, type DType, ops, type Shape, type Tensor, tensor } from '@cnn/tensor';
import { positive, spread, wholes } from './numbers.js';

/** An input of a row. A `float` is of whichever float dtype the row is run in. */
export interface CaseInput {
  readonly shape: Shape;
  readonly dtype: 'float' | 'int32' | 'uint8' | 'bool';
  readonly numbers: ArrayLike<number>;
}

/** A row of the table. */
export interface OpCase {
  /** The function of `ops`. */
  readonly op: string;
  /** The function and what is special about the row; no two rows have the same. */
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  run(...inputs: Tensor[]): Tensor | readonly Tensor[];
}

/** The inputs of a row on a backend. */
export const inputsOf = ({ inputs }: OpCase, backend: AnyBackend, float: 'float32' | 'float64'): Tensor[] =>
  inputs.map(({ shape, dtype, numbers }) =>
    tensor(backend, Float64Array.from(numbers), { shape, dtype: dtype === 'float' ? float : dtype }),
  );

type MakeInput = (seed: number) => CaseInput;

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
const make =
  (shape: Shape, dtype: CaseInput['dtype'], numbers: (n: number, seed: number) => ArrayLike<number>): MakeInput =>
  seed => ({ shape, dtype, numbers: numbers(sizeOf(shape), seed) });

/** Numbers in (-1, 1). */
const f = (...shape: number[]): MakeInput => make(shape, 'float', spread);
/** Numbers in (-3, 3). */
const wide = (...shape: number[]): MakeInput => make(shape, 'float', (n, seed) => spread(n, seed).map(x => 3 * x));
/** Numbers in (0.5, 2). */
const pos = (...shape: number[]): MakeInput => make(shape, 'float', positive);
/** Whole numbers in [0, below). */
const index = (below: number, ...shape: number[]): MakeInput => make(shape, 'int32', (n, seed) => wholes(n, below, seed));
/** Whole numbers from -5 to 5. */
const int = (...shape: number[]): MakeInput => make(shape, 'int32', (n, seed) => wholes(n, 11, seed).map(i => i - 5));
const uint8 = (...shape: number[]): MakeInput => make(shape, 'uint8', (n, seed) => wholes(n, 256, seed));
const bool = (...shape: number[]): MakeInput => make(shape, 'bool', (n, seed) => wholes(n, 2, seed));
/** Given numbers. */
const given = (dtype: CaseInput['dtype'], numbers: readonly number[], shape: Shape = [numbers.length]): MakeInput =>
  make(shape, dtype, () => numbers);

const row = (op: string, what: string, inputs: readonly MakeInput[], run: OpCase['run']): OpCase => ({
  op,
  name: what ? `${op}: ${what}` : op,
  inputs: inputs.map((make, i) => make(i + 1)),
  run,
});

// ---- elementwise --------------------------------------------------------------------------------

const { neg, abs, sign, square, exp, expm1, sin, cos, tanh, sigmoid, erf, softplus, relu } = ops;
const { silu, relu6, leakyRelu, elu, selu, mish, softsign, hardSigmoid, hardSwish, gelu } = ops;
const { log, log1p, sqrt, rsqrt, reciprocal, floor, ceil, round, isFinite } = ops;

const unary: OpCase[] = [
  ...Object.entries({ neg, abs, sign, square, exp, expm1, sin, cos, tanh, sigmoid, erf, softplus, relu }).map(([op, run]) =>
    row(op, '', [wide(3, 4)], run),
  ),
  ...Object.entries({ floor, ceil, round, isFinite, silu, relu6, leakyRelu, elu, selu, mish, softsign, gelu }).map(([op, run]) =>
    row(op, '', [wide(3, 4)], x => run(x)),
  ),
  ...Object.entries({ relu6, hardSigmoid, hardSwish }).map(([op, run]) =>
    row(op, 'all its pieces', [make([16], 'float', (n, seed) => spread(n, seed).map(x => 9 * x))], run),
  ),
  row('gelu', 'by tanh', [wide(5)], x => gelu(x, { approximate: 'tanh' })),
  ...Object.entries({ log, log1p, sqrt, rsqrt, reciprocal }).map(([op, run]) => row(op, '', [pos(3, 4)], run)),
  ...Object.entries({ neg, abs, sign, square, relu }).map(([op, run]) => row(op, 'int32', [int(7)], run)),
  row('exp', 'a scalar', [f()], exp),
  row('exp', 'an empty tensor', [f(0, 3)], exp),
  row('leakyRelu', 'slope 0.3', [f(5)], x => leakyRelu(x, 0.3)),
  row('elu', 'alpha 0.5', [wide(5)], x => elu(x, 0.5)),
  row('prelu', '', [f(2, 3, 2, 2), pos(3)], ops.prelu),
  row('prelu', 'no spatial axes, one weight for all', [f(4, 3), pos(1)], ops.prelu),
  row('logicalNot', '', [bool(5)], ops.logicalNot),
  row('clip', 'both bounds', [f(3, 5)], x => ops.clip(x, { low: -0.5, high: 0.4 })),
  row('clip', 'below only', [f(3, 5)], x => ops.clip(x, { low: 0.1 })),
  row('clip', 'above only', [f(3, 5)], x => ops.clip(x, { high: 0.1 })),
  row('clip', 'no bound', [f(3)], x => ops.clip(x, {})),
  row('dropout', '', [f(4, 5)], x => ops.dropout(x, 0.4, [3, 5])),
  row('dropout', 'rate 0', [f(4)], x => ops.dropout(x, 0, [3, 5])),
  row('cast', 'to float32 and back', [f(4)], x => ops.cast(ops.cast(x, 'float64'), x.dtype)),
  row('cast', 'float to int32', [wide(6)], x => ops.cast(x, 'int32')),
  row('cast', 'int32 to float', [int(6)], x => ops.cast(x, 'float32')),
  row('cast', 'float to bool', [given('float', [0, -0, 0.5, -2])], x => ops.cast(x, 'bool')),
  row('cast', 'bool to float', [bool(4)], x => ops.cast(x, 'float32')),
  row('cast', 'uint8 to int32', [uint8(6)], x => ops.cast(x, 'int32')),
  row('cast', 'the dtype it has', [f(3)], x => ops.cast(x, x.dtype)),
  row('stopGradient', 'int32', [int(3)], ops.stopGradient),
];

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

const binary: OpCase[] = pairs.flatMap(([what, a, b]) => [
  ...Object.entries({ add, sub, mul, maximum, minimum }).map(([op, run]) => row(op, what, [f(...a), f(...b)], run)),
  ...Object.entries({ div, pow }).map(([op, run]) => row(op, what, [pos(...a), pos(...b)], run)),
  ...Object.entries({ equal, notEqual, less, lessEqual, greater, greaterEqual }).map(([op, run]) =>
    row(op, what, [int(...a), int(...b)], run),
  ),
  ...Object.entries({ logicalAnd, logicalOr, logicalXor }).map(([op, run]) => row(op, what, [bool(...a), bool(...b)], run)),
  row('where', what, [bool(...b), f(...a), f(...b)], ops.where),
]);

const binaryWithNumbers: OpCase[] = [
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
];

// ---- made of nothing ----------------------------------------------------------------------------

const create: OpCase[] = [
  row('fill', '', [f()], ({ backend, dtype }) => ops.fill(backend, [2, 3], 0.75, dtype)),
  row('fill', 'every other dtype', [f()], ({ backend }) =>
    (['int32', 'uint8', 'bool'] as DType[]).map(dtype => ops.fill(backend, [2], 1, dtype)),
  ),
  row('zeros', '', [f()], ({ backend, dtype }) => ops.zeros(backend, [2, 0], dtype)),
  row('ones', '', [f()], ({ backend, dtype }) => ops.ones(backend, [], dtype)),
  row('fillLike', '', [f(2, 3)], x => ops.fillLike(x, -1)),
  row('scalarLike', '', [int(2, 3)], x => ops.scalarLike(x, -1)),
  row('arange', '', [f()], ({ backend }) => ops.arange(backend, 5)),
  row('arange', 'start and step', [f()], ({ backend, dtype }) => ops.arange(backend, 4, { start: 0.5, step: -0.25, dtype })),
  row('arange', 'empty', [f()], ({ backend }) => ops.arange(backend, 0)),
];

// ---- reductions ---------------------------------------------------------------------------------

const { sum, max, min, mean, prod, variance, logSumExp } = ops;
const reductions: OpCase[] = [
  ...Object.entries({ sum, max, min, mean, prod, variance, logSumExp }).flatMap(([op, run]) => [
    row(op, 'all axes', [f(3, 4)], x => run(x)),
    row(op, 'the last axis', [f(2, 3, 2)], x => run(x, -1)),
    row(op, 'the first and last axes, kept', [f(2, 3, 2)], x => run(x, [2, 0], { keepDims: true })),
    row(op, 'no axes', [f(3)], x => (op === 'variance' ? ops.variance(x, [], { correction: 0 }) : run(x, []))),
    row(op, 'a scalar', [f()], x => (op === 'variance' ? ops.variance(x, undefined, { correction: 0 }) : run(x))),
    row(op, 'an axis beside an empty one', [f(2, 0)], x => run(x, 0)),
  ]),
  row('sum', 'an empty axis', [f(2, 0)], x => sum(x, 1)),
  row('prod', 'an empty axis', [f(2, 0)], x => prod(x, 1)),
  row('prod', 'an axis of 5', [f(5, 2)], x => prod(x, 0)),
  row('prod', 'with zeros', [given('float', [0, 2, 3, 0, 0, 4, 1, 2, 3], [3, 3])], x => prod(x, 1)),
  row('sum', 'int32', [int(2, 3)], x => sum(x, 1)),
  row('sum', 'uint8', [uint8(2, 3)], x => sum(x, 0)),
  row('sum', 'bool', [bool(2, 3)], x => sum(x)),
  row('max', 'int32', [int(2, 3)], x => max(x, 1)),
  row('min', 'uint8', [uint8(2, 3)], x => min(x, 1)),
  row('prod', 'int32', [int(2, 3)], x => prod(x, 1)),
  row('variance', 'biased', [f(2, 5)], x => variance(x, 1, { correction: 0 })),
  ...Object.entries({ argMax: ops.argMax, argMin: ops.argMin }).flatMap(([op, run]) => [
    row(op, '', [f(2, 4)], x => run(x)),
    row(op, 'the first axis, kept', [f(2, 4)], x => run(x, 0, { keepDims: true })),
    row(op, 'int32, the middle axis', [int(2, 4, 3)], x => run(x, 1)),
  ]),
  row('cumsum', '', [f(2, 4)], x => ops.cumsum(x)),
  row('cumsum', 'the first axis', [f(3, 2)], x => ops.cumsum(x, 0)),
  row('cumsum', 'exclusive', [f(2, 4)], x => ops.cumsum(x, 1, { exclusive: true })),
  row('cumsum', 'reverse', [f(2, 4)], x => ops.cumsum(x, 1, { reverse: true })),
  row('cumsum', 'exclusive and reverse', [f(2, 4)], x => ops.cumsum(x, 1, { exclusive: true, reverse: true })),
  row('cumsum', 'int32', [int(5)], x => ops.cumsum(x)),
  row('cumsum', 'empty', [f(2, 0)], x => ops.cumsum(x)),
  row('sort', '', [f(2, 5)], x => Object.values(ops.sort(x))),
  row('sort', 'the first axis, descending', [f(5, 2)], x => Object.values(ops.sort(x, 0, { descending: true }))),
  row('sort', 'int32 with ties', [int(2, 20)], x => Object.values(ops.sort(x))),
  row('sort', 'int32 with ties, descending', [int(2, 20)], x => Object.values(ops.sort(x, 1, { descending: true }))),
  row('sort', 'empty', [f(2, 0)], x => Object.values(ops.sort(x))),
  row('topK', '', [f(2, 5)], x => Object.values(ops.topK(x, 3))),
  row('topK', 'smallest, the first axis', [f(5, 2)], x => Object.values(ops.topK(x, 2, 0, { largest: false }))),
  row('topK', 'all', [f(4)], x => Object.values(ops.topK(x, 4))),
  row('topK', 'none', [f(4)], x => Object.values(ops.topK(x, 0))),
];

// ---- products -----------------------------------------------------------------------------------

const products: OpCase[] = [
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].flatMap(([transposeA, transposeB]) => {
    const options = { transposeA: transposeA!, transposeB: transposeB! };
    const what = `${transposeA ? 'aT' : 'a'} ${transposeB ? 'bT' : 'b'}`;
    const a = transposeA ? [3, 2] : [2, 3];
    const b = transposeB ? [4, 3] : [3, 4];
    return [
      row('matmul', what, [f(...a), f(...b)], (x, y) => ops.matmul(x, y, options)),
      row('matmul', `${what}, batches that broadcast`, [f(2, 1, ...a), f(3, ...b)], (x, y) => ops.matmul(x, y, options)),
    ];
  }),
  row('matmul', 'a row by a matrix', [f(3), f(3, 2)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a row by a transposed matrix', [f(3), f(2, 3)], (x, y) => ops.matmul(x, y, { transposeB: true })),
  row('matmul', 'a matrix by a column', [f(2, 3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'batched matrices by a column', [f(2, 2, 3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a row by a column', [f(3), f(3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'a matrix by itself', [f(3, 3)], x => ops.matmul(x, x)),
  row('matmul', 'an empty inner axis', [f(2, 0), f(0, 3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'no rows', [f(0, 2), f(2, 3)], (x, y) => ops.matmul(x, y)),
  row('matmul', 'int32', [int(2, 3), int(3, 2)], (x, y) => ops.matmul(x, y)),
  row('linear', '', [f(4, 3), f(2, 3)], (x, w) => ops.linear(x, w)),
  row('linear', 'bias', [f(4, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'relu', [f(4, 3), f(2, 3)], (x, w) => ops.linear(x, w, undefined, { activation: 'relu' })),
  row('linear', 'bias and relu', [f(4, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b, { activation: 'relu' })),
  row('linear', 'leading axes', [f(2, 1, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'one row', [f(3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
  row('linear', 'no rows', [f(0, 3), f(2, 3), f(2)], (x, w, b) => ops.linear(x, w, b)),
];

// ---- shape --------------------------------------------------------------------------------------

const shapes: OpCase[] = [
  row('reshape', '', [f(2, 6)], x => ops.reshape(x, [3, 4])),
  row('reshape', 'a size left open', [f(2, 6)], x => ops.reshape(x, [4, -1])),
  row('reshape', 'int32 to a scalar', [int(1, 1)], x => ops.reshape(x, [])),
  row('flatten', '', [f(2, 3, 2)], x => ops.flatten(x)),
  row('flatten', 'all axes', [f(2, 3, 2)], x => ops.flatten(x, 0)),
  row('squeeze', '', [f(1, 3, 1)], x => ops.squeeze(x)),
  row('squeeze', 'one axis', [f(1, 3, 1)], x => ops.squeeze(x, -1)),
  row('expandDims', '', [f(2, 3)], x => [0, 1, -1].map(axis => ops.expandDims(x, axis))),
  row('permute', '', [f(2, 3, 4)], x => ops.permute(x, [2, 0, 1])),
  row('permute', 'negative axes', [f(2, 3, 4)], x => ops.permute(x, [-1, 1, -3])),
  row('permute', 'the order it has', [f(2, 3)], x => ops.permute(x, [0, 1])),
  row('permute', 'bool', [bool(2, 3)], x => ops.permute(x, [1, 0])),
  row('transpose', '', [f(2, 3, 4)], x => ops.transpose(x)),
  row('transpose', 'the outer axes', [f(2, 3, 4)], x => ops.transpose(x, 0, 2)),
  row('broadcastTo', '', [f(3, 1)], x => ops.broadcastTo(x, [2, 3, 4])),
  row('broadcastTo', 'a scalar', [f()], x => ops.broadcastTo(x, [2, 2])),
  row('broadcastTo', 'to no elements', [f(1, 2)], x => ops.broadcastTo(x, [0, 2])),
  row('sumTo', '', [f(2, 3, 4)], x => ops.sumTo(x, [3, 1])),
  row('sumTo', 'a scalar', [f(2, 3)], x => ops.sumTo(x, [])),
  row('sumTo', 'a single element of higher rank', [f(1, 1, 1)], x => ops.sumTo(x, [1])),
  row('flip', '', [f(2, 3)], x => ops.flip(x)),
  row('flip', 'one axis', [f(2, 3)], x => ops.flip(x, -1)),
  row('slice', '', [f(4, 5)], x =>
    ops.slice(x, [
      [1, 3],
      [0, 4],
    ]),
  ),
  row('slice', 'steps that do not divide', [f(5, 7)], x =>
    ops.slice(x, [
      [0, 5, 2],
      [1, 7, 3],
    ]),
  ),
  row('slice', 'from the end, and beyond it', [f(5, 4)], x =>
    ops.slice(x, [
      [-3, 99],
      [-99, -1],
    ]),
  ),
  row('slice', 'backwards', [f(5, 4)], x => ops.slice(x, [[4, 0, -1], null])),
  row('slice', 'backwards by two, to the first', [f(5, 4)], x =>
    ops.slice(x, [
      [-1, -99, -2],
      [3, 1, -1],
    ]),
  ),
  row('slice', 'one range for two axes', [f(3, 2)], x => ops.slice(x, [[1, 2]])),
  row('slice', 'nothing', [f(3, 2)], x => ops.slice(x, [[2, 1]])),
  row('slice', 'everything', [f(3)], x => ops.slice(x, [[0, 3]])),
  row('slice', 'uint8', [uint8(6)], x => ops.slice(x, [[1, 6, 2]])),
  row('pad', '', [f(2, 3)], x =>
    ops.pad(x, [
      [1, 2],
      [0, 1],
    ]),
  ),
  row('pad', 'a value, the last axis', [f(2, 3)], x => ops.pad(x, [[2, 1]], { value: -0.5 })),
  row('pad', 'int32', [int(3)], x => ops.pad(x, [[1, 1]], { value: 7 })),
  row('pad', 'nothing', [f(2)], x => ops.pad(x, [[0, 0]])),
  row('pad', 'an empty tensor', [f(0, 2)], x =>
    ops.pad(x, [
      [1, 1],
      [0, 0],
    ]),
  ),
  ...(['reflect', 'replicate', 'circular'] as const).map(mode =>
    row('pad', mode, [f(2, 3, 4)], x =>
      ops.pad(
        x,
        [
          [2, 1],
          [1, 3],
        ],
        { mode },
      ),
    ),
  ),
  row('concat', '', [f(2, 3), f(1, 3), f(4, 3)], (...xs) => ops.concat(xs)),
  row('concat', 'the last axis, one empty', [f(2, 3), f(2, 0), f(2, 1)], (...xs) => ops.concat(xs, -1)),
  row('concat', 'one tensor twice', [f(2, 2)], x => ops.concat([x, x], 1)),
  row('concat', 'a single tensor', [f(2)], x => ops.concat([x])),
  row('concat', 'int32', [int(2), int(3)], (...xs) => ops.concat(xs)),
  row('stack', '', [f(2, 3), f(2, 3)], (...xs) => ops.stack(xs)),
  row('stack', 'a new last axis', [f(2, 3), f(2, 3), f(2, 3)], (...xs) => ops.stack(xs, -1)),
  row('split', 'equal parts', [f(2, 6)], x => ops.split(x, 3, 1)),
  row('split', 'given sizes, one of them 0', [f(5, 2)], x => ops.split(x, [2, 0, 3])),
  row('tile', '', [f(2, 3)], x => ops.tile(x, [2, 3])),
  row('tile', 'none', [f(2, 3)], x => ops.tile(x, [0, 1])),
];

// ---- indices ------------------------------------------------------------------------------------

const indices: OpCase[] = [
  row('gather', '', [f(4, 3), index(4, 2, 3)], (x, i) => ops.gather(x, i, 0)),
  row('gather', 'the last axis, more than there are', [f(2, 3), index(3, 2, 7)], (x, i) => ops.gather(x, i, -1)),
  row('gather', 'int32', [int(4), index(4, 6)], (x, i) => ops.gather(x, i, 0)),
  row('gather', 'nothing', [f(4, 3), index(4, 0, 3)], (x, i) => ops.gather(x, i, 0)),
  row('scatterAdd', '', [f(4, 3), index(4, 2, 3), f(2, 3)], (x, i, y) => ops.scatterAdd(x, i, y, 0)),
  row('scatterAdd', 'the last axis, many to one', [f(2, 3), index(3, 2, 7), f(2, 7)], (x, i, y) => ops.scatterAdd(x, i, y, 1)),
  row('scatterAdd', 'int32', [int(3), index(3, 5), int(5)], (x, i, y) => ops.scatterAdd(x, i, y, 0)),
  row('scatterAdd', 'an index out of range', [f(3), given('int32', [-1, 1, 3]), f(3)], (x, i, y) => ops.scatterAdd(x, i, y, 0)),
  row('take', '', [f(4, 2), index(4, 3)], (x, i) => ops.take(x, i)),
  row('take', 'the last axis', [f(2, 4), index(4, 6)], (x, i) => ops.take(x, i, -1)),
  row('oneHot', '', [index(4, 2, 3)], i => ops.oneHot(i, 4)),
  row('oneHot', 'bool, with labels out of range', [given('int32', [-1, 0, 2, 3])], i => ops.oneHot(i, 3, 'bool')),
];

// ---- windows ------------------------------------------------------------------------------------

/** Ways in which a window slides over an image of 6 by 5, with a kernel of 3 by 2. */
const windows: Readonly<Record<string, ops.WindowOptions>> = {
  'no options': {},
  'stride 2': { stride: 2 },
  'stride per axis': { stride: [3, 2] },
  padding: { padding: 1 },
  'padding per axis': { padding: [2, 1] },
  'padding per side': {
    padding: [
      [0, 2],
      [1, 0],
    ],
  },
  same: { padding: 'same' },
  'same with stride 2': { padding: 'same', stride: 2 },
  valid: { padding: 'valid' },
  dilation: { dilation: 2 },
  'dilation per axis': { dilation: [1, 3], padding: [0, 1] },
  'stride, padding and dilation': { stride: 2, padding: 2, dilation: 2 },
};

const slidingWindows: OpCase[] = Object.entries(windows).flatMap(([what, options]) => [
  row('unfold', what, [f(2, 2, 6, 5)], x => ops.unfold(x, [3, 2], options)),
  row('conv2d', what, [f(2, 2, 6, 5), f(3, 2, 3, 2), f(3)], (x, w, b) => ops.conv2d(x, w, b, options)),
]);

const foldsAndConvolutions: OpCase[] = [
  row('unfold', 'a pad value', [f(1, 2, 3, 3)], x => ops.unfold(x, 2, { padding: 1, padValue: -2 })),
  row('unfold', 'one axis', [f(2, 1, 7)], x => ops.unfold(x, 3, { stride: 2, padding: 1 })),
  row('unfold', 'three axes', [f(1, 1, 3, 4, 3)], x => ops.unfold(x, [2, 3, 2], { stride: [1, 2, 1] })),
  row('unfold', 'int32', [int(1, 1, 3, 3)], x => ops.unfold(x, 2)),
  row('unfold', 'no images', [f(0, 2, 3, 3)], x => ops.unfold(x, 2)),
  row('fold', '', [f(1, 2, 2, 2, 2, 3)], y => ops.fold(y, [3, 4], 2)),
  row('fold', 'stride, padding and dilation', [f(1, 1, 3, 2, 3, 3)], y =>
    ops.fold(y, [5, 5], [3, 2], { stride: 2, padding: 1, dilation: [1, 2] }),
  ),
  row('fold', 'pixels that no window meets', [f(1, 1, 2, 2)], y => ops.fold(y, [6], 2, { stride: 3 })),
  row('fold', 'three axes', [f(1, 1, 2, 2, 2, 1, 2, 1)], y => ops.fold(y, [2, 3, 2], 2)),

  row('conv2d', 'relu', [f(2, 2, 5, 4), f(3, 2, 3, 3)], (x, w) => ops.conv2d(x, w, undefined, { activation: 'relu' })),
  row('conv2d', 'bias and relu', [f(2, 4, 5, 4), f(6, 2, 3, 2), f(6)], (x, w, b) =>
    ops.conv2d(x, w, b, { groups: 2, stride: 2, padding: 1, activation: 'relu' }),
  ),
  row('conv2d', 'no bias', [f(1, 2, 4, 4), f(3, 2, 3, 3)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'a kernel of 1', [f(2, 3, 2, 3), f(2, 3, 1, 1)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'a kernel as large as the image', [f(2, 2, 3, 4), f(2, 2, 3, 4)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'groups', [f(2, 4, 4, 4), f(6, 2, 3, 3), f(6)], (x, w, b) => ops.conv2d(x, w, b, { groups: 2, padding: 1 })),
  row('conv2d', 'depthwise', [f(1, 3, 5, 4), f(3, 1, 3, 3), f(3)], (x, w, b) => ops.conv2d(x, w, b, { groups: 3, stride: 2 })),
  row('conv2d', 'depthwise with two filters per channel', [f(1, 2, 4, 4), f(4, 1, 2, 2)], (x, w) =>
    ops.conv2d(x, w, undefined, { groups: 2, dilation: 2 }),
  ),
  row('conv2d', 'no images', [f(0, 2, 4, 4), f(3, 2, 3, 3), f(3)], (x, w, b) => ops.conv2d(x, w, b)),
  ...(['reflect', 'replicate', 'circular'] as const).map(paddingMode =>
    row('conv2d', `${paddingMode} padding`, [f(1, 2, 4, 5), f(2, 2, 3, 3)], (x, w) =>
      ops.conv2d(x, w, undefined, {
        padding: [
          [1, 2],
          [2, 1],
        ],
        paddingMode,
      }),
    ),
  ),
  row('conv1d', '', [f(2, 2, 7), f(3, 2, 3), f(3)], (x, w, b) => ops.conv1d(x, w, b)),
  row('conv1d', 'stride, dilation and padding per side', [f(1, 2, 8), f(2, 2, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: 2, dilation: 2, padding: [[1, 2]] }),
  ),
  row('conv1d', 'same, groups', [f(1, 4, 6), f(4, 2, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: 2, padding: 'same', groups: 2 }),
  ),
  row('conv1d', 'reflect padding, options as lists', [f(1, 1, 6), f(1, 1, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: [2], padding: [2], paddingMode: 'reflect' }),
  ),
  row('convTranspose2d', '', [f(2, 2, 3, 2), f(2, 3, 3, 2), f(3)], (x, w, b) => ops.convTranspose2d(x, w, b)),
  row('convTranspose2d', 'stride and output padding', [f(1, 2, 3, 2), f(2, 2, 3, 3)], (x, w) =>
    ops.convTranspose2d(x, w, undefined, { stride: [2, 3], padding: 1, outputPadding: [1, 2] }),
  ),
  row('convTranspose2d', 'padding per side and dilation', [f(1, 1, 4, 4), f(1, 2, 2, 3)], (x, w) =>
    ops.convTranspose2d(x, w, undefined, {
      dilation: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
  ),
  row('convTranspose2d', 'groups', [f(1, 4, 3, 3), f(4, 1, 2, 2), f(2)], (x, w, b) =>
    ops.convTranspose2d(x, w, b, { groups: 2, stride: 2 }),
  ),
];

/** Ways to pool an image of 7 by 6 by windows of 3 by 2. */
const poolings: Readonly<Record<string, ops.AvgPoolOptions>> = {
  'its own stride': {},
  'stride 1': { stride: 1 },
  padding: { padding: [1, 0], stride: 2 },
  'padding per side': {
    padding: [
      [0, 2],
      [1, 0],
    ],
    stride: 2,
  },
  same: { padding: 'same', stride: 2 },
  dilation: { dilation: 2, stride: 1 },
  'ceil mode': { stride: 2, ceilMode: true },
  'ceil mode with padding': { stride: [3, 2], padding: 1, ceilMode: true },
  'ceil mode where the last window would start in the padding': {
    stride: [5, 3],
    padding: [
      [1, 2],
      [0, 1],
    ],
    ceilMode: true,
  },
  'ceil mode with dilation': { stride: 2, dilation: 2, padding: 1, ceilMode: true },
};

const pools: OpCase[] = [
  ...Object.entries(poolings).flatMap(([what, options]) => [
    row('maxPool2d', what, [f(2, 2, 7, 6)], x => ops.maxPool2d(x, [3, 2], options)),
    row('maxPool2dWithIndices', what, [f(1, 2, 7, 6)], x => Object.values(ops.maxPool2dWithIndices(x, [3, 2], options))),
    row('avgPool2d', what, [f(2, 2, 7, 6)], x => ops.avgPool2d(x, [3, 2], options)),
    row('avgPool2d', `${what}, the padding not counted`, [f(1, 2, 7, 6)], x =>
      ops.avgPool2d(x, [3, 2], { ...options, countIncludePad: false }),
    ),
  ]),
  row('maxPool2d', 'ceil mode where no whole window fits', [f(1, 1, 2, 2)], x =>
    ops.maxPool2d(x, 3, { stride: 2, ceilMode: true }),
  ),
  row('avgPool2d', 'ceil mode where no whole window fits', [f(1, 1, 2, 2)], x =>
    ops.avgPool2d(x, 3, { stride: 2, ceilMode: true }),
  ),
  row('maxPool2d', 'no images', [f(0, 2, 4, 4)], x => ops.maxPool2d(x, 2)),
  row('globalAvgPool2d', '', [f(2, 3, 3, 2)], ops.globalAvgPool2d),
  row('globalMaxPool2d', '', [f(2, 3, 3, 2)], ops.globalMaxPool2d),
  ...(
    [
      [3, 2],
      [7, 6],
      [5, 1],
      [9, 8],
    ] as const
  ).flatMap(size => [
    row('adaptiveAvgPool2d', `7 by 6 to ${size.join(' by ')}`, [f(1, 2, 7, 6)], x => ops.adaptiveAvgPool2d(x, size)),
    row('adaptiveMaxPool2d', `7 by 6 to ${size.join(' by ')}`, [f(1, 2, 7, 6)], x => ops.adaptiveMaxPool2d(x, size)),
  ]),
  row('adaptiveAvgPool2d', 'one size for both axes', [f(1, 2, 5, 4)], x => ops.adaptiveAvgPool2d(x, 2)),
  ...(
    [
      [5, 7],
      [2, 2],
      [3, 4],
      [1, 1],
    ] as const
  ).flatMap(size => [
    row('resize', `nearest, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x => ops.resize(x, size)),
    row('resize', `bilinear, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x => ops.resize(x, size, { mode: 'bilinear' })),
    row('resize', `bilinear with aligned corners, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x =>
      ops.resize(x, size, { mode: 'bilinear', alignCorners: true }),
    ),
  ]),
];

// ---- normalisation and softmax --------------------------------------------------------------------

const normalisations: OpCase[] = [
  row('batchNorm', '', [f(3, 2, 2, 2), f(2), f(2)], (x, w, b) => Object.values(ops.batchNorm(x, w, b))),
  row('batchNorm', 'y alone', [f(3, 2, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).y),
  row('batchNorm', 'the mean alone', [f(3, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).mean),
  row('batchNorm', 'the variance alone', [f(3, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).variance),
  row('batchNorm', 'no spatial axes, a large epsilon', [f(4, 3), f(3), f(3)], (x, w, b) =>
    Object.values(ops.batchNorm(x, w, b, { epsilon: 0.1 })),
  ),
  row('batchNormInference', '', [f(2, 3, 2, 2), f(3), f(3), f(3), pos(3)], (x, w, b, mean, variance) =>
    ops.batchNormInference(x, w, b, { mean, variance }),
  ),
  row('batchNormInference', 'no images', [f(0, 3), f(3), f(3), f(3), pos(3)], (x, w, b, mean, variance) =>
    ops.batchNormInference(x, w, b, { mean, variance }, { epsilon: 1e-3 }),
  ),
  row('layerNorm', '', [f(2, 3, 4)], x => ops.layerNorm(x, [4])),
  row('layerNorm', 'two axes, weight and bias', [f(2, 3, 4), f(3, 4), f(3, 4)], (x, w, b) => ops.layerNorm(x, [3, 4], w, b)),
  row('layerNorm', 'bias only', [f(2, 4), f(4)], (x, b) => ops.layerNorm(x, [4], undefined, b, { epsilon: 0.1 })),
  row('groupNorm', '', [f(2, 4, 3), f(4), f(4)], (x, w, b) => ops.groupNorm(x, 2, w, b)),
  row('groupNorm', 'one group, no weight', [f(2, 3, 2, 2)], x => ops.groupNorm(x, 1)),
  row('instanceNorm', '', [f(2, 2, 3, 2), f(2), f(2)], (x, w, b) => ops.instanceNorm(x, w, b)),
  row('localResponseNorm', 'an odd neighbourhood', [f(2, 5, 2, 2)], x =>
    ops.localResponseNorm(x, { size: 3, alpha: 0.5, beta: 0.6, k: 1.2 }),
  ),
  row('localResponseNorm', 'an even neighbourhood, wider than the channels', [f(1, 2, 2, 2)], x =>
    ops.localResponseNorm(x, { size: 4, alpha: 0.5 }),
  ),
];

const softmaxes: OpCase[] = [
  ...Object.entries({ softmax: ops.softmax, logSoftmax: ops.logSoftmax }).flatMap(([op, run]) => [
    row(op, '', [wide(3, 4)], x => run(x)),
    row(op, 'the middle axis', [wide(2, 3, 2)], x => run(x, 1)),
    row(op, 'an axis of 1', [wide(2, 1)], x => run(x)),
    row(op, 'no rows', [wide(0, 3)], x => run(x)),
  ]),
  row('softmaxCrossEntropy', 'labels', [wide(3, 4), index(4, 3)], (z, t) => ops.softmaxCrossEntropy(z, t)),
  row('softmaxCrossEntropy', 'labels, smoothed, summed', [wide(3, 4), index(4, 3)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.2, reduction: 'sum' }),
  ),
  row('softmaxCrossEntropy', 'labels, not reduced', [wide(3, 4), index(4, 3)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { reduction: 'none' }),
  ),
  row('softmaxCrossEntropy', 'soft targets that sum to anything', [wide(3, 4), pos(3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t),
  ),
  row('softmaxCrossEntropy', 'soft targets, smoothed', [wide(3, 4), pos(3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.1 }),
  ),
  row('softmaxCrossEntropy', 'labels over pixels', [wide(2, 3, 2, 2), index(3, 2, 2, 2)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { reduction: 'none' }),
  ),
  row('softmaxCrossEntropy', 'soft targets over pixels', [wide(2, 3, 4), pos(2, 3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.1 }),
  ),
];

/** Every row. */
export const opCases: readonly OpCase[] = [
  ...unary,
  ...binary,
  ...binaryWithNumbers,
  ...create,
  ...reductions,
  ...products,
  ...shapes,
  ...indices,
  ...slidingWindows,
  ...foldsAndConvolutions,
  ...pools,
  ...normalisations,
  ...softmaxes,
];
