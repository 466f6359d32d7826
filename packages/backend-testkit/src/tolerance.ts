/** How close numbers must be. */
import { checkOptions, isFloat, option, showSpec } from '@cnn/tensor';
import { ConformanceError } from './conformance-error.js';
import { productOps } from './op-table/index.js';
import type { FloatDType, OpCase } from './op-table/op-case.js';
import type { Result } from './results.js';

/**
 * The error allowed in float32, for numbers that should be w: tolerance × (1 + |w|). `elementwise` is for the outputs of ops that work
 * element by element or move elements, `product` for sums of products and for gradients. A number stands for both.
 */
export type Tolerance = number | { readonly elementwise?: number; readonly product?: number };

/** The tolerance for one row and quantity. */
export type ToleranceOf = (opCase: OpCase, dtype: FloatDType, quantity: 'outputs' | 'gradients') => number;

const byDefault = { elementwise: 1e-4, product: 1e-3 };
const float64 = { elementwise: 1e-9, product: 1e-8 };

/** @throws {OptionError} for a tolerance that is no number above 0. */
export function toleranceOf(who: string, given: Tolerance | undefined): ToleranceOf {
  const asked = typeof given === 'number' ? { elementwise: given, product: given } : (given ?? {});
  checkOptions(`${who}, tolerance`, asked, { elementwise: option.positive, product: option.positive });
  const float32 = { ...byDefault, ...asked };
  return (opCase, dtype, quantity) => {
    const allowed = dtype === 'float64' ? float64 : float32;
    return quantity === 'outputs' && !productOps.has(opCase.op) ? allowed.elementwise : allowed.product;
  };
}

/**
 * Compares results; whole numbers and truth values must be the same, NaN and infinities equal.
 *
 * @throws {ConformanceError} that names the first number that is off.
 */
export function compareResults(what: string, got: readonly Result[], want: readonly Result[], tolerance: number): void {
  if (got.length !== want.length) throw new ConformanceError(`${what}: ${got.length} results, not ${want.length}`);
  got.forEach((result, i) => {
    const place = got.length === 1 ? what : `${what} ${i}`;
    if (`${result.shape}` !== `${want[i]!.shape}`)
      throw new ConformanceError(`${place}: the result is ${showSpec(result)}, it should be ${showSpec(want[i]!)}`);
    compareNumbers(place, result.numbers, want[i]!.numbers, isFloat(result.dtype) ? tolerance : 0);
  });
}

/** @throws {ConformanceError} unless each number is within tolerance × (1 + |w|) of the w that it should be. */
export function compareNumbers(what: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  if (got.length !== want.length) throw new ConformanceError(`${what}: ${got.length} numbers, not ${want.length}`);
  const isOff = (g: number, w: number): boolean =>
    !(Object.is(g, w) || g === w || Math.abs(g - w) <= tolerance * (1 + Math.abs(w)));
  const off = [...Array(want.length).keys()].filter(i => isOff(got[i]!, want[i]!));
  if (off.length === 0) return;
  const [g, w] = [got[off[0]!]!, want[off[0]!]!];
  const error = Math.abs(g - w) / (1 + Math.abs(w));
  throw new ConformanceError(
    `${what}: element ${off[0]} is ${g}, it should be ${w}: the error is ${error.toPrecision(2)}, at most ${tolerance} is allowed (${off.length} of ${got.length} are off)`,
  );
}
