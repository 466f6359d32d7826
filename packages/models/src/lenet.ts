import { conv2d, flatten, type Graph, linear, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/**
 * LeNet-5 (LeCun et al., 1998) in its modern form, with relu and max pooling: 61,706 parameters for images [1, 28, 28] and ten
 * classes.
 */
export function lenet5(options: { classes?: number } = {}): Graph {
  checkOptions('lenet5', options, { classes: option.count });
  const { classes = 10 } = options;
  // #region layers
  return sequential({
    conv1: conv2d({ filters: 6, kernelSize: 5, padding: 2 }),
    relu1: relu(),
    pool1: maxPool2d({ kernelSize: 2 }),
    conv2: conv2d({ filters: 16, kernelSize: 5 }),
    relu2: relu(),
    pool2: maxPool2d({ kernelSize: 2 }),
    flatten: flatten(),
    fc1: linear({ units: 120 }),
    relu3: relu(),
    fc2: linear({ units: 84 }),
    relu4: relu(),
    fc3: linear({ units: classes }),
  });
  // #endregion layers
}
