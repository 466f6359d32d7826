export * from './activation.js';
export * from './batch-norm.js';
export {
  type Conv2dConfig,
  type ConvTranspose2dConfig,
  conv2d,
  convTranspose2d,
  type Size,
} from './convolution.js';
export * from './dropout.js';
export * from './flatten.js';
export * from './linear.js';
export * from './merge.js';
export * from './pooling.js';
