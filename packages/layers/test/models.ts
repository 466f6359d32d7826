/** Known models, written with this package. */
import { ops, option } from '@cnn/tensor';
import {
  add,
  batchNorm,
  conv2d,
  defineLayer,
  flatten,
  type Graph,
  globalAvgPool2d,
  graph,
  linear,
  logSoftmax,
  maxPool2d,
  relu,
  sequential,
} from '../src/index.js';

/** LeNet-5 as it is taught today (LeCun et al., 1998), for [1, 28, 28]. */
export const lenet5 = (): Graph =>
  sequential({
    conv1: conv2d({ filters: 6, kernelSize: 5, padding: 2 }),
    relu1: relu(),
    pool1: maxPool2d({ kernelSize: 2 }),
    conv2: conv2d({ filters: 16, kernelSize: 5 }),
    relu2: relu(),
    pool2: maxPool2d({ kernelSize: 2 }),
    flat: flatten(),
    fc1: linear({ units: 120 }),
    relu3: relu(),
    fc2: linear({ units: 84 }),
    relu4: relu(),
    fc3: linear({ units: 10 }),
  });

/** The network of the ConvNetJS CIFAR-10 demo (Karpathy, 2014), for [3, 32, 32]. */
export const convnetjsCifar10 = (): Graph =>
  sequential([
    ...[16, 20, 20].flatMap(filters => [conv2d({ filters, kernelSize: 5, padding: 2 }), relu(), maxPool2d({ kernelSize: 2 })]),
    flatten(),
    linear({ units: 10 }),
  ]);

/** VGG-16, configuration D (Simonyan and Zisserman, 2014), for [3, 224, 224]. */
export const vgg16 = (): Graph =>
  sequential([
    ...[
      [64, 64],
      [128, 128],
      [256, 256, 256],
      [512, 512, 512],
      [512, 512, 512],
    ].flatMap(stage => [
      ...stage.flatMap(filters => [conv2d({ filters, kernelSize: 3, padding: 1 }), relu()]),
      maxPool2d({ kernelSize: 2 }),
    ]),
    flatten(),
    linear({ units: 4096 }),
    relu(),
    linear({ units: 4096 }),
    relu(),
    linear({ units: 1000 }),
  ]);

/** Shortcut A of He et al. (2015): every second pixel, and channels of zeros, as many before as after. */
export const zeroPaddedShortcut = defineLayer({
  type: 'test/zeroPaddedShortcut',
  options: { filters: option.count },
  required: ['filters'],
  forward: (x, _, { filters }: { readonly filters: number }) => {
    const [, c, h, w] = x.shape as [number, number, number, number];
    const added = (filters - c) / 2;
    const half = ops.slice(x, [null, null, [0, h, 2], [0, w, 2]]);
    return ops.pad(half, [
      [0, 0],
      [added, added],
      [0, 0],
      [0, 0],
    ]);
  },
});

function block(filters: number, stride: number): Graph {
  const halved = stride > 1;
  return graph({
    inputs: ['x'],
    nodes: [
      { name: 'conv1', layer: conv2d({ filters, kernelSize: 3, stride, padding: 1, bias: false }), inputs: ['x'] },
      { name: 'bn1', layer: batchNorm(), inputs: ['conv1'] },
      { name: 'relu1', layer: relu(), inputs: ['bn1'] },
      { name: 'conv2', layer: conv2d({ filters, kernelSize: 3, padding: 1, bias: false }), inputs: ['relu1'] },
      { name: 'bn2', layer: batchNorm(), inputs: ['conv2'] },
      ...(halved ? [{ name: 'shortcut', layer: zeroPaddedShortcut({ filters }), inputs: ['x'] }] : []),
      { name: 'sum', layer: add(), inputs: ['bn2', halved ? 'shortcut' : 'x'] },
      { name: 'relu2', layer: relu(), inputs: ['sum'] },
    ],
    outputs: ['relu2'],
  });
}

/** ResNet of 6 n + 2 layers for [3, 32, 32] (He et al., 2015, section 4.2), with the names of akamaster/pytorch_resnet_cifar10. */
export function resnetCifar10(n: number): Graph {
  const stage = (filters: number, stride: number): Graph =>
    sequential(Array.from({ length: n }, (_, i) => block(filters, i === 0 ? stride : 1)));
  return sequential({
    conv1: conv2d({ filters: 16, kernelSize: 3, padding: 1, bias: false }),
    bn1: batchNorm(),
    relu: relu(),
    layer1: stage(16, 1),
    layer2: stage(32, 2),
    layer3: stage(64, 2),
    pool: globalAvgPool2d(),
    flat: flatten(),
    linear: linear({ units: 10 }),
  });
}

/** The MNIST example of the Burn framework, for [1, 28, 28]. */
export const burnMnist = (): Graph =>
  sequential({
    conv1: conv2d({ filters: 8, kernelSize: 3 }),
    relu1: relu(),
    conv2: conv2d({ filters: 16, kernelSize: 3 }),
    relu2: relu(),
    conv3: conv2d({ filters: 24, kernelSize: 3 }),
    relu3: relu(),
    norm1: batchNorm(),
    flat: flatten(),
    fc1: linear({ units: 32 }),
    relu4: relu(),
    fc2: linear({ units: 10 }),
    norm2: batchNorm(),
    logSoftmax: logSoftmax(),
  });
