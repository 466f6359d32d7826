import type { LayerFactory } from './layer.js';
import * as layers from './layers/index.js';

/** Every layer of this package, for `modelFromJSON`. */
export const standardLayers: readonly LayerFactory<never>[] = [
  layers.adaptiveAvgPool2d,
  layers.adaptiveMaxPool2d,
  layers.add,
  layers.avgPool2d,
  layers.batchNorm,
  layers.concat,
  layers.conv2d,
  layers.convTranspose2d,
  layers.dropout,
  layers.elu,
  layers.flatten,
  layers.globalAvgPool2d,
  layers.globalMaxPool2d,
  layers.leakyRelu,
  layers.linear,
  layers.logSoftmax,
  layers.maxPool2d,
  layers.relu,
  layers.relu6,
  layers.sigmoid,
  layers.silu,
  layers.softmax,
  layers.softplus,
  layers.tanh,
];
