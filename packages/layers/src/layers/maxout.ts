import { OptionError, option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** Options of {@link maxout}. */
export interface MaxoutConfig {
  /** How many neighbouring channels make a group. Default 2. */
  readonly pieces?: number;
}

/**
 * The largest of each group of `pieces` neighbouring channels (Goodfellow et al., 2013): y[j] = max x[j pieces + i] over i from 0
 * to pieces - 1, so [n, c, ...] gives [n, c / pieces, ...]. After a linear layer it is the paper's dense maxout, after a convolution
 * its convolutional one; give those `pieces` times as many units or filters as are wanted.
 *
 * @throws {OptionError} where `pieces` does not divide the channels.
 */
export const maxout = defineLayer({
  type: 'maxout',
  options: { pieces: option.count },
  init: ({ pieces = 2 }: MaxoutConfig, input) => {
    const channels = input[0];
    if (channels === undefined) throw new ShapeError(`maxout: each input is ${showShape(input)}; it takes [c] or [c, ...]`);
    if (channels % pieces !== 0) throw new OptionError('maxout', 'pieces', pieces, `a number that divides ${channels} channels`);
    return {};
  },
  forward: (x, _, { pieces = 2 }) => {
    const [n, channels, ...rest] = x.shape;
    return ops.max(ops.reshape(x, [n!, channels! / pieces, pieces, ...rest]), 2);
  },
});
