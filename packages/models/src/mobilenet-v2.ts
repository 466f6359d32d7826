import {
  add,
  batchNorm,
  conv2d,
  dropout,
  flatten,
  type Graph,
  globalAvgPool2d,
  graph,
  linear,
  relu6,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** Of each stage: how much wider its blocks are inside, their filters, how many there are, and the stride of the first. */
const stages = [
  { expansion: 1, filters: 16, count: 1, stride: 1 },
  { expansion: 6, filters: 24, count: 2, stride: 2 },
  { expansion: 6, filters: 32, count: 3, stride: 2 },
  { expansion: 6, filters: 64, count: 4, stride: 2 },
  { expansion: 6, filters: 96, count: 3, stride: 1 },
  { expansion: 6, filters: 160, count: 3, stride: 2 },
  { expansion: 6, filters: 320, count: 1, stride: 1 },
];

/**
 * MobileNet v2 (Sandler et al., 2018, table 2) for images [3, 224, 224]: 3,504,872 parameters, 0.30 G multiply-adds. Other sizes fit,
 * too. Variables are named as in torchvision.
 */
export function mobilenetV2(options: { classes?: number } = {}): Graph {
  checkOptions('mobilenetV2', options, { classes: option.count });
  const { classes = 1000 } = options;
  const features = [unit({ filters: 32, kernelSize: 3, stride: 2 })];
  let channels = 32;
  for (const { expansion, filters, count, stride } of stages) {
    for (let i = 0; i < count; i++) {
      features.push(invertedResidual({ channels, inside: channels * expansion, filters, stride: i === 0 ? stride : 1 }));
      channels = filters;
    }
  }
  features.push(unit({ filters: 1280, kernelSize: 1 }));
  return sequential({
    features: sequential(features),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    classifier: sequential([dropout({ rate: 0.2 }), linear({ units: classes })]),
  });
}

/** Wide, filtered channel by channel, narrow again, without relu at the end; beside a shortcut where the shape stays. */
function invertedResidual({
  channels,
  inside,
  filters,
  stride,
}: {
  channels: number;
  inside: number;
  filters: number;
  stride: number;
}): Graph {
  // #region inverted-residual
  const conv = sequential([
    ...(inside === channels ? [] : [unit({ filters: inside, kernelSize: 1 })]),
    unit({ filters: inside, kernelSize: 3, stride, groups: inside }),
    conv2d({ filters, kernelSize: 1, bias: false }),
    batchNorm(),
  ]);
  // #endregion inverted-residual
  if (stride !== 1 || channels !== filters) return sequential({ conv });
  return graph({
    inputs: ['input'],
    nodes: [
      { name: 'conv', layer: conv, inputs: ['input'] },
      { name: 'add', layer: add(), inputs: ['input', 'conv'] },
    ],
    outputs: ['add'],
  });
}

/** A convolution of odd kernel that keeps the size but for its stride, batch normalisation and relu6. */
const unit = (config: { filters: number; kernelSize: number; stride?: number; groups?: number }): Graph =>
  sequential([conv2d({ ...config, padding: (config.kernelSize - 1) / 2, bias: false }), batchNorm(), relu6()]);
