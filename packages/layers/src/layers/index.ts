export * from './activation.js';
export * from './batch-norm.js';
export {
  type Conv1dConfig,
  type Conv2dConfig,
  type Conv3dConfig,
  type ConvTranspose2dConfig,
  conv1d,
  conv2d,
  conv3d,
  convTranspose2d,
  type FilterConfig,
} from './convolution.js';
export * from './depthwise.js';
export * from './drop-connect.js';
export * from './dropout.js';
export * from './flatten.js';
export * from './gaussian-noise.js';
export * from './linear.js';
export * from './locally-connected.js';
export * from './maxout.js';
export * from './merge.js';
export * from './normalization.js';
export * from './pad-channels.js';
export * from './pooling.js';
export * from './prelu.js';
export * from './resampling.js';
export * from './shape.js';
export type { Size, WindowConfig } from './window.js';
