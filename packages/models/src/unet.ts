import {
  concat,
  conv2d,
  convTranspose2d,
  crop2d,
  dropout,
  type Graph,
  type GraphNode,
  graph,
  type Layer,
  maxPool2d,
  relu,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';
import { chain } from './chain.js';

/** On the way up, how much is cut off each border of the image of the way down. */
const borders = { 4: 4, 3: 16, 2: 40, 1: 88 } as const;

/**
 * U-Net (Ronneberger et al., 2015, figure 1): down four times to small images of many channels and up again, joined on each level with
 * the image of the way down. Convolutions are not padded: [1, 572, 572] gives scores [classes, 388, 388] for the pixels inside a border
 * of 92. 31,030,658 parameters for one channel and two classes. Sizes that fit are 188, 204 and on in steps of 16.
 */
export function unet(options: { classes?: number } = {}): Graph {
  checkOptions('unet', options, { classes: option.count });
  const { classes = 2 } = options;
  const nodes: GraphNode[] = [
    ...chain('input', {
      down1: convolutions(64),
      pool1: maxPool2d({ kernelSize: 2 }),
      down2: convolutions(128),
      pool2: maxPool2d({ kernelSize: 2 }),
      down3: convolutions(256),
      pool3: maxPool2d({ kernelSize: 2 }),
      down4: convolutions(512),
      pool4: maxPool2d({ kernelSize: 2 }),
      bottom: convolutions(1024),
      dropout: dropout(),
    }),
    ...up(4, 'dropout'),
    ...up(3, 'up4'),
    ...up(2, 'up3'),
    ...up(1, 'up2'),
    ...chain('up1', { scores: conv2d({ filters: classes, kernelSize: 1 }) }),
  ];
  return graph({ inputs: ['input'], nodes, outputs: ['scores'] });
}

/** Enlarges what came from below and joins it with the middle of the image of the same level. */
function up(level: 1 | 2 | 3 | 4, below: string): GraphNode[] {
  const filters = 32 * 2 ** level;
  return [
    ...chain(below, { [`enlarge${level}`]: convTranspose2d({ filters, kernelSize: 2, stride: 2 }) }),
    ...chain(`down${level}`, { [`crop${level}`]: crop2d({ cropping: borders[level] }) }),
    { name: `join${level}`, layer: concat(), inputs: [`crop${level}`, `enlarge${level}`] },
    ...chain(`join${level}`, { [`up${level}`]: convolutions(filters) }),
  ];
}

const convolutions = (filters: number): Graph => {
  const conv = (): Layer => conv2d({ filters, kernelSize: 3 });
  return sequential({ conv1: conv(), relu1: relu(), conv2: conv(), relu2: relu() });
};
