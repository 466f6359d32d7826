export { type Cpu, type CpuKernels, type CpuOptions, cpu } from './cpu.js';
export type { CpuBuffer, CpuMemory, MemoryStats } from './memory.js';
export {
  type CpuReference,
  type CpuReferenceKernels,
  type CpuReferenceOptions,
  type CpuReferenceRuntime,
  cpuReference,
} from './reference.js';
export type { ArrayView, ReferenceKernel, ReferenceKernels } from './reference-kernel.js';
export type { KernelCall, KernelName } from './threads/kernel-call.js';
export type { Part } from './threads/parallel.js';
export type { ConvolutionMode, Runtime } from './wasm/kernel.js';
export type { Build } from './wasm/module.js';
