/** The kernels of both builds: what is exported here can be called from TypeScript. */
export * from './optimizer-step';

/** The first byte behind the module's own data. */
export function heapBase(): usize {
  return __heap_base;
}
