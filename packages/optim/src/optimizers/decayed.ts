import { alias, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** The gradient with L2 weight decay: g + λ p. */
export const decayed = (gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? alias(gradient) : ops.add(gradient, ops.mul(parameter, weightDecay));
