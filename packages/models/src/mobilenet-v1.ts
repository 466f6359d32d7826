import { batchNorm, conv2d, flatten, type Graph, globalAvgPool2d, linear, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** Filters and stride of the thirteen separable convolutions. */
const blocks = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/**
 * MobileNet v1 (Howard et al., 2017, table 1) for images [3, 224, 224]: 4,231,976 parameters, 0.57 G multiply-adds. Other sizes fit,
 * too. The last stride is 1, where the table has a 2 that the sizes beside it refute.
 */
export function mobilenetV1(options: { classes?: number } = {}): Graph {
  checkOptions('mobilenetV1', options, { classes: option.count });
  const { classes = 1000 } = options;
  let channels = 32;
  return sequential({
    conv1: conv2d({ filters: channels, kernelSize: 3, stride: 2, padding: 1, bias: false }),
    bn1: batchNorm(),
    relu: relu(),
    blocks: sequential(
      blocks.map(([filters, stride]) => {
        const block = separable(channels, filters, stride);
        channels = filters;
        return block;
      }),
    ),
    avgpool: globalAvgPool2d(),
    flatten: flatten(),
    fc: linear({ units: classes }),
  });
}

/** A 3x3 convolution of each channel by itself, then a 1x1 convolution across them. */
const separable = (channels: number, filters: number, stride: number): Graph =>
  sequential({
    depthwise: conv2d({ filters: channels, groups: channels, kernelSize: 3, stride, padding: 1, bias: false }),
    bn1: batchNorm(),
    relu1: relu(),
    pointwise: conv2d({ filters, kernelSize: 1, bias: false }),
    bn2: batchNorm(),
    relu2: relu(),
  });
