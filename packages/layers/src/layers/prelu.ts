import { option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { constant } from '../initialisers.js';
import { defineLayer } from '../layer.js';

/** Options of {@link prelu}. */
export interface PreluConfig {
  /** Whether all channels share one slope. Default false: each channel has its own. */
  readonly shared?: boolean;
}

/**
 * x above 0, x times a trained slope below (He et al., 2015): [n, c, ...] as it is. Parameter weight [c], or [1] where it is
 * shared; 0.25 at first.
 */
export const prelu = defineLayer({
  type: 'prelu',
  options: { shared: option.boolean },
  init: ({ shared = false }: PreluConfig, input, { param }) => {
    const channels = input[0];
    if (channels === undefined) throw new ShapeError(`prelu: each input is ${showShape(input)}; it takes [c] or [c, ...]`);
    return { weight: param([shared ? 1 : channels], constant({ value: 0.25 })) };
  },
  forward: (x, { weight }) => ops.prelu(x, weight),
});
