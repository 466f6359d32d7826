import { conv2d, dropout, flatten, type Graph, globalAvgPool2d, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { chain, joined } from './chain.js';

/**
 * SqueezeNet 1.0 (Iandola et al., 2016, table 1) for images [3, 224, 224]: 1,248,424 parameters, 0.82 G multiply-adds. Other sizes
 * from [3, 21, 21] fit, too. Variables are named as in torchvision.
 */
export function squeezenet(options: { classes?: number } = {}): Graph {
  checkOptions('squeezenet', options, { classes: option.count });
  const { classes = 1000 } = options;
  const pool = maxPool2d({ kernelSize: 3, stride: 2, ceilMode: true });
  return sequential({
    features: sequential([
      conv2d({ filters: 96, kernelSize: 7, stride: 2 }),
      relu(),
      pool,
      fire(16, 64),
      fire(16, 64),
      fire(32, 128),
      pool,
      fire(32, 128),
      fire(48, 192),
      fire(48, 192),
      fire(64, 256),
      pool,
      fire(64, 256),
    ]),
    classifier: sequential([dropout(), conv2d({ filters: classes, kernelSize: 1 }), relu(), globalAvgPool2d()]),
    flatten: flatten(),
  });
}

/** A fire module: few channels by a 1x1 convolution, then many again by 1x1 beside 3x3, so many filters each. */
const fire = (squeeze: number, expand: number): Graph =>
  joined(
    [
      ...chain('input', { squeeze: conv2d({ filters: squeeze, kernelSize: 1 }), squeeze_activation: relu() }),
      ...chain('squeeze_activation', {
        expand1x1: conv2d({ filters: expand, kernelSize: 1 }),
        expand1x1_activation: relu(),
      }),
      ...chain('squeeze_activation', {
        expand3x3: conv2d({ filters: expand, kernelSize: 3, padding: 1 }),
        expand3x3_activation: relu(),
      }),
    ],
    ['expand1x1_activation', 'expand3x3_activation'],
  );
