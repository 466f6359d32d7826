import { conv2d, flatten, type Graph, type Layer, linear, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** Options of {@link convnet}. */
export interface ConvnetOptions {
  /** How many classes it tells apart. Default 10. */
  readonly classes?: number;
  /** Of each block, the filters of each of its convolutions. Default [[32, 32], [64, 64]]. */
  readonly blocks?: readonly (readonly number[])[];
  /** The units of each hidden linear layer. Default [128]. */
  readonly hidden?: readonly number[];
}

/**
 * The pattern of most plain networks, ((convolution-relu) x N - pool) x M - (linear-relu) x K - linear (Karpathy, CS231n, "Layer
 * Patterns"): 3x3 convolutions that keep the image's size, and pools that halve it.
 */
export function convnet(options: ConvnetOptions = {}): Graph {
  checkOptions('convnet', options, {
    classes: option.count,
    blocks: option.list(option.list(option.count)),
    hidden: option.list(option.count),
  });
  const {
    classes = 10,
    blocks = [
      [32, 32],
      [64, 64],
    ],
    hidden = [128],
  } = options;
  const layers: Record<string, Layer> = {};
  // #region pattern
  blocks.forEach((block, i) => {
    block.forEach((filters, j) => {
      layers[`conv${i + 1}_${j + 1}`] = conv2d({ filters, kernelSize: 3, padding: 1 });
      layers[`relu${i + 1}_${j + 1}`] = relu();
    });
    layers[`pool${i + 1}`] = maxPool2d({ kernelSize: 2 });
  });
  // #endregion pattern
  layers.flatten = flatten();
  hidden.forEach((units, i) => {
    layers[`fc${i + 1}`] = linear({ units });
    layers[`relu${i + 1}`] = relu();
  });
  layers[`fc${hidden.length + 1}`] = linear({ units: classes });
  return sequential(layers);
}
