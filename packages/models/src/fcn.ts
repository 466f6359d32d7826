import {
  add,
  conv2d,
  convTranspose2d,
  dropout,
  type Graph,
  type GraphNode,
  graph,
  type Layer,
  maxPool2d,
  relu,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { chain } from './chain.js';

/**
 * A fully convolutional network, FCN-8s (Long et al., 2015, figure 3): VGG-16 with its linear layers as convolutions, whose coarse
 * scores are enlarged in three steps and joined with those of finer layers. [3, h, w] gives a score for each class and pixel,
 * [classes, h, w], where h and w are multiples of 32. 134,489,759 parameters for the 21 classes of PASCAL VOC. Convolutions are padded
 * to keep sizes, where the paper pads the image by 100 pixels and cuts off what is too much. Variables are named as in pytorch-fcn.
 */
export function fcn(options: { classes?: number } = {}): Graph {
  checkOptions('fcn', options, { classes: option.count });
  const { classes = 21 } = options;
  const score = (): Layer => conv2d({ filters: classes, kernelSize: 1 });
  /** Enlarges by a factor. */
  const upscore = (factor: number): Layer =>
    convTranspose2d({ filters: classes, kernelSize: 2 * factor, stride: factor, padding: factor / 2, bias: false });
  const nodes: GraphNode[] = [
    ...chain('input', {
      ...stage(1, [64, 64]),
      ...stage(2, [128, 128]),
      ...stage(3, [256, 256, 256]),
      ...stage(4, [512, 512, 512]),
      ...stage(5, [512, 512, 512]),
      fc6: conv2d({ filters: 4096, kernelSize: 7, padding: 3 }),
      relu6: relu(),
      drop6: dropout(),
      fc7: conv2d({ filters: 4096, kernelSize: 1 }),
      relu7: relu(),
      drop7: dropout(),
      score_fr: score(),
      upscore2: upscore(2),
    }),
    ...chain('pool4', { score_pool4: score() }),
    { name: 'fuse_pool4', layer: add(), inputs: ['upscore2', 'score_pool4'] },
    ...chain('fuse_pool4', { upscore_pool4: upscore(2) }),
    ...chain('pool3', { score_pool3: score() }),
    { name: 'fuse_pool3', layer: add(), inputs: ['upscore_pool4', 'score_pool3'] },
    ...chain('fuse_pool3', { upscore8: upscore(8) }),
  ];
  return graph({ inputs: ['input'], nodes, outputs: ['upscore8'] });
}

/** A stage of VGG-16: convolutions of so many filters, and a pool. */
function stage(number: number, convolutions: readonly number[]): Record<string, Layer> {
  const layers: Record<string, Layer> = {};
  convolutions.forEach((filters, i) => {
    layers[`conv${number}_${i + 1}`] = conv2d({ filters, kernelSize: 3, padding: 1 });
    layers[`relu${number}_${i + 1}`] = relu();
  });
  layers[`pool${number}`] = maxPool2d({ kernelSize: 2 });
  return layers;
}
