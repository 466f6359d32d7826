import {
  add,
  batchNorm,
  conv2d,
  flatten,
  type Graph,
  type GraphNode,
  globalAvgPool2d,
  graph,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { chain } from './chain.js';

/**
 * ResNet-18 (He et al., 2015, table 1): 11,689,512 parameters for images [3, 224, 224] and the 1000 classes of ImageNet, 1.81 G
 * multiply-adds. Other sizes from [3, 33, 33] fit, too. Variables are named as in torchvision, where the running statistics are
 * called `running_mean` and `running_var`.
 */
export function resnet18(options: { classes?: number } = {}): Graph {
  return resnet('resnet18', options, basicBlock, [2, 2, 2, 2]);
}

/** ResNet-34: {@link resnet18} with more blocks. 21,797,672 parameters, 3.66 G multiply-adds. */
export function resnet34(options: { classes?: number } = {}): Graph {
  return resnet('resnet34', options, basicBlock, [3, 4, 6, 3]);
}

/**
 * ResNet-50 (He et al., 2015, table 1): blocks of three convolutions, the outer two 1x1. 25,557,032 parameters, 4.09 G multiply-adds.
 * As in torchvision, a block that halves the image does so in its 3x3 convolution, where the paper does in the first.
 */
export function resnet50(options: { classes?: number } = {}): Graph {
  return resnet('resnet50', options, bottleneck, [3, 4, 6, 3]);
}

/** ResNet-101: {@link resnet50} with more blocks. 44,549,160 parameters, 7.80 G multiply-adds. */
export function resnet101(options: { classes?: number } = {}): Graph {
  return resnet('resnet101', options, bottleneck, [3, 4, 23, 3]);
}

/** ResNet-152: {@link resnet50} with more blocks. 60,192,808 parameters, 11.51 G multiply-adds. */
export function resnet152(options: { classes?: number } = {}): Graph {
  return resnet('resnet152', options, bottleneck, [3, 8, 36, 3]);
}

/** A block for an image with so many channels; it widens its own `width` where it ends, and halves the image where `stride` is 2. */
type Block = (size: { channels: number; width: number; stride: number }) => { block: Graph; filters: number };

function resnet(name: string, options: { classes?: number }, makeBlock: Block, depths: readonly number[]): Graph {
  checkOptions(name, options, { classes: option.count });
  const { classes = 1000 } = options;
  let channels = 64;
  const stage = (i: number): Graph =>
    sequential(
      Array.from({ length: depths[i]! }, (_, j) => {
        const { block, filters } = makeBlock({ channels, width: 64 * 2 ** i, stride: i > 0 && j === 0 ? 2 : 1 });
        channels = filters;
        return block;
      }),
    );
  return sequential({
    conv1: conv2d({ filters: 64, kernelSize: 7, stride: 2, padding: 3, bias: false }),
    bn1: batchNorm(),
    relu: relu(),
    maxpool: maxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
    layer1: stage(0),
    layer2: stage(1),
    layer3: stage(2),
    layer4: stage(3),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
}

/** Two 3x3 convolutions beside a shortcut. */
const basicBlock: Block = ({ channels, width, stride }) => {
  const body = chain('input', {
    conv1: conv2d({ filters: width, kernelSize: 3, stride, padding: 1, bias: false }),
    bn1: batchNorm(),
    relu1: relu(),
    conv2: conv2d({ filters: width, kernelSize: 3, padding: 1, bias: false }),
    bn2: batchNorm(),
  });
  return { block: withShortcut(body, { channels, filters: width, stride }), filters: width };
};

/** A 3x3 convolution between two of 1x1, the last four times as wide, beside a shortcut. */
// #region bottleneck
const bottleneck: Block = ({ channels, width, stride }) => {
  const filters = 4 * width;
  const body = chain('input', {
    conv1: conv2d({ filters: width, kernelSize: 1, bias: false }),
    bn1: batchNorm(),
    relu1: relu(),
    conv2: conv2d({ filters: width, kernelSize: 3, stride, padding: 1, bias: false }),
    bn2: batchNorm(),
    relu2: relu(),
    conv3: conv2d({ filters, kernelSize: 1, bias: false }),
    bn3: batchNorm(),
  });
  return { block: withShortcut(body, { channels, filters, stride }), filters };
};
// #endregion bottleneck

/** relu(body + shortcut); where the body changes the shape, the shortcut is a 1x1 convolution that changes it in the same way. */
function withShortcut(
  body: readonly GraphNode[],
  { channels, filters, stride }: { channels: number; filters: number; stride: number },
): Graph {
  // #region shortcut
  const changes = stride !== 1 || channels !== filters;
  const downsample = sequential([conv2d({ filters, kernelSize: 1, stride, bias: false }), batchNorm()]);
  const shortcut: GraphNode[] = changes ? [{ name: 'downsample', layer: downsample, inputs: ['input'] }] : [];
  return graph({
    inputs: ['input'],
    nodes: [
      ...body,
      ...shortcut,
      { name: 'add', layer: add(), inputs: [body.at(-1)!.name, changes ? 'downsample' : 'input'] },
      { name: 'relu', layer: relu(), inputs: ['add'] },
    ],
    outputs: ['relu'],
  });
  // #endregion shortcut
}
