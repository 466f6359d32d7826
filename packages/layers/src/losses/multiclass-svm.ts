import { checkOptions, option, ShapeError, showShape, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkLabels, type Loss, type LossOptions, reduce, reductionOption, scoreOfLabel } from './loss.js';

/** Options of {@link multiclassSvm}. */
export interface MulticlassSvmOptions extends LossOptions {
  /** By how much the right class's score is to be above each other's. Default 1. */
  readonly margin?: number;
  /** Whether each term is squared. Default false. */
  readonly squared?: boolean;
}

/**
 * Σ max(0, s[j] - s[label] + margin) over the wrong classes j (Weston and Watkins, 1999), or the sum of the squares, the mean over
 * the batch: scores s [n, classes] and int32 labels [n]. PyTorch's `multi_margin_loss` is this divided by the number of classes. A
 * label out of range gives NaN.
 *
 * @throws {ShapeError} for scores or labels of another shape. @throws {DTypeError} for labels that are not int32.
 */
export function multiclassSvm(options: MulticlassSvmOptions = {}): Loss {
  checkOptions('multiclassSvm', options, {
    margin: option.nonNegative,
    squared: option.boolean,
    reduction: reductionOption,
  });
  const { margin = 1, squared = false, reduction } = options;
  return (scores, labels) => {
    checkLabels('multiclassSvm', scores, labels);
    const [, classes, ...more] = scores.shape;
    if (more.length > 0)
      throw new ShapeError(`multiclassSvm: the scores are ${showShape(scores.shape)}; they must be [n, classes]`);
    return tidy(() => {
      // #region hinge
      const right = ops.expandDims(scoreOfLabel(scores, labels), 1);
      const hinges = ops.relu(ops.add(ops.sub(scores, right), margin));
      const wrong = ops.where(ops.oneHot(labels, classes!, 'bool'), 0, hinges);
      return reduce(ops.sum(squared ? ops.square(wrong) : wrong, 1), reduction);
      // #endregion hinge
    });
  };
}
