/** What the suites are made of: functions that compute what a case has golden numbers for. */
import { type AnyBackend, grad, ops, Tensor, UsageError } from '@cnn/tensor';
import type { GoldenDType } from './compare.js';
import type { Attrs, GoldenCase, GoldenTree, GoldenValue } from './format.js';

/** Where and how a case is computed. */
export interface GoldenContext {
  readonly backend: AnyBackend;
  readonly dtype: GoldenDType;
  /** A golden tensor on the backend; float32 stands for the dtype of the run. */
  load(value: GoldenValue | undefined): Tensor;
}

/** A result and what it should be. */
export interface Check {
  readonly what: string;
  readonly actual: Tensor | number | readonly number[];
  readonly expected: GoldenValue;
}

/** Why a case cannot be run. */
export interface Skip {
  readonly skip: string;
}

/** Computes a case. It runs in a scope that keeps the tensors of its checks. */
export type GoldenOp = (testCase: GoldenCase, context: GoldenContext) => readonly Check[] | Skip;

/** Computes a case that reads numbers on the way. It runs in no scope, so it frees what it makes, and its results are numbers. */
export interface WaitingGoldenOp {
  wait(testCase: GoldenCase, context: GoldenContext): Promise<readonly Check[]>;
}

/** What computes a case, by the name of the op in the files. */
export type GoldenOps = Readonly<Record<string, GoldenOp | WaitingGoldenOp>>;

/** A check for each golden value. @throws {UsageError} where there is no result for one. */
export function checksOf(
  place: string,
  actual: Readonly<Record<string, Tensor | number | readonly number[]>>,
  expected: GoldenTree,
): Check[] {
  return Object.entries(expected).map(([name, value]) => {
    const found = actual[name];
    if (found === undefined) throw new UsageError(`nothing computes ${place}.${name}`);
    return { what: `${place}.${name}`, actual: found, expected: value };
  });
}

/** A forward pass; a tensor alone is the only output of the case. */
export type Forward = (inputs: Readonly<Record<string, Tensor>>, attrs: Attrs) => Tensor | Readonly<Record<string, Tensor>>;

/**
 * Computes the outputs of a forward pass and all gradients that the case has. L is Σ output × upstream gradient; without
 * upstream gradients, the only output is a loss, and L is its sum.
 */
export const operator =
  (forward: Forward): GoldenOp =>
  ({ attrs, inputs: given, outputs: expected, gradOutputs, grads: expectedGrads }, { load }) => {
    const inputs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, load(value)]));
    const upstream = Object.fromEntries(Object.entries(gradOutputs).map(([name, value]) => [name, load(value)]));
    const wanted = Object.keys(expectedGrads);
    const { aux, grads } = grad(
      () => {
        const result = forward(inputs, attrs);
        const outputs = result instanceof Tensor ? { [Object.keys(expected)[0]!]: result } : result;
        return { loss: weightedSum(outputs, upstream), outputs };
      },
      wanted.map(name => inputs[name]!),
    );
    return [
      ...checksOf('outputs', aux.outputs, expected),
      ...checksOf('grads', Object.fromEntries(wanted.map((name, i) => [name, grads[i]!])), expectedGrads),
    ];
  };

/** Σ output × upstream gradient; the sum of the only output where there is none. */
export function weightedSum(outputs: Readonly<Record<string, Tensor>>, upstream: Readonly<Record<string, Tensor>>): Tensor {
  const terms = Object.entries(upstream).map(([name, dy]) => ops.sum(ops.mul(outputs[name]!, dy)));
  return terms.length > 0 ? terms.reduce(ops.add) : ops.sum(Object.values(outputs)[0]!);
}
