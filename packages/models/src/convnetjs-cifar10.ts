import { conv2d, flatten, type Graph, linear, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** The network of the ConvNetJS CIFAR-10 demo (Karpathy, 2014): three 5x5 convolutions, each with relu and pooling, for images [3, 32, 32]. */
export function convnetjsCifar10(options: { classes?: number } = {}): Graph {
  checkOptions('convnetjsCifar10', options, { classes: option.count });
  const { classes = 10 } = options;
  return sequential({
    conv1: conv2d({ filters: 16, kernelSize: 5, padding: 2 }),
    relu1: relu(),
    pool1: maxPool2d({ kernelSize: 2 }),
    conv2: conv2d({ filters: 20, kernelSize: 5, padding: 2 }),
    relu2: relu(),
    pool2: maxPool2d({ kernelSize: 2 }),
    conv3: conv2d({ filters: 20, kernelSize: 5, padding: 2 }),
    relu3: relu(),
    pool3: maxPool2d({ kernelSize: 2 }),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
}
