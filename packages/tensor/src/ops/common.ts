/** What the shape rules of the ops share. */
import { apply } from '../apply.js';
import type { AnyBackend } from '../backend.js';
import { DTypeError, OptionError, ShapeError, show, UsageError } from '../errors.js';
import type { None } from '../kernels.js';
import type { Op } from '../op.js';
import { checkOptions, option } from '../options.js';
import { type DType, isFloat, type Shape, type Spec, sameShape, showShape } from '../spec.js';
import type { Tensor } from '../tensor.js';

/** No attributes. */
export const none: None = {};

/**
 * Functions that read a shape before they run an op call this first.
 *
 * @throws {UsageError} for something else than a tensor.
 */
export function checkTensor(who: string, x: unknown): void {
  if (typeof x === 'object' && x !== null && Array.isArray((x as Partial<Spec>).shape)) return;
  const isVariable = typeof x === 'object' && x !== null && 'value' in x && 'name' in x;
  throw new UsageError(
    `${who}: ${isVariable ? 'a variable is no tensor; its tensor is variable.value' : `${show(x)} is no tensor`}`,
  );
}

/** How many axes a tensor has. @throws {UsageError} for something else than a tensor. */
export function rankOf(who: string, x: Tensor): number {
  checkTensor(who, x);
  return x.shape.length;
}

/** Runs an op and gives its first output. */
export const one = <A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, backend?: AnyBackend): Tensor =>
  apply(op, inputs, attrs, backend)[0]!;

/** An axis counted from 0; from the end where it is negative. @throws {ShapeError} if the rank has no such axis. */
export function axisOf(who: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(`${who}: no axis ${show(axis)} in a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from 0, sorted and distinct; all of them where none are given. */
export function axesOf(who: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== 'number' && !Array.isArray(axes))
    throw new ShapeError(`${who}: the axes are ${show(axes)}; they must be a number or a list of numbers`);
  const list = (typeof axes === 'number' ? [axes] : axes).map(axis => axisOf(who, axis, rank));
  if (new Set(list).size < list.length) throw new ShapeError(`${who}: an axis is named twice in [${list.join(', ')}]`);
  return list.sort((a, b) => a - b);
}

/** The shape that two shapes broadcast to, by NumPy's rule: aligned at the end, a size of 1 repeats. */
export function broadcastShapes(who: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const n = a[i - rank + a.length] ?? 1;
    const m = b[i - rank + b.length] ?? 1;
    if (n === m || m === 1) return n;
    if (n === 1) return m;
    throw new ShapeError(`${who}: cannot broadcast ${showShape(a)} with ${showShape(b)}`);
  });
}

/** @throws {DTypeError} unless all are of one of the dtypes. */
export function checkDType(who: string, allowed: readonly DType[], ...specs: readonly Spec[]): void {
  for (const spec of specs) checkTensor(who, spec);
  for (const { dtype } of specs) {
    if (!allowed.includes(dtype)) throw new DTypeError(`${who}: got ${dtype}, takes ${allowed.join(', ')}; use cast`);
  }
}

/** @throws {DTypeError} unless all have the same dtype. */
export function checkSameDType(who: string, ...specs: readonly Spec[]): void {
  for (const spec of specs) checkTensor(who, spec);
  const odd = specs.find(spec => spec.dtype !== specs[0]!.dtype);
  if (odd) throw new DTypeError(`${who}: mixes ${specs[0]!.dtype} and ${odd.dtype}; use cast`);
}

/** @throws {DTypeError} unless all are of one floating-point dtype. */
export function checkFloat(who: string, ...specs: readonly Spec[]): void {
  for (const spec of specs) checkTensor(who, spec);
  const odd = specs.find(spec => !isFloat(spec.dtype));
  if (odd) throw new DTypeError(`${who}: got ${odd.dtype}, takes float32 or float64; use cast`);
  checkSameDType(who, ...specs);
}

/** What dtypes of whole numbers can hold. */
const ranges: { readonly [K in DType]?: readonly [number, number] } = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};

/** @throws {DTypeError} for a number that the dtype cannot hold: `add(x, 0.5)` for an int32 x would silently add 0. */
export function checkNumber(who: string, dtype: DType, value: number): void {
  const range = ranges[dtype];
  if (!range || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return;
  throw new DTypeError(`${who}: ${value} does not fit ${dtype}; use cast`);
}

/** @throws {ShapeError} unless the tensor has this rank. */
export function checkRank(who: string, spec: Spec, rank: number, layout: string): void {
  checkTensor(who, spec);
  const { shape } = spec;
  if (shape.length !== rank) throw new ShapeError(`${who}: the input is ${showShape(shape)}; it must be ${layout}`);
}

/** @throws {OptionError} unless it is one of the values. */
export function checkOneOf<T extends string>(owner: string, option: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) throw new OptionError(owner, option, value, allowed.map(name => `'${name}'`).join(', '));
}

/**
 * Refuses options that an op does not have: what is left of its options when those it knows are taken out.
 *
 * @throws {OptionError} naming the first of them.
 */
export function refuseUnknown(owner: string, left: object): void {
  for (const [name, value] of Object.entries(left)) {
    if (value !== undefined) throw new OptionError(owner, name, value, 'no option of this name');
  }
}

const reduceRules = { keepDims: option.boolean };

/** Whether the axes of a reduction stay. @throws {OptionError} for an option that it does not have. */
export function keepDimsOf(owner: string, options: { readonly keepDims?: boolean }): boolean {
  checkOptions(owner, options, reduceRules);
  return options.keepDims ?? false;
}
