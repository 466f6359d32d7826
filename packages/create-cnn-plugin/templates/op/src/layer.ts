import { defineLayer } from '@cnn/layers';
import { option } from '@cnn/tensor';
import { pluginName } from './op.js';

/** Options of {@link pluginNameLayer}. */
export interface PluginNameLayerOptions {
  /** α. Default 1. */
  readonly alpha?: number;
}

/** The op as a layer, so that models and model files can have it: [n, ...] as it is. */
export const pluginNameLayer = defineLayer({
  type: 'pluginType',
  options: { alpha: option.positive },
  init: (_: PluginNameLayerOptions) => ({}),
  forward: (x, _, { alpha }) => pluginName(x, alpha),
});
