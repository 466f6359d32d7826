/** How close numbers must be to golden ones. */
import { type DType, showShape } from '@cnn/tensor';
import { type GoldenCase, type GoldenTree, type GoldenValue, isGoldenTensor } from './format.js';

/** |a - b| <= absolute + relative |b|. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** The dtypes that golden numbers are computed in. */
export type GoldenDType = Extract<DType, 'float32' | 'float64'>;

const exact: Tolerance = { absolute: 0, relative: 0 };
const tolerances = {
  float64: { absolute: 1e-8, relative: 1e-8 },
  float32: { absolute: 1e-5, relative: 1e-4 },
  /** For cases that multiply rounding errors: a mean far above the deviation, logits of hundreds, ten steps of training. */
  float32Hard: { absolute: 1e-5, relative: 1e-3 },
  /** For L-BFGS, whose directions multiply them by 1e5: a step of PyTorch in float32 is off by 1.5e-4 from one in float64. */
  float32Parting: { absolute: 1e-3, relative: 1e-3 },
} as const satisfies Record<string, Tolerance>;

const isHard = ({ name, op }: GoldenCase): boolean => op === 'train' || /big_mean|huge_logits|large_values/.test(name);

/** The tolerance that the format's description suggests for a case. */
export function toleranceOf(testCase: GoldenCase, dtype: GoldenDType): Tolerance {
  if (dtype === 'float64') return tolerances.float64;
  if (testCase.name === 'lbfgs_strong_wolfe') return tolerances.float32Parting;
  return isHard(testCase) ? tolerances.float32Hard : tolerances.float32;
}

/** Numbers as a program under test gives them. */
export interface Numbers {
  readonly data: ArrayLike<number>;
  /** Absent for numbers that are in no tensor. */
  readonly shape?: readonly number[];
}

/** What a comparison found. */
export interface Comparison {
  /** How many numbers were compared. */
  readonly compared: number;
  /** The largest error as a share of its tolerance; infinite where it has none. */
  readonly worst: number;
  /** The first number or shape that is wrong. */
  readonly problem?: string;
}

/** Compares numbers with golden ones; whole numbers and truth values must be the same. */
export function compare(what: string, actual: Numbers, expected: GoldenValue, tolerance: Tolerance): Comparison {
  const { shape, data, whole } = flat(expected);
  const size = actual.data.length;
  if (shape && actual.shape && showShape(shape) !== showShape(actual.shape))
    return wrong(`${what}: the shape is ${showShape(actual.shape)}, not ${showShape(shape)}`);
  if (size !== data.length) return wrong(`${what}: ${size} numbers, not ${data.length}`);
  const { absolute, relative } = whole ? exact : tolerance;
  let worst = 0;
  let count = 0;
  let first = -1;
  data.forEach((b, i) => {
    const a = actual.data[i]!;
    if (Object.is(a, b) || a === b) return;
    const share = Math.abs(a - b) / (absolute + relative * Math.abs(b));
    // NaN on one side only has no distance, and an infinity's is NaN too.
    const error = Number.isNaN(share) || !Number.isFinite(b) ? Number.POSITIVE_INFINITY : share;
    worst = Math.max(worst, error);
    if (error <= 1) return;
    if (count++ === 0) first = i;
  });
  if (count === 0) return { compared: size, worst };
  const [a, b] = [actual.data[first]!, data[first]!];
  const limit = absolute + relative * Math.abs(b);
  const problem = `${what}[${first}] is ${a}, not ${b}: off by ${Math.abs(a - b).toPrecision(3)}, at most ${limit.toPrecision(3)} (${count} of ${size} wrong)`;
  return { compared: size, worst, problem };
}

const wrong = (problem: string): Comparison => ({ compared: 0, worst: Number.POSITIVE_INFINITY, problem });

function flat(expected: GoldenValue): { data: readonly number[]; shape?: readonly number[]; whole: boolean } {
  if (typeof expected === 'number') return { data: [expected], whole: false };
  if (isGoldenTensor(expected)) return { data: expected.data, shape: expected.shape, whole: expected.dtype !== 'float32' };
  return { data: expected as readonly number[], whole: false };
}

/** How many numbers a case holds that are to be compared: all but inputs and upstream gradients. */
export function countNumbers({ outputs, grads, steps }: GoldenCase): number {
  const compared = steps.map(({ inputs: _, grad_outputs: __, ...rest }) => rest);
  return [outputs, grads, ...compared].reduce((total, tree) => total + countIn(tree), 0);
}

function countIn(value: GoldenTree | GoldenValue): number {
  if (typeof value === 'number') return 1;
  if (Array.isArray(value)) return value.length;
  if (isGoldenTensor(value)) return value.data.length;
  return Object.values(value).reduce<number>((total, part) => total + countIn(part), 0);
}
