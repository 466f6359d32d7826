import { option, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** The sum of its inputs, which broadcast. */
export const add = defineLayer<Record<string, never>, Record<never, never>, readonly Tensor[]>({
  type: 'add',
  options: {},
  tuple: true,
  forward: inputs => inputs.reduce((total, x) => ops.add(total, x)),
});

/** Options of {@link concat}. */
export interface ConcatConfig {
  /** Counts from the batch axis. Default 1, the channels. */
  readonly axis?: number;
}

/** Its inputs one after another along an axis. */
export const concat = defineLayer<ConcatConfig, Record<never, never>, readonly Tensor[]>({
  type: 'concat',
  options: { axis: option.integer },
  tuple: true,
  forward: (inputs, _, { axis = 1 }) => ops.concat(inputs, axis),
});
