import { ops } from '@cnn/tensor';
import { spread } from '../numbers.js';
import { bool, f, given, int, make, type OpCase, pos, row, special, uint8, wide } from './op-case.js';

const { neg, abs, sign, square, exp, expm1, sin, cos, tanh, sigmoid, erf, softplus, relu } = ops;
const { silu, relu6, leakyRelu, elu, celu, selu, mish, softsign, hardSigmoid, hardSwish, gelu } = ops;
const { log, log1p, sqrt, rsqrt, reciprocal, floor, ceil, round, isFinite } = ops;

const notFinite = 'NaN and infinities';

/** Functions of one tensor, element by element, and casts. */
export const unary: readonly OpCase[] = [
  ...Object.entries({ neg, abs, sign, square, exp, expm1, sin, cos, tanh, sigmoid, erf, softplus, relu }).map(([op, run]) =>
    row(op, '', [wide(3, 4)], run),
  ),
  ...Object.entries({ floor, ceil, round, isFinite, silu, relu6, leakyRelu, elu, celu, selu, mish, softsign, gelu }).map(
    ([op, run]) => row(op, '', [wide(3, 4)], x => run(x)),
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
  row('celu', 'alpha 0.5', [wide(5)], x => celu(x, 0.5)),
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
  special('round', 'from the middle to the even one', [given('float', [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])], x => round(x)),
  ...Object.entries({ exp, expm1, tanh, sigmoid, erf, softplus, silu, gelu, mish }).map(([op, run]) =>
    special(op, 'far from 0', [given('float', [-1000, -40, 40, 1000])], x => run(x)),
  ),
  ...Object.entries({ expm1, log1p, tanh, erf }).map(([op, run]) =>
    row(op, 'near 0', [given('float', [-1e-6, 1e-6, 3e-3])], x => ops.mul(run(x), 1e5)),
  ),
  ...Object.entries({ neg, abs, sign, square, exp, expm1, sin, cos, tanh, sigmoid, erf, softplus, relu }).map(([op, run]) =>
    special(op, notFinite, [given('float', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0])], run),
  ),
  ...Object.entries({ log, log1p, sqrt, rsqrt, reciprocal, floor, ceil, round, isFinite }).map(([op, run]) =>
    special(op, notFinite, [given('float', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -2])], x =>
      run(x),
    ),
  ),
];
