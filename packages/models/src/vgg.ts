import {
  adaptiveAvgPool2d,
  batchNorm,
  conv2d,
  dropout,
  flatten,
  type Graph,
  type Layer,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** Options of {@link vgg11} and its deeper relatives. */
export interface VggOptions {
  /** How many classes it tells apart. Default 1000. */
  readonly classes?: number;
  /** Whether batch normalisation follows each convolution, which the paper of 2014 does not have. Default false. */
  readonly batchNorm?: boolean;
}

/**
 * VGG-11 (Simonyan and Zisserman, 2014, table 1, configuration A): 3x3 convolutions and pools for images [3, 224, 224]. 132,863,336
 * parameters, 7.61 G multiply-adds. Other sizes from [3, 32, 32] fit, too. Variables are named as in torchvision.
 */
export function vgg11(options: VggOptions = {}): Graph {
  return vgg('vgg11', options, [1, 1, 2, 2, 2]);
}

/** VGG-13, configuration B: {@link vgg11} with more convolutions. 133,047,848 parameters, 11.31 G multiply-adds. */
export function vgg13(options: VggOptions = {}): Graph {
  return vgg('vgg13', options, [2, 2, 2, 2, 2]);
}

/** VGG-16, configuration D: {@link vgg11} with more convolutions. 138,357,544 parameters, 15.47 G multiply-adds. */
export function vgg16(options: VggOptions = {}): Graph {
  return vgg('vgg16', options, [2, 2, 3, 3, 3]);
}

/** VGG-19, configuration E: {@link vgg11} with more convolutions. 143,667,240 parameters, 19.63 G multiply-adds. */
export function vgg19(options: VggOptions = {}): Graph {
  return vgg('vgg19', options, [2, 2, 4, 4, 4]);
}

/** Five stages of so many convolutions each, and three linear layers. */
function vgg(name: string, options: VggOptions, stages: readonly number[]): Graph {
  checkOptions(name, options, { classes: option.count, batchNorm: option.boolean });
  const { classes = 1000, batchNorm: normalised = false } = options;
  // #region stage
  const stage = (convolutions: number, i: number): Layer[] => {
    const conv = conv2d({ filters: Math.min(512, 64 * 2 ** i), kernelSize: 3, padding: 1 });
    const unit = normalised ? [conv, batchNorm(), relu()] : [conv, relu()];
    return [...Array.from({ length: convolutions }, () => unit).flat(), maxPool2d({ kernelSize: 2 })];
  };
  // #endregion stage
  return sequential({
    features: sequential(stages.flatMap(stage)),
    avgpool: adaptiveAvgPool2d({ outputSize: 7 }),
    flatten: flatten(),
    classifier: sequential([
      linear({ units: 4096 }),
      relu(),
      dropout(),
      linear({ units: 4096 }),
      relu(),
      dropout(),
      linear({ units: classes }),
    ]),
  });
}
