/** Calls of kernels as data, which any thread can run. */
import type { KernelExports } from '../generated/exports.js';

/** The kernels: exports that give nothing back. */
export type KernelName = {
  [K in keyof KernelExports]: Parameters<KernelExports[K]> extends readonly (number | boolean)[] ? K : never;
}[keyof KernelExports];

/** One call of a kernel. */
export interface KernelCall {
  readonly kernel: KernelName;
  readonly args: readonly (number | boolean)[];
}

/** Runs a call on the thread that this runs on. */
export function callKernel(exports: KernelExports, { kernel, args }: KernelCall): void {
  (exports[kernel] as (...args: readonly (number | boolean)[]) => void)(...args);
}
