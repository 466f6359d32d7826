/** Losses: how wrong a prediction is, as one number. */
import { checkOptions, option, ShapeError, sameShape, showShape, type Tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** The loss of predictions for targets: a scalar, or the losses of all examples where the options say so. */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

/**
 * Cross-entropy of softmax(prediction): logits [n, classes], targets int32 labels [n] or probabilities like the logits.
 *
 * @param options - `labelSmoothing` in [0, 1), default 0; `reduction` 'mean' (default), 'sum' or 'none'.
 */
export function softmaxCrossEntropy(options: ops.SoftmaxCrossEntropyOptions = {}): Loss {
  checkOptions('softmaxCrossEntropy', options, {
    labelSmoothing: option.between(0, 1, { openEnd: true }),
    reduction: option.oneOf('mean', 'sum', 'none'),
  });
  return (logits, targets) => ops.softmaxCrossEntropy(logits, targets, options);
}

/** Options of losses that compare number by number. */
export interface ElementLossOptions {
  /** How the losses of all elements become one: 'mean' (default), 'sum', or not at all. */
  readonly reduction?: ops.Reduction;
}

/** (prediction - target)², the mean over all elements. @throws {ShapeError} if the shapes differ. */
export const meanSquaredError = elementLoss('meanSquaredError', ops.square);

/** |prediction - target|, the mean over all elements. @throws {ShapeError} if the shapes differ. */
export const meanAbsoluteError = elementLoss('meanAbsoluteError', ops.abs);

function elementLoss(name: string, penalty: (difference: Tensor) => Tensor) {
  return (options: ElementLossOptions = {}): Loss => {
    checkOptions(name, options, { reduction: option.oneOf('mean', 'sum', 'none') });
    const { reduction = 'mean' } = options;
    return (prediction, target) =>
      tidy(() => {
        const losses = penalty(difference(name, prediction, target));
        return reduction === 'none' ? losses : reduction === 'sum' ? ops.sum(losses) : ops.mean(losses);
      });
  };
}

/** Of equal shapes only: [n, 1] and [n] would broadcast to [n, n] and give a wrong loss without a word. */
function difference(who: string, prediction: Tensor, target: Tensor): Tensor {
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(`${who}: predictions ${showShape(prediction.shape)} for targets ${showShape(target.shape)}`);
  return ops.sub(prediction, target);
}
