import { checkOptions, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkLabels, type Loss, type LossOptions, reduce, reductionOption, scoreOfLabel } from './loss.js';

/**
 * -x[label] of log-probabilities x [n, classes, ...spatial] and int32 labels [n, ...spatial], the mean over all labels. After
 * log-softmax it is {@link softmaxCrossEntropy}. A label out of range gives NaN.
 *
 * @throws {ShapeError} for labels of another shape. @throws {DTypeError} for labels that are not int32.
 */
export function negativeLogLikelihood(options: LossOptions = {}): Loss {
  checkOptions('negativeLogLikelihood', options, { reduction: reductionOption });
  return (x, labels) => {
    checkLabels('negativeLogLikelihood', x, labels);
    return tidy(() => reduce(ops.neg(scoreOfLabel(x, labels)), options.reduction));
  };
}
