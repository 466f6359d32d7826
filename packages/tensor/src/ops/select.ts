/** Choosing between two tensors, element by element. */
import { DTypeError, OptionError, UsageError } from '../errors.js';
import type { None } from '../kernels.js';
import type { Op } from '../op.js';
import { alias, Tensor, tidy } from '../tensor.js';
import { greater, less, type Operand } from './binary.js';
import { broadcastShapes, checkSameDType, none, one, refuseUnknown } from './common.js';
import { scalarLike } from './create.js';
import { sumTo } from './shape.js';

/** The op of {@link where}. */
export const selectOp: Op<None> = {
  name: 'select',
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool')
      throw new DTypeError(`where: the condition is ${condition!.dtype}, not bool; use a comparison or cast`);
    checkSameDType('where', a!, b!);
    const shape = broadcastShapes('where', condition!.shape, broadcastShapes('where', a!.shape, b!.shape));
    return [{ shape, dtype: a!.dtype }];
  },
  vjp: ([dy], { inputs: [condition, a, b], wanted }) => [
    undefined,
    wanted[1] ? sumTo(where(condition!, dy!, 0), a!.shape) : undefined,
    wanted[2] ? sumTo(where(condition!, 0, dy!), b!.shape) : undefined,
  ],
  saves: ['inputs.0'],
};

/** a where the condition holds, else b. One of them may be a number. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return tidy(() => {
    const beside = a instanceof Tensor ? a : b instanceof Tensor ? b : undefined;
    if (!beside) throw new UsageError('where: one of the two must be a tensor');
    const operand = (x: Operand): Tensor => (typeof x === 'number' ? scalarLike(beside, x) : x);
    return one(selectOp, [condition, operand(a), operand(b)], none);
  });
}

/** x kept within [low, high]; a bound may be left out. The gradient flows where x is within, bounds included. NaN stays. Bounds that cross give `high`. */
export function clip(x: Tensor, { low, high, ...left }: { low?: number; high?: number }): Tensor {
  refuseUnknown('clip', left);
  for (const [bound, value] of Object.entries({ low, high }))
    if (Number.isNaN(value)) throw new OptionError('clip', bound, value, 'a number');
  return tidy(() => {
    const raised = low === undefined ? alias(x) : where(less(x, low), low, x);
    return high === undefined ? raised : where(greater(raised, high), high, raised);
  });
}
