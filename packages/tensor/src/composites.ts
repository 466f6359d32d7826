import type { CompositeOps } from './kernels.js';
import type { Op } from './op.js';
import * as ops from './ops/index.js';

/** The ops that a backend may have a kernel for and need not, by name. */
export const composites: { readonly [K in keyof CompositeOps]: Op<CompositeOps[K]> } = {
  conv2d: ops.conv2dOp,
  conv2dRelu: ops.conv2dReluOp,
  conv2dInputGrad: ops.conv2dInputGradOp,
  conv2dWeightGrad: ops.conv2dWeightGradOp,
  maxPool2d: ops.maxPool2dOp,
  maxPool2dGrad: ops.maxPool2dGradOp,
  avgPool2d: ops.avgPool2dOp,
  avgPool2dGrad: ops.avgPool2dGradOp,
  linear: ops.linearOp,
  linearRelu: ops.linearReluOp,
  reluGrad: ops.reluGradOp,
  batchNorm: ops.batchNormOp,
  batchNormGrad: ops.batchNormGradOp,
  batchNormInference: ops.batchNormInferenceOp,
  softmaxCrossEntropy: ops.softmaxCrossEntropyOp,
  softmaxCrossEntropyGrad: ops.softmaxCrossEntropyGradOp,
  softmax: ops.softmaxOp,
  logSoftmax: ops.logSoftmaxOp,
  dropout: ops.dropoutOp,
  sgdStep: ops.sgdStepOp,
  adamStep: ops.adamStepOp,
  adadeltaStep: ops.adadeltaStepOp,
};
