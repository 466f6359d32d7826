/** Runs golden cases on a backend. */
import { type AnyBackend, FormatError, Tensor, tensor, tensorsIn, tidy } from '@cnn/tensor';
import { compare, countNumbers, type GoldenDType, type Tolerance, toleranceOf } from './compare.js';
import { type GoldenCase, type GoldenValue, isGoldenTensor } from './format.js';
import type { Check, GoldenContext, Skip } from './golden-op.js';
import { goldenOps } from './suites/index.js';

/** How a case went. */
export interface GoldenResult {
  readonly suite: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was wrong, or why it was skipped. */
  readonly why?: string;
  /** The largest error as a share of the tolerance. */
  readonly worst: number;
}

/**
 * Runs cases on a backend in a dtype, one after the other. A case passes if every number that it holds was compared and is
 * within its tolerance; a case of an unknown op, one that throws, and one that holds no numbers fail.
 */
export async function runGolden(cases: readonly GoldenCase[], backend: AnyBackend, dtype: GoldenDType): Promise<GoldenResult[]> {
  const results: GoldenResult[] = [];
  for (const testCase of cases) {
    const { suite, name } = testCase;
    results.push({ suite, name, ...(await runCase(testCase, backend, dtype)) });
  }
  return results;
}

type Outcome = Omit<GoldenResult, 'suite' | 'name'>;
const failed = (why: string, worst = Number.POSITIVE_INFINITY): Outcome => ({ status: 'failed', why, worst });

async function runCase(testCase: GoldenCase, backend: AnyBackend, dtype: GoldenDType): Promise<Outcome> {
  const op = Object.hasOwn(goldenOps, testCase.op) ? goldenOps[testCase.op] : undefined;
  if (!op) return failed(`unknown op '${testCase.op}'`);
  if (countNumbers(testCase) === 0) return failed('the case holds no numbers to compare');
  try {
    const context = contextOf(testCase, backend, dtype);
    const checks = typeof op === 'function' ? tidy(() => op(testCase, context), testCase.name) : await op.wait(testCase, context);
    return isSkip(checks)
      ? { status: 'skipped', why: checks.skip, worst: 0 }
      : await judge(testCase, checks, toleranceOf(testCase, dtype));
  } catch (error) {
    return failed(String(error));
  }
}

const isSkip = (outcome: readonly Check[] | Skip): outcome is Skip => 'skip' in outcome;

function contextOf({ suite, name }: GoldenCase, backend: AnyBackend, dtype: GoldenDType): GoldenContext {
  const load = (value: GoldenValue | undefined): Tensor => {
    if (value === undefined || !isGoldenTensor(value))
      throw new FormatError(`${suite}/${name}`, 'an input is missing, or not a tensor');
    return tensor(backend, value.data, { shape: value.shape, dtype: value.dtype === 'float32' ? dtype : value.dtype });
  };
  return { backend, dtype, load };
}

/** Reads the results, frees them and compares them. */
async function judge(testCase: GoldenCase, checks: readonly Check[], tolerance: Tolerance): Promise<Outcome> {
  try {
    let compared = 0;
    let worst = 0;
    let problem: string | undefined;
    for (const { what, actual, expected } of checks) {
      const comparison = compare(what, await numbersOf(actual), expected, tolerance);
      compared += comparison.compared;
      worst = Math.max(worst, comparison.worst);
      problem ??= comparison.problem;
    }
    if (problem !== undefined) return failed(problem, worst);
    const held = countNumbers(testCase);
    if (compared !== held) return failed(`${compared} of its ${held} numbers were compared`);
    return { status: 'passed', worst };
  } finally {
    for (const made of tensorsIn(checks)) made.dispose();
  }
}

async function numbersOf(actual: Check['actual']): Promise<{ data: ArrayLike<number>; shape?: readonly number[] }> {
  if (actual instanceof Tensor) return { data: await actual.data(), shape: actual.shape };
  return { data: typeof actual === 'number' ? [actual] : actual };
}
