export type { GpuJsBuffer } from './device.js';
export { type CompileStats, type GpuJs, type GpuJsOptions, gpujs } from './gpujs.js';
export type { DeviceArray, GpuJsConstructor, GpuJsInstance, GpuJsKernel, GpuJsMode, GpuJsValue } from './library.js';
