import { option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type InitialiserConfig, initialiserFrom } from '../initialisers.js';
import { defineLayer } from '../layer.js';

/** Options of {@link linear}. */
export interface LinearConfig {
  /** How many outputs. */
  readonly units: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First weights. Default 'heNormal'. */
  readonly weightInitialiser?: InitialiserConfig;
  /** First biases. Default 'zeros'. */
  readonly biasInitialiser?: InitialiserConfig;
}

/** A fully connected layer, x Wᵀ + b: [n, features] gives [n, units]. Parameters weight [units, features] and bias [units]. */
export const linear = defineLayer({
  type: 'linear',
  options: { units: option.count, bias: option.boolean, weightInitialiser: option.any, biasInitialiser: option.any },
  required: ['units'],
  init: ({ units, bias = true, weightInitialiser = 'heNormal', biasInitialiser = 'zeros' }: LinearConfig, input, { param }) => {
    if (input.length !== 1)
      throw new ShapeError(`linear: each input is ${showShape(input)}; it takes vectors: put a flatten layer before it`);
    return {
      weight: param([units, input[0]!], initialiserFrom(weightInitialiser, 'linear.weightInitialiser')),
      bias: bias ? param([units], initialiserFrom(biasInitialiser, 'linear.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }) => ops.linear(x, weight, bias),
  followedBy: { relu: (x, { weight, bias }) => ops.linear(x, weight, bias, { activation: 'relu' }) },
});
