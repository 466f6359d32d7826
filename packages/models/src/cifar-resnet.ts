import {
  add,
  avgPool2d,
  batchNorm,
  conv2d,
  flatten,
  type Graph,
  globalAvgPool2d,
  graph,
  linear,
  padChannels,
  relu,
  sequential,
} from '@cnn/layers';
import { checkOptions, OptionError, option } from '@cnn/tensor';
import { chain } from './chain.js';

/** Options of {@link cifarResnet}. */
export interface CifarResnetOptions {
  /** How many layers with weights: 20, 32, 44, 56 and 110 were published; any 6 n + 2 will do. */
  readonly depth: number;
  /** How many classes it tells apart. Default 10. */
  readonly classes?: number;
}

/**
 * A ResNet for CIFAR-10 (He et al., 2015, section 4.2), images [3, 32, 32]: 3 x n blocks with 16, 32 and 64 filters, and shortcuts
 * without parameters (option A). 269,722 parameters at depth 20; 464,154 at 32; 658,586 at 44; 853,018 at 56; 1,727,962 at 110.
 * Variables are named as in akamaster/pytorch_resnet_cifar10, where the running statistics are called `running_mean` and `running_var`.
 *
 * @throws {OptionError} for a depth that is not 6 n + 2.
 */
export function cifarResnet(options: CifarResnetOptions): Graph {
  checkOptions('cifarResnet', options, { depth: option.count, classes: option.count }, ['depth']);
  const { depth, classes = 10 } = options;
  if (depth < 8 || depth % 6 !== 2) throw new OptionError('cifarResnet', 'depth', depth, '6 n + 2, as 20, 32, 44, 56 and 110');
  const stage = (filters: number, stride: number): Graph =>
    sequential(Array.from({ length: (depth - 2) / 6 }, (_, i) => block(filters, i === 0 ? stride : 1)));
  return sequential({
    conv1: conv2d({ filters: 16, kernelSize: 3, padding: 1, bias: false }),
    bn1: batchNorm(),
    relu: relu(),
    layer1: stage(16, 1),
    layer2: stage(32, 2),
    layer3: stage(64, 2),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    linear: linear({ units: classes }),
  });
}

/** Two 3x3 convolutions beside a shortcut: the input, or where the block halves the image, every second pixel and channels of zeros. */
function block(filters: number, stride: number): Graph {
  const halved = stride > 1;
  const shortcut = sequential([
    avgPool2d({ kernelSize: 1, stride: 2 }),
    padChannels({ before: filters / 4, after: filters / 4 }),
  ]);
  return graph({
    inputs: ['input'],
    nodes: [
      ...chain('input', {
        conv1: conv2d({ filters, kernelSize: 3, stride, padding: 1, bias: false }),
        bn1: batchNorm(),
        relu1: relu(),
        conv2: conv2d({ filters, kernelSize: 3, padding: 1, bias: false }),
        bn2: batchNorm(),
      }),
      ...(halved ? [{ name: 'shortcut', layer: shortcut, inputs: ['input'] }] : []),
      { name: 'add', layer: add(), inputs: ['bn2', halved ? 'shortcut' : 'input'] },
      { name: 'relu2', layer: relu(), inputs: ['add'] },
    ],
    outputs: ['relu2'],
  });
}
