import { checkOptions, option, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkSameShape, type Loss, type LossOptions, reduce, reductionOption } from './loss.js';

/** Options of {@link smoothL1}. */
export interface SmoothL1Options extends LossOptions {
  /** The difference at which the parabola becomes a straight line. Default 1. */
  readonly beta?: number;
}

/**
 * With d = |prediction - target|: d² / (2 β) below β, d - β / 2 from there on (Girshick, 2015), the mean over all elements.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export function smoothL1(options: SmoothL1Options = {}): Loss {
  checkOptions('smoothL1', options, { beta: option.positive, reduction: reductionOption });
  const { beta = 1, reduction } = options;
  return (prediction, target) => {
    checkSameShape('smoothL1', prediction, target);
    return tidy(() => {
      const distance = ops.abs(ops.sub(prediction, target));
      const parabola = ops.div(ops.square(distance), 2 * beta);
      return reduce(ops.where(ops.less(distance, beta), parabola, ops.sub(distance, beta / 2)), reduction);
    });
  };
}
