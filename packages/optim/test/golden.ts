import { readFileSync } from 'node:fs';
import type { DType } from '@cnn/tensor';
import { expect } from 'vitest';

/** A tensor of the golden numbers. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A case of optimizers.json or schedules.json. */
export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly outputs: Readonly<Record<string, GoldenTensor & readonly number[]>>;
  readonly steps: readonly Readonly<Record<string, GoldenTensor & number>>[];
}

/** PyTorch's numbers, by name of the case. */
export function goldenCases(suite: 'optimizers' | 'schedules'): ReadonlyMap<string, GoldenCase> {
  const text = readFileSync(new URL(`../../tensor/test/fixtures/golden/${suite}.json`, import.meta.url), 'utf8');
  return new Map((JSON.parse(text).cases as GoldenCase[]).map(found => [found.name, found]));
}

/** The tolerances that the makers of the numbers suggest. */
export function expectClose(actual: ArrayLike<number>, expected: readonly number[], dtype: DType, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  expected.forEach((b, i) => {
    const tolerance = dtype === 'float64' ? 1e-8 * (1 + Math.abs(b)) : 1e-5 + 1e-4 * Math.abs(b);
    expect(Math.abs(actual[i]! - b), `${what}[${i}]: got ${actual[i]}, expected ${b}`).toBeLessThanOrEqual(tolerance);
  });
}
