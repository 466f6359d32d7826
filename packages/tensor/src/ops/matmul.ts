/** Products of matrices. */

import { ShapeError } from '../errors.js';
import type { MatmulAttrs, None } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { showShape, sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { add } from './binary.js';
import {
  broadcastShapes,
  checkDType,
  checkFloat,
  checkOneOf,
  checkSameDType,
  checkTensor,
  none,
  one,
  refuseUnknown,
} from './common.js';
import { sum } from './reduce.js';
import { type Activation, activations, withRelu } from './relu.js';
import { reshape, sumTo } from './shape.js';

/** The op of {@link matmul} for matrices. */
export const matmulOp: Op<MatmulAttrs> = {
  name: 'matmul',
  infer: ([a, b], { transposeA, transposeB }) => {
    checkSameDType('matmul', a!, b!);
    checkDType('matmul', ['float32', 'float64', 'int32'], a!);
    const [m, k] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
    const [k2, n] = transposeB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!];
    if (k !== k2) {
      const text = (shape: readonly number[], transposed: boolean): string =>
        `${showShape(shape)}${transposed ? ' transposed' : ''}`;
      throw new ShapeError(
        `matmul: ${text(a!.shape, transposeA)} by ${text(b!.shape, transposeB)}: the inner sizes ${k} and ${k2} differ`,
      );
    }
    return [{ shape: [...broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n], dtype: a!.dtype }];
  },
  // #region gradient
  // For y = a b: da = dy bᵀ and db = aᵀ dy; a transposed operand's gradient is transposed by swapping the factors.
  vjp: ([dy], { inputs: [a, b], attrs: { transposeA: tA, transposeB: tB }, wanted }) => [
    wanted[0]
      ? sumTo(tA ? matmul(b!, dy!, { transposeA: tB, transposeB: true }) : matmul(dy!, b!, { transposeB: !tB }), a!.shape)
      : undefined,
    wanted[1]
      ? sumTo(tB ? matmul(dy!, a!, { transposeA: true, transposeB: tA }) : matmul(a!, dy!, { transposeA: !tA }), b!.shape)
      : undefined,
  ],
  // #endregion gradient
  saves: ['inputs'],
};

const matmulRules = { transposeA: option.boolean, transposeB: option.boolean };

/**
 * The product of matrices a [..., m, k] and b [..., k, n], as [..., m, n]; leading axes broadcast. A vector [k] is a row on the
 * left and a column on the right, and its axis is gone from the result.
 *
 * @param options - `transposeA`, `transposeB`: that operand's last two axes are swapped; costs no copy.
 * @throws {ShapeError} where the inner sizes differ.
 */
export function matmul(a: Tensor, b: Tensor, options: Partial<MatmulAttrs> = {}): Tensor {
  checkTensor('matmul', a);
  checkTensor('matmul', b);
  checkOptions('matmul', options, matmulRules);
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length === 0 || b.shape.length === 0) throw new ShapeError('matmul: a scalar has no rows; use mul');
  if (a.shape.length > 1 && b.shape.length > 1) return one(matmulOp, [a, b], { transposeA, transposeB });
  return tidy(() => {
    const row = a.shape.length === 1;
    const column = b.shape.length === 1;
    const y = one(matmulOp, [row ? reshape(a, [1, a.size]) : a, column ? reshape(b, [b.size, 1]) : b], {
      transposeA: transposeA && !row,
      transposeB: transposeB && !column,
    });
    const rank = y.shape.length;
    return reshape(
      y,
      y.shape.filter((_, i) => !(row && i === rank - 2) && !(column && i === rank - 1)),
    );
  });
}

/** The op of {@link linear}. */
export const linearOp: Op<None> = {
  name: 'linear',
  infer: inputs => {
    const [x, weight, bias] = inputs;
    checkFloat('linear', ...inputs);
    if (weight!.shape.length !== 2)
      throw new ShapeError(`linear: the weight is ${showShape(weight!.shape)}; it must be [out, in]`);
    const [units, features] = weight!.shape as [number, number];
    if (x!.shape.at(-1) !== features) {
      throw new ShapeError(
        `linear: the input ${showShape(x!.shape)} has ${x!.shape.at(-1) ?? 'no'} features, the weight expects ${features}`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== units)) {
      throw new ShapeError(`linear: the bias is ${showShape(bias.shape)}; it must be [${units}]`);
    }
    return [{ shape: [...x!.shape.slice(0, -1), units], dtype: x!.dtype }];
  },
  compose: ([x, weight, bias]) => {
    const [units, features] = weight!.shape as [number, number];
    const rows = reshape(x!, [sizeOf(x!.shape.slice(0, -1)), features]);
    const y = matmul(rows, weight!, { transposeB: true });
    return [reshape(bias ? add(y, bias) : y, [...x!.shape.slice(0, -1), units])];
  },
  vjp: ([dy], { inputs, wanted }) => {
    const [x, weight, bias] = inputs;
    const rows = sizeOf(dy!.shape.slice(0, -1));
    const d = reshape(dy!, [rows, dy!.shape.at(-1)!]);
    return [
      wanted[0] ? reshape(matmul(d, weight!), x!.shape) : undefined,
      wanted[1] ? matmul(d, reshape(x!, [rows, x!.shape.at(-1)!]), { transposeA: true }) : undefined,
      ...(bias ? [wanted[2] ? sum(d, 0) : undefined] : []),
    ];
  },
  saves: ['inputs'],
};

/** The op of {@link linear} with `activation: 'relu'`. */
export const linearReluOp: Op<None> = withRelu('linearRelu', linearOp);

/** Options of {@link linear}. */
export interface LinearOptions {
  /** 'relu': what is negative becomes 0, as by `relu`, which a fast kernel does on the way. Default 'none'. */
  readonly activation?: Activation;
}

/** x Wᵀ + b: x [..., in], weight [out, in], bias [out], as [..., out]. @throws {OptionError} for an impossible option. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, { activation = 'none', ...left }: LinearOptions = {}): Tensor {
  refuseUnknown('linear', left);
  checkOneOf('linear', 'activation', activation, activations);
  return one(activation === 'relu' ? linearReluOp : linearOp, bias ? [x, weight, bias] : [x, weight], none);
}
