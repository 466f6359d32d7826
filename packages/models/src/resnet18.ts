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

/**
 * ResNet-18 (He et al., 2015, table 1): 11,689,512 parameters for images [3, 224, 224] and the 1000 classes of ImageNet, 1.81 G
 * multiply-adds. Other sizes from [3, 33, 33] fit, too. Variables are named as in torchvision, where the running statistics are
 * called `running_mean` and `running_var`.
 */
export function resnet18(options: { classes?: number } = {}): Graph {
  checkOptions('resnet18', options, { classes: option.count });
  const { classes = 1000 } = options;
  return sequential({
    conv1: conv2d({ filters: 64, kernelSize: 7, stride: 2, padding: 3, bias: false }),
    bn1: batchNorm(),
    relu: relu(),
    maxpool: maxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
    layer1: sequential([basicBlock(64), basicBlock(64)]),
    layer2: sequential([basicBlock(128, { stride: 2 }), basicBlock(128)]),
    layer3: sequential([basicBlock(256, { stride: 2 }), basicBlock(256)]),
    layer4: sequential([basicBlock(512, { stride: 2 }), basicBlock(512)]),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
}

/** Two 3x3 convolutions beside a shortcut. A block with a stride halves the image, and its shortcut is a 1x1 convolution. */
function basicBlock(filters: number, { stride = 1 }: { stride?: number } = {}): Graph {
  const downsample = sequential([conv2d({ filters, kernelSize: 1, stride, bias: false }), batchNorm()]);
  const shortcut: GraphNode[] = stride === 1 ? [] : [{ name: 'downsample', layer: downsample, inputs: ['input'] }];
  return graph({
    inputs: ['input'],
    nodes: [
      { name: 'conv1', layer: conv2d({ filters, kernelSize: 3, stride, padding: 1, bias: false }), inputs: ['input'] },
      { name: 'bn1', layer: batchNorm(), inputs: ['conv1'] },
      { name: 'relu1', layer: relu(), inputs: ['bn1'] },
      { name: 'conv2', layer: conv2d({ filters, kernelSize: 3, padding: 1, bias: false }), inputs: ['relu1'] },
      { name: 'bn2', layer: batchNorm(), inputs: ['conv2'] },
      ...shortcut,
      { name: 'add', layer: add(), inputs: ['bn2', stride === 1 ? 'input' : 'downsample'] },
      { name: 'relu2', layer: relu(), inputs: ['add'] },
    ],
    outputs: ['relu2'],
  });
}
