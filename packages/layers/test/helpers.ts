/** What several tests of this package share. */
import { readFileSync } from 'node:fs';
import type { CpuReference } from '@cnn/backend-cpu';
import { type DType, type Tensor, tensor } from '@cnn/tensor';
import { expect } from 'vitest';

/** What a call throws. */
export function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** What a promise rejects with. */
export const rejectionOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    error => error as Error,
  );

/** A tensor of a golden file. */
export interface GoldenTensor {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: number[];
}

export interface GoldenStep {
  readonly inputs: Record<string, GoldenTensor>;
  readonly outputs: Record<string, GoldenTensor>;
  readonly grad_outputs: Record<string, GoldenTensor>;
  readonly grads: Record<string, GoldenTensor>;
}

export interface GoldenCase extends GoldenStep {
  readonly name: string;
  readonly op: string;
  readonly attrs: Record<string, unknown>;
  readonly steps: GoldenStep[];
}

/** The cases of a suite of numbers that PyTorch 1.13 computed in float64; see fixtures/README.md. */
export const golden = (suite: string): GoldenCase[] =>
  JSON.parse(readFileSync(new URL(`./fixtures/${suite}.json`, import.meta.url), 'utf8')).cases;

/** Golden numbers in float64. */
export const toTensor = (backend: CpuReference, { shape, dtype, data }: GoldenTensor): Tensor =>
  tensor(backend, data, { shape, dtype: dtype === 'float32' ? 'float64' : dtype });

/** Expects numbers to agree to 1e-8 relative or absolute, as the golden files ask of float64. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-8): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const allowed = tolerance * (1 + Math.abs(expected[i]!));
    if (!(Math.abs(actual[i]! - expected[i]!) <= allowed)) expect.fail(`element ${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}

/** Numbers that look random: sin(1), sin(2), … times 1.5. */
export const wavy = (length: number): number[] => Array.from({ length }, (_, i) => 1.5 * Math.sin(i + 1));
