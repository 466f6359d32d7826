import type { PrimitiveOps, Spec, TypedArray } from '@cnn/tensor';

/** An array on the host with its spec: what a reference kernel reads and writes. */
export interface ArrayView extends Spec {
  readonly data: TypedArray;
}

/**
 * Computes a primitive in plain TypeScript, in the dtype of its arrays. The outputs are allocated, not cleared, and share no
 * memory with the inputs.
 */
export type ReferenceKernel<A> = (inputs: readonly ArrayView[], attrs: A, outputs: readonly ArrayView[]) => void;

/** One reference kernel per primitive. */
export type ReferenceKernels = { readonly [K in keyof PrimitiveOps]: ReferenceKernel<PrimitiveOps[K]> };
