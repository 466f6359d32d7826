import { checkOptions, option, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { checkSameShape, type Loss, type LossOptions, reductionOption } from './loss.js';
import { smoothL1 } from './smooth-l1.js';

/** Options of {@link huber}. */
export interface HuberOptions extends LossOptions {
  /** The difference at which the parabola becomes a straight line. Default 1. */
  readonly delta?: number;
}

/**
 * With d = |prediction - target|: d² / 2 below δ, δ (d - δ / 2) from there on (Huber, 1964), the mean over all elements. That is
 * δ times {@link smoothL1}.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export function huber(options: HuberOptions = {}): Loss {
  checkOptions('huber', options, { delta: option.positive, reduction: reductionOption });
  const { delta = 1, ...rest } = options;
  const loss = smoothL1({ beta: delta, ...rest });
  return (prediction, target) => {
    checkSameShape('huber', prediction, target);
    return tidy(() => ops.mul(loss(prediction, target), delta));
  };
}
