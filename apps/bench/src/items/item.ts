/** What is timed. The items have the names and the work of the published comparison: see README.md. */
import { type AnyBackend, randomKey, randomUniform, type Shape, sizeOf, type Tensor, tensor } from '@cnn/tensor';

/** What one run of an item comes to, at least. */
export interface Work {
  /** Floating-point operations by the direct method; a multiply-add counts as two. */
  readonly flops: number;
  /** Bytes that go in and come out, each tensor once. */
  readonly bytes: number;
  /** Images, where a run is told by these. */
  readonly images?: number;
}

/** An item that is ready to run. */
export interface Runnable {
  /** One run. What it gives is disposed after the clock has stopped. */
  run(): readonly Tensor[] | Promise<readonly Tensor[]>;
  dispose(): void;
}

/** A piece of work with a name. */
export interface Item {
  readonly name: string;
  readonly work: Work;
  /** Makes its tensors on a backend. */
  prepare(backend: AnyBackend): Runnable;
}

/** Numbers in [-0.5, 0.5). */
export const noise = (backend: AnyBackend, name: string, shape: Shape): Tensor =>
  tensor(backend, randomUniform(sizeOf(shape), randomKey(0, name), -0.5, 0.5), { shape });

/** Bytes of float32 tensors. */
export const bytesOf = (...shapes: readonly Shape[]): number => 4 * shapes.reduce((total, shape) => total + sizeOf(shape), 0);
