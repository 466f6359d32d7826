import type { Spec } from './spec.js';
import type { Tensor } from './tensor.js';

/** What a gradient rule gets besides the gradients of the outputs. */
export interface VjpContext<A> {
  /** The op's inputs. Those that the op does not save have their spec only. */
  readonly inputs: readonly Tensor[];
  /** The op's outputs, likewise. */
  readonly outputs: readonly Tensor[];
  readonly attrs: A;
  /** Which inputs need a gradient; what is given for others is dropped. */
  readonly wanted: readonly boolean[];
}

/** Gradients of the inputs from those of the outputs; undefined stands for zeros on both sides. */
export type VectorJacobianProduct<A> = (
  dy: readonly (Tensor | undefined)[],
  context: VjpContext<A>,
) => readonly (Tensor | undefined)[];

/** All inputs or outputs of an op, or the one with this index. */
export type Saved = 'inputs' | 'outputs' | `inputs.${number}` | `outputs.${number}`;

/** An operation: shape rule, composition and gradient in one plain object. */
export interface Op<A> {
  readonly name: string;
  /** Checks inputs and attributes, names the mistake, and gives the specs of the outputs. */
  infer(inputs: readonly Spec[], attrs: A): Spec[];
  /** The op in terms of others. Absent: a primitive, for which every backend has a kernel. */
  compose?(inputs: readonly Tensor[], attrs: A): readonly Tensor[];
  /** The gradient rule, in ops, so that it can be differentiated again. Absent: `compose` is differentiated. Null: nothing flows back. */
  readonly vjp?: null | VectorJacobianProduct<A>;
  /** What the gradient rule reads the numbers of, so that a tape holds no more. Default: all, and the inputs without a rule. */
  readonly saves?: readonly Saved[];
  /** The output is the input's buffer under another spec; there is no kernel. */
  readonly view?: true;
}
