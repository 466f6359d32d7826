import { DTypeError, ShapeError, show } from './errors.js';

/** Sizes of the axes, outermost first: `[n, c, h, w]` for a batch of images. `[]` is a scalar. */
export type Shape = readonly number[];

/** The element types. A bool is one byte, 0 or 1. A backend says which of them it has. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** Shape and element type: all that is known of a tensor before its numbers. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Numbers on the host. float32 is a Float32Array and so on; bool and uint8 are Uint8Arrays. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The host array of a dtype. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

/** How many elements a shape has. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** How many bytes the elements of a spec take. */
export const byteLengthOf = ({ shape, dtype }: Spec): number => sizeOf(shape) * arrayTypes[dtype].BYTES_PER_ELEMENT;

/** The steps between neighbours along each axis of a contiguous, row-major array, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether a dtype holds fractions. */
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** A shape as text: `[2, 3]`. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** A spec as text: `float32 [2, 3]`. */
export const showSpec = ({ shape, dtype }: Spec): string => `${dtype} ${showShape(shape)}`;

/** @throws {ShapeError} unless every size is a whole number from 0. */
export function checkShape(who: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some(n => !Number.isSafeInteger(n) || n < 0)) {
    throw new ShapeError(`${who}: ${JSON.stringify(shape)} is not a shape; sizes are whole numbers >= 0`);
  }
}

/** Numbers or nested lists of numbers, all lists of one depth equally long. */
export type Nested = number | boolean | readonly Nested[];

/** The shape of nested lists. @throws {ShapeError} where lists of one depth differ in length. */
export function shapeOfNested(nested: Nested): number[] {
  if (!Array.isArray(nested)) return [];
  const items = nested as readonly Nested[];
  const inner = items.length > 0 ? shapeOfNested(items[0]!) : [];
  for (const item of items) {
    if (!sameShape(shapeOfNested(item), inner)) {
      throw new ShapeError(`tensor: the nested lists are ragged: ${showShape(shapeOfNested(item))} beside ${showShape(inner)}`);
    }
  }
  return [items.length, ...inner];
}

/**
 * Numbers as the host array of a dtype; the same array where it already is one.
 *
 * @throws {DTypeError} for what is no number, and for a number that the dtype cannot hold: a fraction, NaN or a number out of
 * range in int32 or uint8.
 */
export function toTypedArray(numbers: ArrayLike<number | boolean>, dtype: DType): TypedArray {
  const type = arrayTypes[dtype];
  if (numbers instanceof type && dtype !== 'bool') return numbers;
  const converted = new type(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const given = numbers[i];
    // Converted, undefined and text would be NaN, and null 0, without a word.
    if (typeof given !== 'number' && typeof given !== 'boolean')
      throw new DTypeError(`tensor: ${show(given)} at index ${i} is no number`);
    const value = Number(given);
    converted[i] = dtype === 'bool' ? Number(value !== 0) : value;
    if ((dtype === 'int32' || dtype === 'uint8') && converted[i] !== value) {
      throw new DTypeError(`tensor: ${value} at index ${i} does not fit ${dtype}`);
    }
  }
  return converted;
}
