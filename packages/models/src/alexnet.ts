import { adaptiveAvgPool2d, conv2d, dropout, flatten, type Graph, linear, maxPool2d, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/**
 * AlexNet in its form for one device (Krizhevsky, 2014, "One weird trick", section 5): 61,100,840 parameters for images [3, 224, 224]
 * and the 1000 classes of ImageNet, 0.71 G multiply-adds. Variables are named as in torchvision.
 */
export function alexnet(options: { classes?: number } = {}): Graph {
  checkOptions('alexnet', options, { classes: option.count });
  const { classes = 1000 } = options;
  // #region layers
  return sequential({
    features: sequential([
      conv2d({ filters: 64, kernelSize: 11, stride: 4, padding: 2 }),
      relu(),
      maxPool2d({ kernelSize: 3, stride: 2 }),
      conv2d({ filters: 192, kernelSize: 5, padding: 2 }),
      relu(),
      maxPool2d({ kernelSize: 3, stride: 2 }),
      conv2d({ filters: 384, kernelSize: 3, padding: 1 }),
      relu(),
      conv2d({ filters: 256, kernelSize: 3, padding: 1 }),
      relu(),
      conv2d({ filters: 256, kernelSize: 3, padding: 1 }),
      relu(),
      maxPool2d({ kernelSize: 3, stride: 2 }),
    ]),
    avgpool: adaptiveAvgPool2d({ outputSize: 6 }),
    flatten: flatten(),
    classifier: sequential([
      dropout(),
      linear({ units: 4096 }),
      relu(),
      dropout(),
      linear({ units: 4096 }),
      relu(),
      linear({ units: classes }),
    ]),
  });
  // #endregion layers
}
