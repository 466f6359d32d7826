import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineOptimizer } from '../optimizer.js';

/** Options of {@link lars}. */
export interface LarsOptions {
  /** The length of a step as a share of the parameter's. Default 0.001. */
  readonly trustCoefficient: number;
  /** μ: how much of the last velocity stays. Default 0.9. */
  readonly momentum: number;
  /** λ: adds λ p to the gradient (L2). Default 0. */
  readonly weightDecay: number;
}

/**
 * Layer-wise adaptive rate scaling (You, Gitman and Ginsburg, 2017): r = trustCoefficient |p| / (|g| + λ |p|), with L2 norms over
 * the whole parameter, 1 where |p| or |g| is 0; v ← μ v + η r (g + λ p); p ← p - v. Default learning rate 1. Slot: `velocity`.
 */
export const lars = defineOptimizer<LarsOptions>({
  type: 'lars',
  options: { trustCoefficient: option.positive, momentum: option.nonNegative, weightDecay: option.nonNegative },
  defaults: { learningRate: 1, trustCoefficient: 0.001, momentum: 0.9, weightDecay: 0 },
  slots: () => ['velocity'],
  step(parameter, [velocity], gradient, { learningRate, trustCoefficient, momentum, weightDecay }) {
    const p = parameter.value;
    const [length, slope] = [norm(p), norm(gradient)];
    const trust = ops.div(ops.mul(length, trustCoefficient), ops.add(slope, ops.mul(length, weightDecay)));
    const known = ops.logicalAnd(ops.greater(length, 0), ops.greater(slope, 0));
    const rate = ops.mul(ops.where(known, trust, 1), learningRate);
    const direction = ops.mul(ops.add(gradient, ops.mul(p, weightDecay)), rate);
    velocity!.assign(ops.add(ops.mul(velocity!.value, momentum), direction));
    parameter.assign(ops.sub(p, velocity!.value));
  },
});

const norm = (x: Tensor): Tensor => ops.sqrt(ops.sum(ops.square(x)));
