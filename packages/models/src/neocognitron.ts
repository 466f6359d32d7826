import { avgPool2d, conv2d, flatten, type Graph, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/**
 * A network in the style of the Neocognitron (Fukushima, 1980) for images [1, 16, 16]: three stages, each of S-cells, which find
 * features where they are, and C-cells, which blur where they were. The planes shrink as in the paper, 16, 16, 10, 8, 6, 2, 1; S-cells
 * are 5x5 convolutions with relu and C-cells averages here, without the paper's inhibition and fixed weights, and it is trained by
 * gradients rather than by itself. 21,058 parameters for ten classes at the default of 24 planes a stage; the last stage has a plane a
 * class.
 */
export function neocognitron(options: { classes?: number; planes?: number } = {}): Graph {
  checkOptions('neocognitron', options, { classes: option.count, planes: option.count });
  const { classes = 10, planes = 24 } = options;
  return sequential({
    s1: conv2d({ filters: planes, kernelSize: 5, padding: 2 }),
    relu1: relu(),
    c1: avgPool2d({ kernelSize: 7, stride: 1 }),
    s2: conv2d({ filters: planes, kernelSize: 5, padding: 1 }),
    relu2: relu(),
    c2: avgPool2d({ kernelSize: 3, stride: 1 }),
    s3: conv2d({ filters: classes, kernelSize: 5 }),
    relu3: relu(),
    c3: avgPool2d({ kernelSize: 2 }),
    flatten: flatten(),
  });
}
