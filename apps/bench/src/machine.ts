/** What the machine can do at most, measured by two loops in WebAssembly. */
import type { Build } from '@cnn/backend-cpu';
import type { Work } from './items/index.js';

/** The limits of one core. */
export interface Machine {
  /** Billions of floating-point operations in a second. */
  readonly gflops: number;
  /** Billions of bytes read in a second. */
  readonly gbytes: number;
  /** Where the numbers are from. */
  readonly how: string;
}

/** The least time of some work: of its operations at the peak of all threads, or of its bytes at one core's bandwidth. */
export function floorOf({ flops, bytes }: Work, { gflops, gbytes }: Machine, threads: number): number {
  return Math.max(flops / (gflops * threads), bytes / gbytes) / 1e6;
}

/** Independent sums, enough to hide how long an instruction takes; with two factors they fit the 16 registers of x86. */
const SUMS = 12;
/** More than the caches hold. */
const READ_BYTES = 128 * 1024 * 1024;
const ROUNDS = 7;

/**
 * Measures the machine.
 *
 * @param build - `relaxed`: multiply-adds of four floats. `simd`: products and sums of four, one after the other.
 * @param peak - Takes the place of the measured peak, in GFLOP/s.
 */
export async function measureMachine(build: Build, peak?: number): Promise<Machine> {
  const { instance } = await WebAssembly.instantiate(moduleOf(build));
  const { compute, read } = instance.exports as unknown as Loops;
  const iterations = 1e6;
  const gflops = peak ?? best(() => compute(iterations), iterations * SUMS * 4 * 2);
  const gbytes = best(() => read(READ_BYTES), READ_BYTES);
  const loop = build === 'relaxed' ? 'relaxed_madd' : 'mul and add';
  const how = peak === undefined ? `${SUMS} independent f32x4 ${loop} in a WASM loop` : 'given by --peak';
  return { gflops, gbytes, how };
}

interface Loops {
  compute(iterations: number): void;
  read(bytes: number): void;
}

/** Billions in a second, in the best of some rounds: whatever disturbs a round makes it slower. */
function best(run: () => void, amount: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return amount / least / 1e6;
}

/** A WebAssembly module with the two loops, put together byte by byte. */
function moduleOf(build: Build): Uint8Array<ArrayBuffer> {
  const pages = READ_BYTES / 65536;
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...text('compute'), 0, 0, ...text('read'), 0, 1]),
    ...section(10, [2, ...body(SUMS + 2, computeLoop(build)), ...body(READERS, readLoop())]),
  ]);
}

const I32 = 0x7f;
const V128 = 0x7b;
const READERS = 8;

/** sum[i] = sum[i] * x + y, until the parameter is 0. */
function computeLoop(build: Build): number[] {
  const x = 1 + SUMS;
  const y = 2 + SUMS;
  const multiplyAdd = (sum: number): number[] =>
    build === 'relaxed'
      ? [...get(sum), ...get(x), ...get(y), ...simd(0x105), ...set(sum)]
      : [...get(sum), ...get(x), ...simd(0xe6), ...get(y), ...simd(0xe4), ...set(sum)];
  return [
    ...loop(
      1,
      range(SUMS).flatMap(i => multiplyAdd(1 + i)),
    ),
    ...store(SUMS),
  ];
}

/** Reads the memory from the parameter down to its start. */
function readLoop(): number[] {
  const bytes = 16 * READERS;
  const load = (i: number): number[] => [...get(0), ...simd(0), 4, ...unsigned(16 * i)];
  const round = range(READERS).flatMap(i => [...get(1 + i), ...load(i), ...simd(0x51), ...set(1 + i)]);
  return [...loop(bytes, round, 'first'), ...store(READERS)];
}

/** Stores some vectors: an engine leaves out what nobody sees. */
function store(vectors: number): number[] {
  return range(vectors).flatMap(i => [0x41, 0, ...get(1 + i), ...simd(0x0b), 4, ...unsigned(16 * i)]);
}

/** Counts the parameter down by `step` to 0, with some code in each round, before or after the count. */
function loop(step: number, code: number[], count: 'first' | 'last' = 'last'): number[] {
  const down = [...get(0), 0x41, ...signed(step), 0x6b, ...set(0)];
  const round = count === 'first' ? [...down, ...code] : [...code, ...down];
  return [0x03, 0x40, ...round, ...get(0), 0x0d, 0, 0x0b];
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];

/** A function with one parameter and some vectors. */
function body(vectors: number, code: readonly number[]): number[] {
  const content = [1, vectors, V128, ...code, 0x0b];
  return [...unsigned(content.length), ...content];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a positive number. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
