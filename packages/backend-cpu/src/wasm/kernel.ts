/**
 * What a WASM kernel is, and what it gets.
 *
 * To add one: write the loop in `assembly/FAMILY.ts` (exported from `assembly/index.ts`), then in `src/wasm/FAMILY.ts` a
 * `WasmKernel` that declines what the loop does not cover by returning `undefined`, allocates the outputs and calls the loop
 * with pointers; and list it in `src/wasm/index.ts`.
 */
import type { CompositeOps, PrimitiveOps, Spec, View } from '@cnn/tensor';
import type { KernelExports } from '../generated/exports.js';
import type { CpuBuffer, CpuMemory } from '../memory.js';
import type { Parallel } from '../threads/parallel.js';
import type { Build } from './module.js';

/** `exact`: every convolution by direct sums. `fast`: by Winograd's algorithm where that is faster. */
export type ConvolutionMode = 'fast' | 'exact';

/** What a kernel works with. */
export interface Runtime extends Parallel {
  readonly build: Build;
  /** Which algorithms of convolution are allowed. */
  readonly convolution: ConvolutionMode;
  /** The memory that all buffers lie in. What is allocated here directly stays until it is freed. */
  readonly memory: CpuMemory;
  /** The functions of the WASM module. */
  readonly exports: KernelExports;
  /** A buffer for an output, not cleared. If the kernel does not return it, it is freed when the call ends, also by throwing. */
  allocate(spec: Spec): CpuBuffer;
  /** Memory for the time of the call, not cleared: its first byte. */
  scratch(bytes: number): number;
}

/**
 * Memory that `prepare` has filled from a buffer: kept from the second use of an unchanged buffer on, as weights have in
 * inference, or filled for this call alone.
 *
 * @param key - Names what is prepared, with everything beside the buffer that it depends on.
 */
export function prepared(
  { memory, scratch }: Runtime,
  buffer: CpuBuffer,
  key: string,
  bytes: number,
  prepare: (pointer: number) => void,
): number {
  const kept = memory.prepared(buffer, key, bytes);
  if (kept?.ready) return kept.pointer;
  const pointer = kept?.pointer ?? scratch(bytes);
  try {
    prepare(pointer);
  } catch (error) {
    // Nobody may take for ready what is not.
    memory.changed(buffer);
    throw error;
  }
  return pointer;
}

/** Scratch memory of so many zeros. */
export function zeros({ memory, scratch }: Runtime, length: number): number {
  const pointer = scratch(4 * length);
  memory.f32.fill(0, pointer / 4, pointer / 4 + length);
  return pointer;
}

/**
 * Computes an op on buffers of WASM memory, or declines with `undefined`. Views of the memory must be fetched after the last
 * allocation of the call. Outputs may be dirty. The rest is as with `Kernel` of `@cnn/tensor`.
 */
export type WasmKernel<A> = (
  runtime: Runtime,
  inputs: readonly View<CpuBuffer>[],
  attrs: A,
  outputs: readonly Spec[],
  reuse: readonly boolean[],
) => CpuBuffer[] | undefined;

/** The ops that have a WASM kernel. */
export type WasmKernels = {
  readonly [K in keyof PrimitiveOps]?: WasmKernel<PrimitiveOps[K]>;
} & { readonly [K in keyof CompositeOps]?: WasmKernel<CompositeOps[K]> };
