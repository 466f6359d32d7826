/** The kernels of both builds: what is exported here can be called from TypeScript. */
export * from './convolution-forward';
export * from './convolution-gradient';
export * from './copy';
export * from './depthwise';
export * from './gemm';
export * from './generated/binary';
export * from './generated/convolution';
export * from './generated/gemm';
export * from './generated/unary';
export * from './normalization';
export * from './optimizer-step';
export * from './pooling';
export * from './reduce';
export * from './softmax';
export * from './winograd';

/** The first byte behind the module's own data. */
export function heapBase(): usize {
  return __heap_base;
}
