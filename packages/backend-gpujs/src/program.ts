/** An op as launches on the device. */
import type { CompositeOps, PrimitiveOps, Spec } from '@cnn/tensor';

/** An array that a launch reads: an input of the op by its number, or a launch before, as `launch` gave it. */
export type Ref = number;

/**
 * Adds a launch: `body` computes element `t` of `size` and returns it. It reads the arrays by the names given, and scalars by theirs.
 * Gives what later launches read it by.
 */
export type Launch = (size: number, arrays: Readonly<Record<string, Ref>>, body: string) => Ref;

/** An input of an op. */
export interface Input extends Spec {
  /** What the op that made it tells of it. */
  readonly note: string | undefined;
}

/** An op on the device: source text that depends on shapes and attributes, and numbers that do not change it. */
export interface DeviceKernel<A> {
  /** Launches what the op takes, and gives the refs of its outputs. */
  readonly plan: (launch: Launch, inputs: readonly Input[], attrs: A, outputs: readonly Spec[]) => Ref[];
  /** Numbers that go to the kernel with each call, so that a new one needs no new source. All kernels have `nan` and `infinity`. */
  readonly scalars?: (attrs: A, inputs: readonly Spec[], outputs: readonly Spec[]) => Readonly<Record<string, number>>;
  /** What of the attributes the source depends on. Default: all. */
  readonly key?: (attrs: A) => unknown;
  /** What the last output tells the ops that take it, of which their source may depend. */
  readonly note?: (attrs: A, inputs: readonly Spec[], outputs: readonly Spec[]) => string;
}

/** Kernels by the op that they compute. */
export type DeviceKernels<K extends keyof (PrimitiveOps & CompositeOps)> = {
  readonly [P in K]: DeviceKernel<(PrimitiveOps & CompositeOps)[P]>;
};
