/** Gradients beside finite differences, as everybody should see them once who wrote a function of their own. */
import { DTypeError, UsageError } from './errors.js';
import { grad } from './grad.js';
import { checkTensor } from './ops/common.js';
import { checkOptions, option } from './options.js';
import { randomKey, randomUniform } from './random.js';
import { alias, type Tensor, tensor } from './tensor.js';
import { Variable } from './variable.js';

/** Options of {@link gradientCheck}. */
export interface GradientCheckOptions {
  /** How many elements of each input are checked, chosen at random. Default: all. */
  readonly samples?: number;
  /** The largest relative error that passes. Default 1e-5. */
  readonly tolerance?: number;
}

/** One element's gradient in two ways. */
export interface CheckedElement {
  /** Where it is in its input, row by row. */
  readonly index: number;
  /** What `grad` says. */
  readonly analytic: number;
  /** (f(x + h) - f(x - h)) / 2h. */
  readonly numeric: number;
  /** |analytic - numeric| / max(|analytic|, |numeric|), or over 1e-4 max(1, |loss|) where that is more. */
  readonly relativeError: number;
}

/** An element that lies on a kink, as relu's at 0: there is no derivative, and the slopes of the two sides differ. */
export interface Kink {
  /** Where it is in its input, row by row. */
  readonly index: number;
  /** What `grad` says; it lies between the two slopes. */
  readonly analytic: number;
  /** (f(x) - f(x - h)) / h. */
  readonly left: number;
  /** (f(x + h) - f(x)) / h. */
  readonly right: number;
}

/** What was found for one input. */
export interface CheckedInput {
  /** A variable's name, or the input's place in the list. */
  readonly name: string;
  readonly size: number;
  /** How many elements were compared, kinks among them. */
  readonly checked: number;
  /** The element with the largest relative error; none where all lie on kinks. */
  readonly worst?: CheckedElement;
  /** Elements without a derivative. They count for no error. */
  readonly kinks: readonly Kink[];
}

/** What {@link gradientCheck} found. */
export interface GradientCheck {
  /** Whether no relative error is above the tolerance. */
  readonly passed: boolean;
  readonly inputs: readonly CheckedInput[];
}

/** h for a number of the size of 1: about the third root of float64's rounding, where rounding and curvature err alike. */
const STEP = 1e-5;
/** What a difference quotient with h may be off by rounding, for a loss of the size of 1. */
const ROUNDING = 1e-9;
/** Gradients below this, for a loss of the size of 1, are compared as if they were as large; rounding would be all of their error. */
const SMALLEST = 1e-4;
/** Slopes of the two sides that differ by more than this share are looked at more closely. */
const DISAGREEMENT = 1e-3;

const rules = { samples: option.count, tolerance: option.positive };

/**
 * Compares the gradients of a function with central differences, (f(x + h) - f(x - h)) / 2h, by the relative error
 * |a - n| / max(|a|, |n|) of the CS231n notes. Above 1e-2 a gradient is most likely wrong; below 1e-7 it is right. A maximum below
 * 1e-4, or 1e-4 times the loss, counts as that much, since rounding is all that differences of such numbers show. Where the slopes of
 * the two sides disagree and go on to when h shrinks, there is a kink, which is named and not compared.
 *
 * @param fn - Gives a float64 scalar; gets the inputs' tensors. It must give the same number for the same inputs.
 * @param inputs - float64 tensors, or variables, which `fn` may read itself; they are as before at the end.
 * @throws {DTypeError} for an input that is not float64. @throws {UsageError} for a function that gives another number the second time.
 *
 * @example
 * const { passed } = await gradientCheck(x => ops.sum(ops.square(x!)), [x]);
 */
export async function gradientCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly (Tensor | Variable)[],
  options: GradientCheckOptions = {},
): Promise<GradientCheck> {
  checkOptions('gradientCheck', options, rules);
  const { samples = Number.POSITIVE_INFINITY, tolerance = 1e-5 } = options;
  inputs.forEach((input, i) => {
    const value = input instanceof Variable ? input.value : input;
    checkTensor('gradientCheck', value);
    if (value.dtype !== 'float64')
      throw new DTypeError(`gradientCheck: input ${i} is ${value.dtype}; differences of close numbers need float64`);
  });
  const cells = inputs.map((input, i) => (input instanceof Variable ? input : new Variable(`${i}`, alias(input))));
  const run = (): Tensor => fn(...cells.map(({ value }) => value));
  const lossAt = async (): Promise<number> => {
    const { loss } = grad(run, []);
    return (await loss.data().finally(() => loss.dispose()))[0]!;
  };
  try {
    const { loss, grads } = grad(run, cells);
    const [values, ...analytic] = await Promise.all([loss, ...grads].map(each => each.data())).finally(() => {
      for (const each of [loss, ...grads]) each.dispose();
    });
    const middle = values![0]!;
    const again = await lossAt();
    if (!Object.is(again, middle))
      throw new UsageError(`gradientCheck: the function gives ${middle} and then ${again}; it must not change or be random`);
    const checked: CheckedInput[] = [];
    for (const [i, cell] of cells.entries()) {
      checked.push(
        await checkInput(cell, analytic[i]!, {
          lossAt,
          middle,
          indices: chosen(cell.value.size, samples, i),
          tolerance,
        }),
      );
    }
    return { passed: checked.every(({ worst }) => !worst || worst.relativeError <= tolerance), inputs: checked };
  } finally {
    cells.forEach((cell, i) => {
      if (cell !== inputs[i]) cell.dispose();
    });
  }
}

/** All indices of an input, or some of them, in order. */
function chosen(size: number, samples: number, input: number): number[] {
  if (samples >= size) return Array.from({ length: size }, (_, i) => i);
  const drawn = new Set<number>();
  for (let round = 0; drawn.size < samples; round++) {
    for (const u of randomUniform(samples - drawn.size, randomKey('gradientCheck', input, round)))
      drawn.add(Math.floor(u * size));
  }
  return [...drawn].sort((a, b) => a - b);
}

/** Slopes to the two sides of a number. */
interface Slopes {
  readonly left: number;
  readonly right: number;
}

interface Surroundings {
  /** The loss for the variables as they are. */
  lossAt(): Promise<number>;
  /** The loss at the inputs themselves. */
  readonly middle: number;
  readonly indices: readonly number[];
  readonly tolerance: number;
}

async function checkInput(
  cell: Variable,
  analytic: ArrayLike<number>,
  { lossAt, middle, indices, tolerance }: Surroundings,
): Promise<CheckedInput> {
  const { backend, shape } = cell.value;
  const numbers = Float64Array.from(await cell.value.data());
  const assign = (values: Float64Array): void => cell.assign(tensor(backend, values, { shape, dtype: 'float64' }));
  const slopes = async (index: number, h: number): Promise<Slopes> => {
    const shifted = async (by: number): Promise<number> => {
      assign(numbers.with(index, numbers[index]! + by));
      return lossAt();
    };
    // #region difference
    return { right: ((await shifted(h)) - middle) / h, left: (middle - (await shifted(-h))) / h };
    // #endregion difference
  };
  const scale = Math.max(1, Math.abs(middle));
  const rounding = ROUNDING * scale;
  const compare = (index: number, { left, right }: Slopes): CheckedElement => {
    // #region relative-error
    const [a, n] = [analytic[index]!, (left + right) / 2];
    const relativeError = Math.abs(a - n) / Math.max(Math.abs(a), Math.abs(n), SMALLEST * scale);
    // #endregion relative-error
    return { index, analytic: a, numeric: n, relativeError };
  };
  const kinks: Kink[] = [];
  let worst: CheckedElement | undefined;
  try {
    for (const index of indices) {
      const h = STEP * Math.max(1, Math.abs(numbers[index]!));
      const wide = await slopes(index, h);
      let found = compare(index, wide);
      if (found.relativeError > tolerance || disagree(wide, rounding)) {
        // Curvature, or a kink nearby, matters less when h shrinks; a kink at the number itself does not.
        const narrow = await slopes(index, h / 10);
        const a = analytic[index]!;
        if (disagree(narrow, 10 * rounding) && gap(narrow) > gap(wide) / 2 && isBetween(a, narrow, tolerance)) {
          kinks.push({ index, analytic: a, ...narrow });
          continue;
        }
        const closer = compare(index, narrow);
        if (closer.relativeError < found.relativeError) found = closer;
      }
      // NaN is the worst of all.
      if (!worst || found.relativeError > worst.relativeError || Number.isNaN(found.relativeError)) worst = found;
    }
  } finally {
    assign(numbers);
  }
  return { name: cell.name, size: numbers.length, checked: indices.length, ...(worst && { worst }), kinks };
}

const gap = ({ left, right }: Slopes): number => Math.abs(right - left);

const disagree = (slopes: Slopes, rounding: number): boolean =>
  gap(slopes) > Math.max(rounding, DISAGREEMENT * Math.max(Math.abs(slopes.left), Math.abs(slopes.right)));

function isBetween(a: number, { left, right }: Slopes, tolerance: number): boolean {
  const room = tolerance * Math.max(Math.abs(left), Math.abs(right));
  return a >= Math.min(left, right) - room && a <= Math.max(left, right) + room;
}
