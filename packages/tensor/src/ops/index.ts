export * from './activation.js';
export * from './binary.js';
export * from './cast.js';
export { axesOf, axisOf, broadcastShapes, checkDType, checkFloat, checkRank, checkSameDType } from './common.js';
export * from './convolution.js';
export * from './convolution-3d.js';
export * from './create.js';
export * from './cumsum.js';
export * from './dropout.js';
export * from './fractional-max-pooling.js';
export * from './gather.js';
export * from './locally-connected.js';
export * from './lp-pooling.js';
export * from './matmul.js';
export * from './normalization.js';
export * from './optimizer-step.js';
export * from './pixel-shuffle.js';
export {
  type AvgPoolOptions,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  avgPool2dGradOp,
  avgPool2dOp,
  globalAvgPool2d,
  globalMaxPool2d,
  type MaxPoolOptions,
  maxPool2d,
  maxPool2dGradOp,
  maxPool2dOp,
  maxPool2dWithIndices,
} from './pooling.js';
export * from './reduce.js';
export type { Activation } from './relu.js';
export * from './resize.js';
export * from './select.js';
export * from './shape.js';
export * from './slice.js';
export * from './softmax.js';
export * from './sort.js';
export * from './unary.js';
export * from './unpooling.js';
export {
  fold,
  foldOp,
  type Padding,
  type PerAxis,
  unfold,
  unfoldOp,
  type WindowOptions,
  windowAttrs,
  windowCounts,
} from './window.js';
