export { type PluginNameLayerOptions, pluginNameLayer } from './layer.js';
export { type PluginNameAttrs, pluginName, pluginNameOp } from './op.js';
