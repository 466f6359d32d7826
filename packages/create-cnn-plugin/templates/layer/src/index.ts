import { defineLayer, initialisers } from '@cnn/layers';
import { ops, option, ShapeError, showShape } from '@cnn/tensor';

/** Options of {@link pluginName}. */
export interface PluginNameOptions {
  /** β of every channel at first. Default 1. */
  readonly beta?: number;
}

/**
 * x σ(βx) with a trained β for each channel (Ramachandran et al., 2017): [n, c, ...] as it is. Parameter `beta` [c, 1, ...].
 *
 * @throws {OptionError} for an unknown option or a β that is no number. @throws {ShapeError} for an input without channels.
 */
export const pluginName = defineLayer({
  type: 'pluginType',
  options: { beta: option.number },
  // The tensors of the layer, for an input of this shape without the batch axis.
  init: ({ beta = 1 }: PluginNameOptions, input, { param }) => {
    const [channels, ...spatial] = input;
    if (channels === undefined) throw new ShapeError(`pluginName: each input is ${showShape(input)}; it takes [c] or [c, ...]`);
    return { beta: param([channels, ...spatial.map(() => 1)], initialisers.constant({ value: beta })) };
  },
  // A pure function of ops. The output's shape and the gradients follow from it.
  forward: (x, { beta }) => ops.mul(x, ops.sigmoid(ops.mul(x, beta))),
});
