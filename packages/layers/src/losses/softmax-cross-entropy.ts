import { checkOptions, OptionError, option, type Tensor, tensor, tidy, UsageError } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkLabels, checkSameShape, type Loss, reduce, reductionOption, scoreOfLabel } from './loss.js';

/** Options of {@link softmaxCrossEntropy}. */
export interface SoftmaxCrossEntropyOptions extends ops.SoftmaxCrossEntropyOptions {
  /** How much each class counts, one number a class. Default 1 each. */
  readonly classWeights?: readonly number[];
  /** Labels of this number have loss 0 and do not count in the mean. Default none. */
  readonly ignoreIndex?: number;
}

/**
 * Cross-entropy -Σ t log softmax(logits): logits [n, classes, ...spatial], targets int32 labels [n, ...spatial] or probabilities like
 * the logits. The mean is over all places, that is n × spatial.
 *
 * With class weights w it is -Σ w t log softmax(logits), and the mean over labels is the sum divided by the sum of the labels'
 * weights, as in PyTorch. A label out of range gives NaN, and so does the mean over ignored labels alone.
 *
 * @throws {OptionError} for an unknown or impossible option, and for class weights that are not one a class.
 * @throws {UsageError} for `ignoreIndex` with probabilities. @throws {ShapeError} for targets of another shape.
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): Loss {
  checkOptions('softmaxCrossEntropy', options, {
    labelSmoothing: option.between(0, 1, { openEnd: true }),
    classWeights: option.list(option.nonNegative),
    ignoreIndex: option.integer,
    reduction: reductionOption,
  });
  const { classWeights, ignoreIndex, ...plain } = options;
  if (!classWeights && ignoreIndex === undefined) return (logits, targets) => ops.softmaxCrossEntropy(logits, targets, plain);
  return (logits, targets) => {
    if (targets.dtype === 'int32') {
      checkLabels('softmaxCrossEntropy', logits, targets);
      return tidy(() => ofLabels(logits, targets, options));
    }
    if (ignoreIndex !== undefined)
      throw new UsageError(`softmaxCrossEntropy: ignoreIndex goes with int32 labels; the targets are ${targets.dtype}`);
    checkSameShape('softmaxCrossEntropy', logits, targets);
    return tidy(() => reduce(weightedLosses(logits, targets, options), options.reduction));
  };
}

/** Labels that are ignored, or count by their class. */
function ofLabels(logits: Tensor, labels: Tensor, options: SoftmaxCrossEntropyOptions): Tensor {
  const { classWeights, ignoreIndex, reduction = 'mean' } = options;
  const kept = ignoreIndex === undefined ? undefined : ops.notEqual(labels, ignoreIndex);
  const keep = (x: Tensor): Tensor => (kept ? ops.where(kept, x, 0) : x);
  // An ignored label need not be a class.
  const known = keep(labels);
  const losses = keep(weightedLosses(logits, known, options));
  if (reduction !== 'mean') return reduce(losses, reduction);
  const each = classWeights ? ops.take(weightsOf(classWeights, logits, 0), ops.reshape(known, [known.size])) : undefined;
  const counts = keep(each ? ops.reshape(each, known.shape) : ops.fillLike(losses, 1));
  return ops.div(ops.sum(losses), ops.sum(counts));
}

/** -Σ w t log softmax(logits) for every place. */
function weightedLosses(logits: Tensor, targets: Tensor, options: SoftmaxCrossEntropyOptions): Tensor {
  const { classWeights, labelSmoothing = 0 } = options;
  if (!classWeights) return ops.softmaxCrossEntropy(logits, targets, { labelSmoothing, reduction: 'none' });
  const scores = ops.mul(ops.logSoftmax(logits, 1), weightsOf(classWeights, logits, logits.shape.length - 2));
  const chosen = targets.dtype === 'int32' ? scoreOfLabel(scores, targets) : ops.sum(ops.mul(scores, targets), 1);
  const even = ops.mean(scores, 1);
  return ops.neg(ops.add(ops.mul(chosen, 1 - labelSmoothing), ops.mul(even, labelSmoothing)));
}

/** The class weights as [classes], with as many axes of 1 behind as there are to be. */
function weightsOf(classWeights: readonly number[], logits: Tensor, axes: number): Tensor {
  const classes = logits.shape[1]!;
  if (classWeights.length !== classes)
    throw new OptionError('softmaxCrossEntropy', 'classWeights', classWeights, `one number for each of ${classes} classes`);
  return tensor(logits.backend, [...classWeights], { shape: [classes, ...Array(axes).fill(1)], dtype: logits.dtype });
}
