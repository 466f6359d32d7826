import {
  type CompositeOps,
  type DType,
  type PrimitiveOps,
  type Shape,
  type Spec,
  sizeOf,
  type TypedArray,
  toTypedArray,
} from '@cnn/tensor';
import { afterAll, expect } from 'vitest';
import { type Cpu, type CpuBuffer, type CpuMemory, type CpuOptions, cpu } from '../src/index.js';

/** What a WASM kernel computes, by name. */
export type Ops = PrimitiveOps & CompositeOps;

/** Numbers with their shape. */
export interface Operand extends Spec {
  readonly data: ArrayLike<number>;
}

const above2GiB = 2.25 * 2 ** 30;
const memories = new Map<Cpu, CpuMemory>();

async function open(options: CpuOptions, reserved = 0): Promise<Cpu> {
  let memory: CpuMemory | undefined;
  const backend = await cpu({
    ...options,
    kernels: runtime => {
      memory = runtime.memory;
      // Every range that can be cut is cut, however small.
      const { over } = runtime;
      Object.assign(runtime, { over: (total, _, kernel, args) => over(total, 1, kernel, args) } satisfies Pick<
        typeof runtime,
        'over'
      >);
      if (reserved > 0) memory.allocate(reserved);
      return {};
    },
  });
  if (options.poison) memories.set(backend, memory!);
  return backend;
}

/** Both builds with poisoned memory, one whose buffers all lie above 2 GiB, and some with threads. */
export const backends: readonly (readonly [name: string, backend: Cpu])[] = [
  ['simd', await open({ build: 'simd', poison: true })],
  ['relaxed', await open({ build: 'relaxed', poison: true })],
  ['above 2 GiB', await open({}, above2GiB)],
  ['two threads', await open({ threads: 2, poison: true })],
  ['simd, three threads', await open({ build: 'simd', threads: 3, poison: true })],
];

afterAll(async () => {
  for (const [, backend] of backends) await backend.dispose();
});

export const f32 = (shape: Shape, data: ArrayLike<number>): Operand => ({ shape, dtype: 'float32', data });
export const i32 = (shape: Shape, data: ArrayLike<number>): Operand => ({ shape, dtype: 'int32', data });

/** Numbers around 0 with a spread of `scale`, rounded to float32; the same for the same seed. */
export function random(shape: Shape, seed = 1, scale = 1): Operand {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return f32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * scale * (next() + next() + next())),
  );
}

/**
 * Runs a kernel and gives its outputs' numbers. The inputs must stay as they were, but for those in `reuse`, which are given
 * back in the place of the outputs; nothing may leak, and nothing may be written behind an output.
 */
export function run<K extends keyof Ops>(
  backend: Cpu,
  op: K,
  operands: readonly Operand[],
  attrs: Ops[K],
  outputs: readonly { readonly shape: Shape; readonly dtype?: DType }[],
  reuse: readonly boolean[] = [],
): TypedArray[] {
  const kernel = backend.kernels[op] as (...args: unknown[]) => CpuBuffer[] | undefined;
  const views = operands.map(({ shape, dtype, data }) => {
    const spec = { shape, dtype };
    return { ...spec, buffer: backend.write(toTypedArray(data, dtype), spec) };
  });
  const specs = outputs.map(({ shape, dtype }): Spec => ({ shape, dtype: dtype ?? 'float32' }));
  const live = backend.live();
  const results = kernel(views, attrs, specs, reuse)!;
  const fresh = results.filter(buffer => !views.some(view => view.buffer === buffer));
  expect(backend.live()).toBe(live + fresh.length);
  views.forEach(({ buffer, ...spec }, i) => {
    if (reuse[i]) expect(results[i]).toBe(buffer);
    else expectSame(backend.readSync!(buffer, spec), toTypedArray(operands[i]!.data, spec.dtype));
  });
  for (const buffer of fresh) expectPoisonBehind(backend, buffer);
  const numbers = results.map((buffer, i) => backend.readSync!(buffer, specs[i]!));
  for (const buffer of [...fresh, ...views.map(view => view.buffer)]) backend.free(buffer);
  return numbers;
}

/** The bytes between a buffer's end and the next multiple of 64, which belong to its block. */
function expectPoisonBehind(backend: Cpu, { pointer, byteLength }: CpuBuffer): void {
  const end = pointer + byteLength;
  const behind = memories.get(backend)?.u8.subarray(end, Math.ceil(end / 64) * 64);
  if (behind?.some(byte => byte !== 0xff)) expect.fail(`a kernel wrote behind the end of its output: ${behind}`);
}

/** As toEqual, in a loop: that takes a minute on millions of numbers. */
function expectSame(actual: TypedArray, expected: TypedArray): void {
  if (!actual.every((value, i) => Object.is(value, expected[i]))) expect(actual).toEqual(expected);
}

/** Whether numbers are within `relative` of the expected ones, or within `absolute`. NaN equals NaN, infinities themselves. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number, absolute = 1e-38): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || Math.abs(a - b) <= Math.max(absolute, relative * Math.abs(b))) continue;
    expect.fail(`element ${i} of ${expected.length} is ${a}, expected ${b}`);
  }
}
