import { checkOptions, type Tensor, tidy } from '@cnn/tensor';
import { checkSameShape, type Loss, type LossOptions, reduce, reductionOption } from './loss.js';

/** A loss that compares number by number and has no options of its own. */
/* @__NO_SIDE_EFFECTS__ */
export const elementLoss =
  (name: string, losses: (prediction: Tensor, target: Tensor) => Tensor) =>
  (options: LossOptions = {}): Loss => {
    checkOptions(name, options, { reduction: reductionOption });
    return (prediction, target) => {
      checkSameShape(name, prediction, target);
      return tidy(() => reduce(losses(prediction, target), options.reduction));
    };
  };
