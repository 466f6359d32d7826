import {
  avgPool2d,
  batchNorm,
  concat,
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

/** How many channels a layer of a block adds. */
const growth = 32;

/**
 * DenseNet-121 (Huang et al., 2016, table 1) for images [3, 224, 224]: each layer of a block reads what all before it gave. 7,978,856
 * parameters, 2.83 G multiply-adds. Other sizes from [3, 29, 29] fit, too. Variables are named as in torchvision.
 */
export function densenet121(options: { classes?: number } = {}): Graph {
  checkOptions('densenet121', options, { classes: option.count });
  const { classes = 1000 } = options;
  return sequential({
    features: sequential({
      conv0: conv2d({ filters: 64, kernelSize: 7, stride: 2, padding: 3, bias: false }),
      norm0: batchNorm(),
      relu0: relu(),
      pool0: maxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
      denseblock1: denseBlock(6),
      transition1: transition(128),
      denseblock2: denseBlock(12),
      transition2: transition(256),
      denseblock3: denseBlock(24),
      transition3: transition(512),
      denseblock4: denseBlock(16),
      norm5: batchNorm(),
    }),
    relu: relu(),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    classifier: linear({ units: classes }),
  });
}

/** The input and the outputs of so many layers, joined; each layer reads those before it, joined. */
function denseBlock(layers: number): Graph {
  const nodes: GraphNode[] = [];
  let all = 'input';
  for (let i = 1; i <= layers; i++) {
    nodes.push({ name: `denselayer${i}`, layer: denseLayer(), inputs: [all] });
    nodes.push({ name: `joined${i}`, layer: concat(), inputs: [all, `denselayer${i}`] });
    all = `joined${i}`;
  }
  return graph({ inputs: ['input'], nodes, outputs: [all] });
}

const denseLayer = (): Graph =>
  sequential({
    norm1: batchNorm(),
    relu1: relu(),
    conv1: conv2d({ filters: 4 * growth, kernelSize: 1, bias: false }),
    norm2: batchNorm(),
    relu2: relu(),
    conv2: conv2d({ filters: growth, kernelSize: 3, padding: 1, bias: false }),
  });

/** Half as many channels, and half the image. */
const transition = (filters: number): Graph =>
  sequential({
    norm: batchNorm(),
    relu: relu(),
    conv: conv2d({ filters, kernelSize: 1, bias: false }),
    pool: avgPool2d({ kernelSize: 2 }),
  });
