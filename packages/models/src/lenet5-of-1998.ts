import {
  avgPool2d,
  concat,
  conv2d,
  flatten,
  type Graph,
  type GraphNode,
  graph,
  type Layer,
  linear,
  sequential,
  tanh,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** Table I of the paper: which of the six maps of S2 each map of C3 reads. */
const connections = [
  [
    [0, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 5],
    [4, 5, 0],
    [5, 0, 1],
  ],
  [
    [0, 1, 2, 3],
    [1, 2, 3, 4],
    [2, 3, 4, 5],
    [3, 4, 5, 0],
    [4, 5, 0, 1],
    [5, 0, 1, 2],
    [0, 1, 3, 4],
    [1, 2, 4, 5],
    [0, 2, 3, 5],
  ],
  [[0, 1, 2, 3, 4, 5]],
];

/**
 * LeNet-5 as it was published (LeCun et al., 1998, figure 2) for images [1, 32, 32]: subsampling with a coefficient and a bias for
 * each map, and a third layer whose maps read three, four or six of the maps before them. 60,850 parameters: the paper's 60,000, and
 * 850 of the last layer, which is linear here; the paper measures distances to fixed drawings of the digits instead. The paper's
 * 1.7159 tanh(2/3 x) and its sums of four pixels are tanh and means here; the weights around them make up for the factors.
 */
export function lenet5Of1998(options: { classes?: number } = {}): Graph {
  checkOptions('lenet5Of1998', options, { classes: option.count });
  const { classes = 10 } = options;
  const maps = [0, 1, 2, 3, 4, 5].map(
    (map): GraphNode => ({
      name: `map${map}`,
      layer: sequential({ c1: conv(1, { kernelSize: 5 }), tanh1: tanh(), s2: subsampling(1), tanh2: tanh() }),
      inputs: ['input'],
    }),
  );
  // Each map of C3 is a group of one filter.
  const readers = connections.flatMap((tables, i): GraphNode[] => [
    { name: `maps${i}`, layer: concat(), inputs: tables.flat().map(map => `map${map}`) },
    { name: `c3_${i}`, layer: conv(tables.length, { kernelSize: 5, groups: tables.length }), inputs: [`maps${i}`] },
  ]);
  const rest = sequential({
    tanh3: tanh(),
    s4: subsampling(16),
    tanh4: tanh(),
    c5: conv(120, { kernelSize: 5 }),
    tanh5: tanh(),
    flatten: flatten(),
    f6: linear({ units: 84, weightInitialiser: 'xavierUniform' }),
    tanh6: tanh(),
    output: linear({ units: classes, weightInitialiser: 'xavierUniform' }),
  });
  return graph({
    inputs: ['input'],
    nodes: [
      ...maps,
      ...readers,
      { name: 'c3', layer: concat(), inputs: connections.map((_, i) => `c3_${i}`) },
      { name: 'rest', layer: rest, inputs: ['c3'] },
    ],
    outputs: ['rest'],
  });
}

const conv = (filters: number, options: { kernelSize: number; groups?: number }): Layer =>
  conv2d({ filters, ...options, weightInitialiser: 'xavierUniform' });

/** The mean of four pixels times the map's coefficient, plus the map's bias. */
const subsampling = (maps: number): Graph =>
  sequential({
    mean: avgPool2d({ kernelSize: 2 }),
    scale: conv2d({ filters: maps, groups: maps, kernelSize: 1, weightInitialiser: 'ones' }),
  });
