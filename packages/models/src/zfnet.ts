import { conv2d, dropout, flatten, type Graph, linear, localResponseNorm, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/**
 * ZFNet (Zeiler and Fergus, 2013, figure 3): AlexNet with a finer first convolution, 7x7 with stride 2, and in one tower. 62,357,608
 * parameters for images [3, 224, 224], 1.17 G multiply-adds.
 */
export function zfnet(options: { classes?: number } = {}): Graph {
  checkOptions('zfnet', options, { classes: option.count });
  const { classes = 1000 } = options;
  // AlexNet's constants, for the mean of five squares rather than their sum.
  const norm = localResponseNorm({ size: 5, alpha: 5 * 1e-4, beta: 0.75, k: 2 });
  const pool = maxPool2d({ kernelSize: 3, stride: 2, ceilMode: true });
  return sequential({
    conv1: conv2d({ filters: 96, kernelSize: 7, stride: 2, padding: 1 }),
    relu1: relu(),
    pool1: pool,
    norm1: norm,
    conv2: conv2d({ filters: 256, kernelSize: 5, stride: 2 }),
    relu2: relu(),
    pool2: pool,
    norm2: norm,
    conv3: conv2d({ filters: 384, kernelSize: 3, padding: 1 }),
    relu3: relu(),
    conv4: conv2d({ filters: 384, kernelSize: 3, padding: 1 }),
    relu4: relu(),
    conv5: conv2d({ filters: 256, kernelSize: 3, padding: 1 }),
    relu5: relu(),
    pool5: pool,
    flatten: flatten(),
    fc6: linear({ units: 4096 }),
    relu6: relu(),
    dropout6: dropout(),
    fc7: linear({ units: 4096 }),
    relu7: relu(),
    dropout7: dropout(),
    fc8: linear({ units: classes }),
  });
}
