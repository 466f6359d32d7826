import { option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** Options of {@link padChannels}. */
export interface PadChannelsConfig {
  /** Channels of zeros before those of the input. Default 0. */
  readonly before?: number;
  /** Channels of zeros after those of the input. Default 0. */
  readonly after?: number;
}

/**
 * Channels of zeros around those of the input: [n, c, ...] gives [n, before + c + after, ...]. It is how a shortcut without parameters
 * gets the width of its block (He et al., 2015, section 3.3, option A).
 */
export const padChannels = defineLayer({
  type: 'padChannels',
  options: { before: option.index, after: option.index },
  forward: (x, _, { before = 0, after = 0 }: PadChannelsConfig) => {
    if (x.shape.length < 2) throw new ShapeError(`padChannels: the input is ${showShape(x.shape)}; it takes [n, c, ...]`);
    return ops.pad(
      x,
      x.shape.map((_, axis): [number, number] => (axis === 1 ? [before, after] : [0, 0])),
    );
  },
});
