import { checkOptions, option, ShapeError, showShape, type Tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkSameShape, type Loss, type LossOptions, reduce, reductionOption } from './loss.js';

/** Options of {@link dice}. */
export interface DiceOptions extends LossOptions {
  /** Added to both sides of the fraction, so that two empty masks agree. Above 0. Default 1. */
  readonly smooth?: number;
}

/**
 * 1 - (2 Σ p t + smooth) / (Σ p + Σ t + smooth) of probabilities p and masks t, both [n, c, ...spatial] (Drozdzal et al., 2016; the
 * coefficient is Dice's, 1945): the sums are over the spatial axes, the mean over images and channels.
 *
 * @throws {ShapeError} if the shapes differ or have no spatial axis.
 */
export function dice(options: DiceOptions = {}): Loss {
  checkOptions('dice', options, { smooth: option.positive, reduction: reductionOption });
  const { smooth = 1, reduction } = options;
  return (p, t) => {
    checkSameShape('dice', p, t);
    if (p.shape.length < 3)
      throw new ShapeError(`dice: the predictions are ${showShape(p.shape)}; they must be [n, c, ...spatial]`);
    return tidy(() => {
      const axes = p.shape.map((_, i) => i).slice(2);
      const total = (x: Tensor): Tensor => ops.sum(x, axes);
      const both = ops.add(ops.mul(total(ops.mul(p, t)), 2), smooth);
      return reduce(ops.sub(1, ops.div(both, ops.add(ops.add(total(p), total(t)), smooth))), reduction);
    });
  };
}
