import { batchNorm, type Conv2dConfig, conv2d, type Graph, relu, sequential } from '@cnn/layers';

/** A convolution without bias, batch normalisation and relu: torchvision's `BasicConv2d`, the unit of GoogLeNet and Inception v3. */
export const convNormRelu = (config: Omit<Conv2dConfig, 'bias'>): Graph =>
  sequential({ conv: conv2d({ ...config, bias: false }), bn: batchNorm({ epsilon: 0.001 }), relu: relu() });
