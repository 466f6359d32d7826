import { option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { initialiserFrom } from '../initialisers.js';
import { defineLayer } from '../layer.js';
import type { LinearConfig } from './linear.js';

/** Options of {@link dropConnect}. */
export interface DropConnectConfig extends LinearConfig {
  /** The probability of a weight to become 0, in [0, 1). Default 0.5. */
  readonly rate?: number;
}

/**
 * A fully connected layer that drops weights (Wan et al., 2013): in training x (M ∘ W)ᵀ / (1 - rate) + b with a random M of zeros and
 * ones, one for the batch, otherwise x Wᵀ + b. [n, features] gives [n, units]. Parameters weight [units, features] and bias [units].
 */
export const dropConnect = defineLayer({
  type: 'dropConnect',
  options: {
    units: option.count,
    rate: option.between(0, 1, { openEnd: true }),
    bias: option.boolean,
    weightInitialiser: option.any,
    biasInitialiser: option.any,
  },
  required: ['units'],
  init: (
    { units, bias = true, weightInitialiser = 'heNormal', biasInitialiser = 'zeros' }: DropConnectConfig,
    input,
    { param },
  ) => {
    if (input.length !== 1)
      throw new ShapeError(`dropConnect: each input is ${showShape(input)}; it takes vectors: put a flatten layer before it`);
    return {
      weight: param([units, input[0]!], initialiserFrom(weightInitialiser, 'dropConnect.weightInitialiser')),
      bias: bias ? param([units], initialiserFrom(biasInitialiser, 'dropConnect.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, { rate = 0.5 }, { training, key }) =>
    ops.linear(x, training ? ops.dropout(weight, rate, key) : weight, bias),
});
