import type { Kernels } from './kernels.js';
import type { DType, Spec, TypedArray } from './spec.js';

/**
 * Memory and kernels, nothing else. `B` is the backend's own kind of buffer, opaque to everyone else.
 *
 * On an asynchronous device a kernel still returns at once and its buffer may be pending. A late failure marks its buffer;
 * every op fed by it fails with the same error, which names the first kernel.
 */
export interface Backend<B> {
  /** How errors and reports call it, as `cpu`. */
  readonly name: string;
  /** The element types that it holds. */
  readonly dtypes: readonly DType[];
  /** Copies numbers into a new buffer. */
  write(data: TypedArray, spec: Spec): B;
  /** A copy of a buffer's numbers; rejects with the error of the first kernel that failed on the way to it. */
  read(buffer: B, spec: Spec): Promise<TypedArray>;
  /** A copy, at once. A device that cannot has no such method. */
  readSync?(buffer: B, spec: Spec): TypedArray;
  /** Gives a buffer back; legal while work on it is pending. */
  free(buffer: B): void;
  /** Resolves when all work so far is done; rejects with the first error since the last flush. */
  flush(): Promise<void>;
  /** The kernel table, without a prototype. */
  readonly kernels: Kernels<B>;
  /** Frees everything. */
  dispose(): Promise<void>;
}

/** A backend whose kind of buffer does not matter to the holder. */
// biome-ignore lint/suspicious/noExplicitAny: buffers are opaque to all but their backend, and `any` is what makes every Backend<B> assignable
export type AnyBackend = Backend<any>;
