import { option, ShapeError, showShape, sizeOf, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { ones, zeros } from '../initialisers.js';
import { defineLayer } from '../layer.js';

/** Options of {@link batchNorm}. */
export interface BatchNormConfig {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the batch in the running statistics: new = (1 - momentum) old + momentum batch. Default 0.1. */
  readonly momentum?: number;
  /** Whether there are a weight and a bias. Default true. */
  readonly affine?: boolean;
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015) per channel of [n, c] or [n, c, ...]: in training with the statistics of the
 * batch, otherwise with the running ones, which take the batch's unbiased variance as in PyTorch. Parameters weight and bias [c];
 * state runningMean and runningVar [c].
 */
export const batchNorm = defineLayer({
  type: 'batchNorm',
  options: { epsilon: option.positive, momentum: option.between(0, 1), affine: option.boolean },
  init: ({ affine = true }: BatchNormConfig, input, { param, state }) => {
    const channels = input[0];
    if (channels === undefined) throw new ShapeError(`batchNorm: each input is ${showShape(input)}; it takes [c] or [c, ...]`);
    return {
      weight: affine ? param([channels], ones) : undefined,
      bias: affine ? param([channels], zeros) : undefined,
      runningMean: state([channels], zeros),
      runningVar: state([channels], ones),
    };
  },
  forward: (x, tensors, { epsilon = 1e-5, momentum = 0.1 }, { training, update }) => {
    const { runningMean, runningVar } = tensors;
    const weight = tensors.weight ?? ops.fillLike(runningMean, 1);
    const bias = tensors.bias ?? ops.fillLike(runningMean, 0);
    if (!training) return ops.batchNormInference(x, weight, bias, { mean: runningMean, variance: runningVar }, { epsilon });
    const { y, mean, variance } = ops.batchNorm(x, weight, bias, { epsilon });
    // #region running
    const count = sizeOf(x.shape) / mean.size;
    update('runningMean', blend(runningMean, mean, momentum));
    update('runningVar', blend(runningVar, ops.mul(variance, count / (count - 1)), momentum));
    // #endregion running
    return y;
  },
});

/** (1 - share) old + share next, apart from the gradient. */
const blend = (old: Tensor, next: Tensor, share: number): Tensor =>
  ops.add(ops.mul(old, 1 - share), ops.mul(ops.stopGradient(next), share));
