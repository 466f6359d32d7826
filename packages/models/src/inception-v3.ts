import {
  avgPool2d,
  dropout,
  flatten,
  type Graph,
  globalAvgPool2d,
  graph,
  type Layer,
  linear,
  maxPool2d,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { chain, joined } from './chain.js';
import { convNormRelu } from './conv-norm-relu.js';

/** Options of {@link inceptionV3}. */
export interface InceptionV3Options {
  /** How many classes it tells apart. Default 1000. */
  readonly classes?: number;
  /** Whether one more classifier, for training, reads the middle of the network: the outputs are then two lists of scores. Default false. */
  readonly auxiliary?: boolean;
}

/**
 * Inception v3 (Szegedy et al., 2015, table 1) for images [3, 299, 299]: 23,834,568 parameters, 5.71 G multiply-adds; with the
 * auxiliary classifier 27,161,264 parameters. Sizes from [3, 75, 75] fit, with it from [3, 299, 299]. Variables are named as in
 * torchvision.
 */
export function inceptionV3(options: InceptionV3Options = {}): Graph {
  checkOptions('inceptionV3', options, { classes: option.count, auxiliary: option.boolean });
  const { classes = 1000, auxiliary = false } = options;
  const trunk = sequential({
    Conv2d_1a_3x3: convNormRelu({ filters: 32, kernelSize: 3, stride: 2 }),
    Conv2d_2a_3x3: convNormRelu({ filters: 32, kernelSize: 3 }),
    Conv2d_2b_3x3: same(64, [3, 3]),
    maxpool1: maxPool2d({ kernelSize: 3, stride: 2 }),
    Conv2d_3b_1x1: same(80, [1, 1]),
    Conv2d_4a_3x3: convNormRelu({ filters: 192, kernelSize: 3 }),
    maxpool2: maxPool2d({ kernelSize: 3, stride: 2 }),
    Mixed_5b: with5x5(32),
    Mixed_5c: with5x5(64),
    Mixed_5d: with5x5(64),
    Mixed_6a: halvedBy3x3(),
    Mixed_6b: with7x7(128),
    Mixed_6c: with7x7(160),
    Mixed_6d: with7x7(160),
    Mixed_6e: with7x7(192),
    Mixed_7a: halvedBy7x7(),
    Mixed_7b: spread(),
    Mixed_7c: spread(),
    avgpool: globalAvgPool2d(),
    dropout: dropout(),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
  if (!auxiliary) return trunk;
  return graph({
    inputs: trunk.inputs,
    nodes: [...trunk.nodes, { name: 'AuxLogits', layer: auxiliaryHead(classes), inputs: ['Mixed_6e'] }],
    outputs: [...trunk.outputs, 'AuxLogits'],
  });
}

/** A convolution that keeps the image's size. */
const same = (filters: number, [height, width]: [number, number]): Graph =>
  convNormRelu({ filters, kernelSize: [height, width], padding: [(height - 1) / 2, (width - 1) / 2] });

const halved = (filters: number): Graph => convNormRelu({ filters, kernelSize: 3, stride: 2 });

const average = (): Layer => avgPool2d({ kernelSize: 3, stride: 1, padding: 1 });

/** Figure 5 of the paper: 5x5, and two times 3x3 in a row. */
const with5x5 = (pooled: number): Graph =>
  joined(
    [
      ...chain('input', { branch1x1: same(64, [1, 1]) }),
      ...chain('input', { branch5x5_1: same(48, [1, 1]), branch5x5_2: same(64, [5, 5]) }),
      ...chain('input', { branch3x3dbl_1: same(64, [1, 1]), branch3x3dbl_2: same(96, [3, 3]), branch3x3dbl_3: same(96, [3, 3]) }),
      ...chain('input', { average: average(), branch_pool: same(pooled, [1, 1]) }),
    ],
    ['branch1x1', 'branch5x5_2', 'branch3x3dbl_3', 'branch_pool'],
  );

/** Figure 10: halves the image with 3x3, two times 3x3, and a pool. */
const halvedBy3x3 = (): Graph =>
  joined(
    [
      ...chain('input', { branch3x3: halved(384) }),
      ...chain('input', { branch3x3dbl_1: same(64, [1, 1]), branch3x3dbl_2: same(96, [3, 3]), branch3x3dbl_3: halved(96) }),
      ...chain('input', { pool: maxPool2d({ kernelSize: 3, stride: 2 }) }),
    ],
    ['branch3x3', 'branch3x3dbl_3', 'pool'],
  );

/** Figure 6: 7x7 as 1x7 and 7x1, and that twice. */
const with7x7 = (filters: number): Graph =>
  joined(
    [
      ...chain('input', { branch1x1: same(192, [1, 1]) }),
      ...chain('input', {
        branch7x7_1: same(filters, [1, 1]),
        branch7x7_2: same(filters, [1, 7]),
        branch7x7_3: same(192, [7, 1]),
      }),
      ...chain('input', {
        branch7x7dbl_1: same(filters, [1, 1]),
        branch7x7dbl_2: same(filters, [7, 1]),
        branch7x7dbl_3: same(filters, [1, 7]),
        branch7x7dbl_4: same(filters, [7, 1]),
        branch7x7dbl_5: same(192, [1, 7]),
      }),
      ...chain('input', { average: average(), branch_pool: same(192, [1, 1]) }),
    ],
    ['branch1x1', 'branch7x7_3', 'branch7x7dbl_5', 'branch_pool'],
  );

/** Halves the image with 3x3, with 7x7 and 3x3, and with a pool. */
const halvedBy7x7 = (): Graph =>
  joined(
    [
      ...chain('input', { branch3x3_1: same(192, [1, 1]), branch3x3_2: halved(320) }),
      ...chain('input', {
        branch7x7x3_1: same(192, [1, 1]),
        branch7x7x3_2: same(192, [1, 7]),
        branch7x7x3_3: same(192, [7, 1]),
        branch7x7x3_4: halved(192),
      }),
      ...chain('input', { pool: maxPool2d({ kernelSize: 3, stride: 2 }) }),
    ],
    ['branch3x3_2', 'branch7x7x3_4', 'pool'],
  );

/** Figure 7: 3x3 as 1x3 beside 3x1, which makes the image of 8x8 richer in channels. */
const spread = (): Graph =>
  joined(
    [
      ...chain('input', { branch1x1: same(320, [1, 1]) }),
      ...chain('input', { branch3x3_1: same(384, [1, 1]) }),
      ...chain('branch3x3_1', { branch3x3_2a: same(384, [1, 3]) }),
      ...chain('branch3x3_1', { branch3x3_2b: same(384, [3, 1]) }),
      ...chain('input', { branch3x3dbl_1: same(448, [1, 1]), branch3x3dbl_2: same(384, [3, 3]) }),
      ...chain('branch3x3dbl_2', { branch3x3dbl_3a: same(384, [1, 3]) }),
      ...chain('branch3x3dbl_2', { branch3x3dbl_3b: same(384, [3, 1]) }),
      ...chain('input', { average: average(), branch_pool: same(192, [1, 1]) }),
    ],
    ['branch1x1', 'branch3x3_2a', 'branch3x3_2b', 'branch3x3dbl_3a', 'branch3x3dbl_3b', 'branch_pool'],
  );

const auxiliaryHead = (classes: number): Graph =>
  sequential({
    pool: avgPool2d({ kernelSize: 5, stride: 3 }),
    conv0: same(128, [1, 1]),
    conv1: convNormRelu({ filters: 768, kernelSize: 5 }),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
