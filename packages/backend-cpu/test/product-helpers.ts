/** What the tests of matrix products and of convolution share. */
import type { Kernel, Shape, Spec } from '@cnn/tensor';
import { expect } from 'vitest';
import { type Build, type Cpu, type CpuBuffer, cpu, type Runtime } from '../src/index.js';
import type { WasmKernel } from '../src/wasm/kernel.js';

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
export const float32 = (shape: Shape): Spec => ({ shape, dtype: 'float32' });

/** Numbers with their shape. */
export interface Operand {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Numbers in [-1, 1), the same for the same seed. */
export function operand(shape: Shape, seed: number): Operand {
  let state = seed + 1;
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  });
  return { shape, data };
}

/** Runs one kernel on float32 numbers. It must not decline, nor leave anything behind but its output. */
export type Run = (op: string, operands: readonly Operand[], attrs: unknown, shape: Shape) => Float32Array;

/**
 * A backend with nothing but WASM kernels. Fresh memory is NaN, so that whatever is read before it is written shows.
 * `reserved` bytes are taken first, which moves all that follows up.
 */
export async function start(build: Build, kernels: Record<string, unknown>, reserved = 0): Promise<{ backend: Cpu; run: Run }> {
  const backend = await cpu({
    build,
    poison: reserved === 0,
    kernels: runtime => {
      if (reserved > 0) runtime.memory.allocate(reserved);
      return Object.fromEntries(
        Object.entries(kernels).map(([op, kernel]) => [op, strict(runtime, kernel as WasmKernel<unknown>)]),
      );
    },
  });
  const run: Run = (op, operands, attrs, shape) => {
    const before = backend.live();
    const inputs = operands.map(({ shape, data }) => ({ ...float32(shape), buffer: backend.write(data, float32(shape)) }));
    const [y] = (backend.kernels as unknown as Record<string, Kernel<CpuBuffer, unknown>>)[op]!(
      inputs,
      attrs,
      [float32(shape)],
      [],
    )!;
    const result = backend.readSync!(y!, float32(shape)) as Float32Array;
    for (const buffer of [...inputs.map(input => input.buffer), y!]) backend.free(buffer);
    expect(backend.live()).toBe(before);
    if (reserved > 0) expect(y!.pointer).toBeGreaterThan(2 ** 31);
    return result;
  };
  expect(backend.build).toBe(build);
  return { backend, run };
}

function strict(runtime: Runtime, kernel: WasmKernel<unknown>): Kernel<CpuBuffer, unknown> {
  return (inputs, attrs, outputs, reuse) => {
    const result = kernel(runtime, inputs, attrs, outputs, reuse);
    if (!result && outputs[0]!.dtype === 'float32') throw new Error('the kernel declined');
    return result;
  };
}

/** Sums of products in float64, with what bounds their error in float32. */
export class Sums {
  readonly values: Float64Array;
  readonly #magnitudes: Float64Array;
  readonly #terms: Int32Array;

  constructor(length: number) {
    this.values = new Float64Array(length);
    this.#magnitudes = new Float64Array(length);
    this.#terms = new Int32Array(length);
  }

  add(index: number, product: number): void {
    this.values[index]! += product;
    this.#magnitudes[index]! += Math.abs(product);
    this.#terms[index]!++;
  }

  /** Checks float32 sums, in any order: a sum of n products is off by less than (n + 1) roundings of the sum of magnitudes. */
  expectNear(actual: Float32Array): void {
    expect(actual.length).toBe(this.values.length);
    for (let i = 0; i < actual.length; i++) {
      const bound = (this.#terms[i]! + 1) * 2 ** -24 * this.#magnitudes[i]!;
      if (!(Math.abs(actual[i]! - this.values[i]!) <= bound)) {
        expect.fail(`element ${i} of ${actual.length} is ${actual[i]}, expected ${this.values[i]} within ${bound}`);
      }
    }
  }
}
