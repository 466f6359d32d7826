import { ops } from '@cnn/tensor';
import { bool, f, given, int, type OpCase, row, special, uint8 } from './op-case.js';

const { sum, max, min, mean, prod, variance, logSumExp } = ops;

const withNaN = given('float', [2, Number.NaN, 5, Number.NaN, Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY, -1], [2, 4]);

/** Reductions, running sums and sorting. */
export const reductions: readonly OpCase[] = [
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
  ...Object.entries({ sum, max, min, argMax: ops.argMax, argMin: ops.argMin }).map(([op, run]) =>
    special(op, 'NaN and infinities', [withNaN], x => run(x, 1)),
  ),
  ...Object.entries({ argMax: ops.argMax, argMin: ops.argMin }).map(([op, run]) =>
    special(op, 'the first of equals', [given('float', [1, 3, 3, 1, 3, 1], [2, 3])], x => run(x, 1)),
  ),
  special('sort', 'NaN and infinities', [withNaN], x => Object.values(ops.sort(x, 1))),
  special('sort', 'NaN and infinities, descending', [withNaN], x => Object.values(ops.sort(x, 1, { descending: true }))),
];
