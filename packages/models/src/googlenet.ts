import {
  adaptiveAvgPool2d,
  branches,
  dropout,
  flatten,
  type Graph,
  globalAvgPool2d,
  graph,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { convNormRelu } from './conv-norm-relu.js';

/** Options of {@link googlenet}. */
export interface GooglenetOptions {
  /** How many classes it tells apart. Default 1000. */
  readonly classes?: number;
  /** Whether two more classifiers, for training, read the middle of the network: the outputs are then three lists of scores. Default false. */
  readonly auxiliary?: boolean;
}

/**
 * GoogLeNet (Szegedy et al., 2014, table 1) for images [3, 224, 224]: 6,624,904 parameters, 1.50 G multiply-adds; with auxiliary
 * classifiers 13,004,888 parameters, and the loss to train is that of the first output plus 0.3 times those of the others (section 5).
 * As in torchvision, whose names its variables have, batch normalisation follows each convolution and the third branch of a module
 * has a 3x3 kernel where the paper has 5x5.
 */
export function googlenet(options: GooglenetOptions = {}): Graph {
  checkOptions('googlenet', options, { classes: option.count, auxiliary: option.boolean });
  const { classes = 1000, auxiliary = false } = options;
  const pool = maxPool2d({ kernelSize: 3, stride: 2, ceilMode: true });
  const trunk = sequential({
    conv1: convNormRelu({ filters: 64, kernelSize: 7, stride: 2, padding: 3 }),
    maxpool1: pool,
    conv2: convNormRelu({ filters: 64, kernelSize: 1 }),
    conv3: convNormRelu({ filters: 192, kernelSize: 3, padding: 1 }),
    maxpool2: pool,
    inception3a: inception(64, [96, 128], [16, 32], 32),
    inception3b: inception(128, [128, 192], [32, 96], 64),
    maxpool3: pool,
    inception4a: inception(192, [96, 208], [16, 48], 64),
    inception4b: inception(160, [112, 224], [24, 64], 64),
    inception4c: inception(128, [128, 256], [24, 64], 64),
    inception4d: inception(112, [144, 288], [32, 64], 64),
    inception4e: inception(256, [160, 320], [32, 128], 128),
    maxpool4: maxPool2d({ kernelSize: 2, ceilMode: true }),
    inception5a: inception(256, [160, 320], [32, 128], 128),
    inception5b: inception(384, [192, 384], [48, 128], 128),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    dropout: dropout({ rate: 0.2 }),
    fc: linear({ units: classes }),
  });
  if (!auxiliary) return trunk;
  return graph({
    inputs: trunk.inputs,
    nodes: [
      ...trunk.nodes,
      { name: 'aux1', layer: auxiliaryHead(classes), inputs: ['inception4a'] },
      { name: 'aux2', layer: auxiliaryHead(classes), inputs: ['inception4d'] },
    ],
    outputs: [...trunk.outputs, 'aux1', 'aux2'],
  });
}

/** Four branches side by side: 1x1; 1x1 and 3x3, twice; a pool and 1x1. Numbers are filters. */
// #region inception
const inception = (one: number, [reduce3, three]: [number, number], [reduce5, five]: [number, number], pooled: number): Graph =>
  branches({
    branch1: convNormRelu({ filters: one, kernelSize: 1 }),
    branch2: sequential([
      convNormRelu({ filters: reduce3, kernelSize: 1 }),
      convNormRelu({ filters: three, kernelSize: 3, padding: 1 }),
    ]),
    branch3: sequential([
      convNormRelu({ filters: reduce5, kernelSize: 1 }),
      convNormRelu({ filters: five, kernelSize: 3, padding: 1 }),
    ]),
    branch4: sequential([
      maxPool2d({ kernelSize: 3, stride: 1, padding: 1, ceilMode: true }),
      convNormRelu({ filters: pooled, kernelSize: 1 }),
    ]),
  });
// #endregion inception

const auxiliaryHead = (classes: number): Graph =>
  sequential({
    avgpool: adaptiveAvgPool2d({ outputSize: 4 }),
    conv: convNormRelu({ filters: 128, kernelSize: 1 }),
    flatten: flatten(),
    fc1: linear({ units: 1024 }),
    relu: relu(),
    dropout: dropout({ rate: 0.7 }),
    fc2: linear({ units: classes }),
  });
