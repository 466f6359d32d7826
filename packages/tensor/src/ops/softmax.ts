/** Softmax, its logarithm, and the cross-entropy of the two. */
import { DTypeError, OptionError, ShapeError } from '../errors.js';
import type { AxisAttrs, SoftmaxCrossEntropyAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type Spec, sameShape, showShape } from '../spec.js';
import { alias, type Tensor, tidy } from '../tensor.js';
import { add, div, greaterEqual, less, logicalAnd, mul, sub } from './binary.js';
import { axesOf, axisOf, checkFloat, checkOneOf, checkTensor, keepDimsOf, one, rankOf, refuseUnknown } from './common.js';
import { scalarLike } from './create.js';
import { gather, oneHot } from './gather.js';
import { type Axes, max, mean, type ReduceOptions, sum } from './reduce.js';
import { where } from './select.js';
import { expandDims, permute, reshape, squeeze, stopGradient } from './shape.js';
import { exp, isFinite, log, neg } from './unary.js';

/** The largest element, as a constant to subtract before exp; 0 where it is infinite, so that inf - inf is not made. */
function shift(x: Tensor, axes: Axes): Tensor {
  const top = stopGradient(max(x, axes, { keepDims: true }));
  return where(isFinite(top), top, 0);
}

/** log Σ e^x over axes, without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor('logSumExp', x);
  const keepDims = keepDimsOf('logSumExp', options);
  checkFloat('logSumExp', x);
  return tidy(() => {
    const top = shift(x, axes);
    const y = add(log(sum(exp(sub(x, top)), axes, { keepDims: true })), top);
    return keepDims ? y : squeeze(y, axesOf('logSumExp', axes, x.shape.length));
  });
}

/* @__NO_SIDE_EFFECTS__ */
const inferFloat =
  (name: string) =>
  ([x]: readonly Spec[]): Spec[] => {
    checkFloat(name, x!);
    return [x!];
  };

/** The op of {@link softmax}. Its gradient is y (dy - Σ dy y). */
export const softmaxOp: Op<AxisAttrs> = {
  name: 'softmax',
  infer: inferFloat('softmax'),
  compose: ([x], { axis }) => {
    // #region softmax
    const e = exp(sub(x!, max(x!, axis, { keepDims: true })));
    return [div(e, sum(e, axis, { keepDims: true }))];
    // #endregion softmax
  },
  vjp: ([dy], { outputs: [y], attrs: { axis } }) => [mul(y!, sub(dy!, sum(mul(dy!, y!), axis, { keepDims: true })))],
  saves: ['outputs'],
};

/** e^x / Σ e^x along an axis. */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  one(softmaxOp, [x], { axis: axisOf('softmax', axis, rankOf('softmax', x)) });

/** The op of {@link logSoftmax}. Its gradient is dy - softmax(x) Σ dy. */
export const logSoftmaxOp: Op<AxisAttrs> = {
  name: 'logSoftmax',
  infer: inferFloat('logSoftmax'),
  compose: ([x], { axis }) => {
    // #region log-softmax
    const shifted = sub(x!, max(x!, axis, { keepDims: true }));
    return [sub(shifted, log(sum(exp(shifted), axis, { keepDims: true })))];
    // #endregion log-softmax
  },
  vjp: ([dy], { outputs: [y], attrs: { axis } }) => [sub(dy!, mul(exp(y!), sum(dy!, axis, { keepDims: true })))],
  saves: ['outputs'],
};

/** x - log Σ e^x along an axis. */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  one(logSoftmaxOp, [x], { axis: axisOf('logSoftmax', axis, rankOf('logSoftmax', x)) });

function checkCrossEntropy(who: string, logits: Spec, targets: Spec): void {
  checkFloat(who, logits);
  if (logits.shape.length !== 2)
    throw new ShapeError(`${who}: the logits are ${showShape(logits.shape)}; they must be [n, classes]`);
  checkTargets(who, logits, targets);
}

/** Targets for logits [n, classes, ...spatial]. */
function checkTargets(who: string, logits: Spec, targets: Spec): void {
  const asLabels = targets.dtype === 'int32';
  if (!asLabels && targets.dtype !== logits.dtype) {
    throw new DTypeError(
      `${who}: the targets are ${targets.dtype}; they must be int32 labels or ${logits.dtype} probabilities; use cast`,
    );
  }
  const shapeOfLabels = logits.shape.toSpliced(1, 1);
  const expected = asLabels ? shapeOfLabels : logits.shape;
  if (!sameShape(targets.shape, expected)) {
    const areLabels = !asLabels && sameShape(targets.shape, shapeOfLabels);
    throw new ShapeError(
      `${who}: targets ${showShape(targets.shape)} for logits ${showShape(logits.shape)}; they must be ${showShape(expected)}${areLabels ? `, or int32 if they are labels, not ${targets.dtype}` : ''}`,
    );
  }
}

/** The op of {@link softmaxCrossEntropy} for [n, classes], one loss per row. Its gradient is softmax(logits) - targets. */
export const softmaxCrossEntropyOp: Op<SoftmaxCrossEntropyAttrs> = {
  name: 'softmaxCrossEntropy',
  infer: ([logits, targets]) => {
    checkCrossEntropy('softmaxCrossEntropy', logits!, targets!);
    return [{ shape: logits!.shape.slice(0, 1), dtype: logits!.dtype }];
  },
  compose: ([logits, targets], { labelSmoothing }) => {
    const logProbabilities = logSoftmax(logits!, 1);
    const chosen =
      targets!.dtype === 'int32'
        ? squeeze(gather(logProbabilities, expandDims(targets!, 1), 1), 1)
        : sum(mul(logProbabilities, targets!), 1);
    if (labelSmoothing === 0) return [neg(chosen)];
    const even = mean(logProbabilities, 1);
    return [neg(add(mul(chosen, 1 - labelSmoothing), mul(even, labelSmoothing)))];
  },
  vjp: ([dy], { inputs: [logits, targets], attrs, wanted }) => [
    wanted[0] ? one(softmaxCrossEntropyGradOp, [dy!, logits!, targets!], attrs) : undefined,
    wanted[1] ? mul(mul(expandDims(dy!, 1), logSoftmax(logits!, 1)), attrs.labelSmoothing - 1) : undefined,
  ],
  saves: ['inputs'],
};

/** The gradient of {@link softmaxCrossEntropyOp} for the logits: [dy [n], logits, targets] gives dy (Σt softmax - t) with t the smoothed targets. */
export const softmaxCrossEntropyGradOp: Op<SoftmaxCrossEntropyAttrs> = {
  name: 'softmaxCrossEntropyGrad',
  infer: ([dy, logits, targets]) => {
    checkCrossEntropy('softmaxCrossEntropyGrad', logits!, targets!);
    if (!sameShape(dy!.shape, logits!.shape.slice(0, 1)))
      throw new ShapeError(`softmaxCrossEntropyGrad: dy is ${showShape(dy!.shape)}`);
    return [logits!];
  },
  compose: ([dy, logits, targets], { labelSmoothing }) => {
    const classes = logits!.shape[1]!;
    // #region cross-entropy-gradient
    const hard = targets!.dtype === 'int32' ? hardTargets(targets!, logits!) : alias(targets!);
    const smooth = labelSmoothing === 0 ? hard : add(mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
    // Labels sum to 1; probabilities need not.
    const total = targets!.dtype === 'int32' ? scalarLike(logits!, 1) : sum(smooth, 1, { keepDims: true });
    return [mul(expandDims(dy!, 1), sub(mul(softmax(logits!, 1), total), smooth))];
    // #endregion cross-entropy-gradient
  },
};

/** One-hot rows, and NaN for a label out of range: a wrong label must not look like a right one. */
function hardTargets(labels: Tensor, logits: Tensor): Tensor {
  const classes = logits.shape[1]!;
  const valid = logicalAnd(greaterEqual(labels, 0), less(labels, classes));
  return where(expandDims(valid, 1), oneHot(labels, classes, logits.dtype), Number.NaN);
}

/** How the losses of a batch become one number. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of {@link softmaxCrossEntropy}. */
export interface SoftmaxCrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes (Szegedy et al., 2015), in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/**
 * The cross-entropy -Σ t log softmax(logits) of targets under the softmax of logits.
 *
 * @param logits - [n, classes] or [n, classes, ...spatial].
 * @param targets - int32 labels [n, ...spatial], or probabilities like the logits. A label out of range gives NaN.
 * @returns a scalar, or [n, ...spatial] without reduction.
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { labelSmoothing = 0, reduction = 'mean', ...left }: SoftmaxCrossEntropyOptions = {},
): Tensor {
  checkTensor('softmaxCrossEntropy', logits);
  refuseUnknown('softmaxCrossEntropy', left);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new OptionError('softmaxCrossEntropy', 'labelSmoothing', labelSmoothing, 'a number in [0, 1)');
  }
  checkOneOf('softmaxCrossEntropy', 'reduction', reduction, ['mean', 'sum', 'none']);
  return tidy(() => {
    const [n, classes, ...spatial] = logits.shape;
    if (n === undefined || classes === undefined) {
      throw new ShapeError(`softmaxCrossEntropy: the logits are ${showShape(logits.shape)}; they must be [n, classes, ...]`);
    }
    checkTargets('softmaxCrossEntropy', logits, targets);
    const rows = (x: Tensor): Tensor => {
      if (spatial.length === 0) return x;
      if (x.dtype === 'int32') return reshape(x, [x.size]);
      const axes = x.shape.map((_, i) => i);
      return reshape(permute(x, [0, ...axes.slice(2), 1]), [x.size / classes, classes]);
    };
    const losses = one(softmaxCrossEntropyOp, [rows(logits), rows(targets)], { labelSmoothing });
    if (reduction === 'none') return reshape(losses, [n, ...spatial]);
    return reduction === 'mean' ? mean(losses) : sum(losses);
  });
}
