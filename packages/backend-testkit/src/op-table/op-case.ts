/** What a row of the op table is, and how one is written. */
import { type AnyBackend, apply, type Op, type Shape, sizeOf, type Tensor, tensor } from '@cnn/tensor';
import { positive, spread, wholes } from '../numbers.js';

/** The dtypes that rows are differentiated in. */
export type FloatDType = 'float32' | 'float64';

/** An input of a row. A `float` is of whichever float dtype the row is run in; its numbers are numbers of float32. */
export interface CaseInput {
  readonly shape: Shape;
  readonly dtype: 'float' | 'int32' | 'uint8' | 'bool';
  readonly numbers: ArrayLike<number>;
}

/** An op that `step` runs: it may overwrite its first inputs. */
export interface StepCase {
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ from op to op, and go with their op
  readonly op: Op<any>;
  readonly attrs: unknown;
  /** How many of the inputs, from the first, are variables. */
  readonly variables: number;
}

/** A row of the table. */
export interface OpCase {
  /** The function of `ops`, or the name of the step op. */
  readonly op: string;
  /** The function and what is special about the row; no two rows have the same. */
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  /** Runs the function on tensors like the inputs. */
  run(...inputs: Tensor[]): Tensor | readonly Tensor[];
  /** There for a step op. */
  readonly step?: StepCase;
  /** False where the numbers have no gradients to compare, as those of infinities. */
  readonly differentiable?: false;
}

/** The inputs of a row on a backend. */
export const inputsOf = ({ inputs }: OpCase, backend: AnyBackend, float: FloatDType): Tensor[] =>
  inputs.map(({ shape, dtype, numbers }) =>
    tensor(backend, Float64Array.from(numbers), { shape, dtype: dtype === 'float' ? float : dtype }),
  );

/** Makes an input; rows give each of their inputs another seed. */
export type MakeInput = (seed: number) => CaseInput;

/** An input with given numbers for its size and seed. */
export const make =
  (shape: Shape, dtype: CaseInput['dtype'], numbers: (n: number, seed: number) => ArrayLike<number>): MakeInput =>
  seed => {
    const made = numbers(sizeOf(shape), seed);
    return { shape, dtype, numbers: dtype === 'float' ? Float32Array.from(made) : made };
  };

/** Numbers in (-1, 1). */
export const f = (...shape: number[]): MakeInput => make(shape, 'float', spread);
/** Numbers in (-3, 3). */
export const wide = (...shape: number[]): MakeInput => make(shape, 'float', (n, seed) => spread(n, seed).map(x => 3 * x));
/** Numbers in (0.5, 2). */
export const pos = (...shape: number[]): MakeInput => make(shape, 'float', positive);
/** Whole numbers in [0, below). */
export const index = (below: number, ...shape: number[]): MakeInput => make(shape, 'int32', (n, seed) => wholes(n, below, seed));
/** Whole numbers from -5 to 5. */
export const int = (...shape: number[]): MakeInput => make(shape, 'int32', (n, seed) => wholes(n, 11, seed).map(i => i - 5));
/** Bytes. */
export const uint8 = (...shape: number[]): MakeInput => make(shape, 'uint8', (n, seed) => wholes(n, 256, seed));
/** Truth values. */
export const bool = (...shape: number[]): MakeInput => make(shape, 'bool', (n, seed) => wholes(n, 2, seed));
/** Given numbers. */
export const given = (dtype: CaseInput['dtype'], numbers: readonly number[], shape: Shape = [numbers.length]): MakeInput =>
  make(shape, dtype, () => numbers);

/** A row of a function of `ops`. */
export const row = (op: string, what: string, inputs: readonly MakeInput[], run: OpCase['run']): OpCase => ({
  op,
  name: what ? `${op}: ${what}` : op,
  inputs: inputs.map((makeInput, i) => makeInput(i + 1)),
  run,
});

/** A row of numbers that have no gradients to compare: NaN, infinities, and what lies on a kink. */
export const special = (...args: Parameters<typeof row>): OpCase => ({ ...row(...args), differentiable: false });

/** A row of an op that `step` runs; all inputs but the last are variables. */
export const stepRow = <A>(op: Op<A>, what: string, inputs: readonly MakeInput[], attrs: A): OpCase => ({
  ...row(op.name, what, inputs, (...tensors) => apply(op, tensors, attrs)),
  step: { op, attrs, variables: inputs.length - 1 },
});
