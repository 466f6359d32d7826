import { conv2d, dropout, flatten, type Graph, linear, localResponseNorm, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/**
 * AlexNet as it was trained on two devices (Krizhevsky et al., 2012, section 3): 60,965,224 parameters and 0.72 G multiply-adds. Its
 * second, fourth and fifth convolution have two groups, a tower each, which read only what their own device holds. The input
 * is [3, 227, 227]: with the 224 that the paper says, its 55 x 55 outputs do not come out.
 */
export function alexnetTwoTower(options: { classes?: number } = {}): Graph {
  checkOptions('alexnetTwoTower', options, { classes: option.count });
  const { classes = 1000 } = options;
  // The paper sums five squares, this layer takes their mean.
  const norm = localResponseNorm({ size: 5, alpha: 5 * 1e-4, beta: 0.75, k: 2 });
  const pool = maxPool2d({ kernelSize: 3, stride: 2 });
  return sequential({
    conv1: conv2d({ filters: 96, kernelSize: 11, stride: 4 }),
    relu1: relu(),
    norm1: norm,
    pool1: pool,
    conv2: conv2d({ filters: 256, kernelSize: 5, padding: 2, groups: 2 }),
    relu2: relu(),
    norm2: norm,
    pool2: pool,
    conv3: conv2d({ filters: 384, kernelSize: 3, padding: 1 }),
    relu3: relu(),
    conv4: conv2d({ filters: 384, kernelSize: 3, padding: 1, groups: 2 }),
    relu4: relu(),
    conv5: conv2d({ filters: 256, kernelSize: 3, padding: 1, groups: 2 }),
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
