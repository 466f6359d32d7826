import {
  type Backend,
  checkOptions,
  type DType,
  type Kernel,
  type Kernels,
  OptionError,
  option,
  ShapeError,
  type Spec,
  showSpec,
  sizeOf,
  type TypedArray,
  type View,
} from '@cnn/tensor';
import { referenceKernels } from './kernels/index.js';
import { type CpuBuffer, CpuMemory, type MemoryStats } from './memory.js';
import { nodeModule } from './node-modules.js';
import type { ReferenceKernel } from './reference-kernel.js';
import { parallel } from './threads/parallel.js';
import { wasmKernels } from './wasm/index.js';
import type { ConvolutionMode, Runtime, WasmKernel } from './wasm/kernel.js';
import { type Build, instantiate, loadModule } from './wasm/module.js';

/** Kernels of the user's own: those of plugins, and replacements of built-in ones. One that declines leaves the op to the built-in kernel. */
export type CpuKernels = Partial<Kernels<CpuBuffer>>;

/** Options of {@link cpu}. */
export interface CpuOptions {
  /** Which build of the kernels. Default: `relaxed` where the engine has it, else `simd`. */
  readonly build?: Build;
  /**
   * `exact` computes every convolution by direct sums. `fast` takes Winograd's algorithm (Lavin and Gray, 2016) for kernels of 3x3
   * and 5x5 with stride 1 at sizes (the number of images among them) where that is faster. Its error, relative to the outputs'
   * norm, is below 2e-6 for 3x3 and below 1e-5 for 5x5, where that of direct sums is below 1e-6; sums of whole numbers are not
   * whole, and an infinite pixel makes its neighbourhood NaN. Default `fast`.
   */
  readonly convolution?: ConvolutionMode;
  /**
   * How many threads compute, the caller's among them: a whole number from 1. Results are the same bits for any number. Threads
   * need a memory that they can share: Node has it, and pages that are cross-origin isolated; elsewhere a warning is printed
   * and one thread runs. Default 1.
   */
  readonly threads?: number;
  /** Fill freed memory with NaN, to find who reads it. Default false. */
  readonly poison?: boolean;
  /** Kernels to add or replace: a table, or a function of the runtime that gives one. */
  readonly kernels?: CpuKernels | ((runtime: Runtime) => CpuKernels);
}

/** The CPU backend. */
export interface Cpu extends Backend<CpuBuffer> {
  /** The build that runs. */
  readonly build: Build;
  /** How many threads compute. */
  readonly threads: number;
  /** Buffers that are allocated and not freed. */
  live(): number;
  /** Buffers that were ever allocated. */
  allocations(): number;
  /** What memory is in use, in bytes. */
  memory(): MemoryStats;
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

type AnyKernel = Kernel<CpuBuffer, unknown>;
type Table<T> = Readonly<Record<string, T | undefined>>;

/**
 * The default backend: one WASM memory with SIMD kernels for float32, and plain TypeScript for every case that they leave.
 *
 * @throws {OptionError} for an unknown or impossible option, and for a kernel that is no function.
 * @throws {BackendError} if the engine has no WASM SIMD (use `cpuReference()`), or lacks the build that is named.
 */
export async function cpu(options: CpuOptions = {}): Promise<Cpu> {
  checkOptions('cpu', options, {
    build: option.oneOf('simd', 'relaxed'),
    convolution: option.oneOf('fast', 'exact'),
    threads: option.count,
    poison: option.boolean,
    kernels: option.any,
  });
  const wanted = options.threads ?? 1;
  // What threads need is loaded where they are asked for.
  const threading = wanted > 1 ? await import('./threads/threads.js') : undefined;
  const node = threading && nodeModule('node:worker_threads');
  const shared = threading?.hasThreads(node) ?? false;
  const threads = shared ? wanted : 1;
  if (threads < wanted) {
    console.warn(
      `cnn: cpu({ threads: ${wanted} }) runs with one thread: there is no memory to share here; a page must be cross-origin isolated`,
    );
  }
  const { build, module } = await loadModule(options.build, shared);
  const memory = new CpuMemory({ poison: options.poison ?? false, shared });
  const exports = await instantiate(module, memory.wasm);
  const mailboxes = Math.ceil((exports.heapBase() >>> 0) / 64) * 64;
  memory.start(mailboxes + (threads - 1) * (threading?.MAILBOX_BYTES ?? 0));
  const others = shared ? await threading!.Threads.start(node, module, memory.wasm, threads - 1, mailboxes) : undefined;

  const calls = new Calls(memory);
  const runtime: Runtime = {
    build,
    convolution: options.convolution ?? 'fast',
    memory,
    exports,
    ...parallel(exports, others),
    allocate: spec => calls.allocate(spec),
    scratch: bytes => calls.allocate(bytes).pointer,
  };
  const given = typeof options.kernels === 'function' ? options.kernels(runtime) : (options.kernels ?? {});
  const kernels = kernelTable(runtime, calls, given);

  const readSync = (buffer: CpuBuffer, spec: Spec): TypedArray => memory.view(buffer, spec).slice();
  return {
    name: 'cpu',
    dtypes,
    build,
    threads,
    kernels,
    write(data, spec) {
      if (data.length !== sizeOf(spec.shape)) throw new ShapeError(`cpu: ${data.length} numbers for ${showSpec(spec)}`);
      const buffer = memory.allocate(spec);
      memory.view(buffer, spec).set(data);
      return buffer;
    },
    read: async (buffer, spec) => readSync(buffer, spec),
    readSync,
    free: buffer => memory.free(buffer),
    flush: async () => {},
    dispose: async () => {
      others?.stop();
      memory.dispose();
    },
    live: () => memory.stats.liveBuffers,
    allocations: () => memory.allocations,
    memory: () => memory.stats,
  };
}

/**
 * Keeps what kernel calls allocate, so that what a call does not return is freed when it ends, also by throwing. What a kernel
 * returns to a kernel that called it is that one's.
 */
class Calls {
  readonly #memory: CpuMemory;
  readonly #made: CpuBuffer[] = [];
  /** How many calls are under way, one inside the other. */
  #depth = 0;

  constructor(memory: CpuMemory) {
    this.#memory = memory;
  }

  allocate(request: Spec | number): CpuBuffer {
    const buffer = this.#memory.allocate(request);
    if (this.#depth > 0) this.#made.push(buffer);
    return buffer;
  }

  /** Begins a call: gives what `end` needs. */
  begin(): number {
    if (this.#depth === 0) this.#memory.beginCall();
    this.#depth++;
    return this.#made.length;
  }

  end(start: number, results: readonly CpuBuffer[] | undefined): void {
    this.#depth--;
    const made = this.#made;
    // What was made last is freed first, and so handed out last: a thread gets the memory that it had, which its cache still holds.
    for (let i = made.length - 1; i >= start; i--) if (!results?.includes(made[i]!)) this.#memory.free(made[i]!);
    let kept = start;
    if (results && this.#depth > 0) {
      for (let i = start; i < made.length; i++) if (results.includes(made[i]!)) made[kept++] = made[i]!;
    }
    while (made.length > kept) made.pop();
  }
}

/** The table of kernels: of each op the user's, then the WASM kernel, then the reference kernel. */
function kernelTable(runtime: Runtime, calls: Calls, given: CpuKernels): Kernels<CpuBuffer> {
  const users = given as Table<AnyKernel>;
  const wasm = wasmKernels as Table<WasmKernel<unknown>>;
  const references = referenceKernels as unknown as Table<ReferenceKernel<unknown>>;
  const table: Record<string, AnyKernel> = Object.create(null);
  for (const name of new Set([...Object.keys(references), ...Object.keys(wasm), ...Object.keys(users)])) {
    const user = users[name];
    if (Object.hasOwn(users, name) && typeof user !== 'function')
      throw new OptionError('cpu', `kernels['${name}']`, user, 'a function');
    // Where the user's own kernel computes the part before relu, the op is left to its composition.
    const part = /^(conv2d|linear)Relu$/.exec(name)?.[1];
    if (part && !user && users[part]) continue;
    table[name] = guarded(runtime, calls, user, wasm[name], references[name]);
  }
  return table as unknown as Kernels<CpuBuffer>;
}

function guarded(
  runtime: Runtime,
  calls: Calls,
  user: AnyKernel | undefined,
  wasm: WasmKernel<unknown> | undefined,
  reference: ReferenceKernel<unknown> | undefined,
): AnyKernel {
  return (inputs, attrs, outputs, reuse) => {
    const start = calls.begin();
    let results: CpuBuffer[] | undefined;
    try {
      results =
        user?.(inputs, attrs, outputs, reuse) ??
        wasm?.(runtime, inputs, attrs, outputs, reuse) ??
        (reference && runReference(runtime, reference, inputs, attrs, outputs));
      if (results)
        for (let i = 0; i < inputs.length; i++) {
          if (reuse[i] && results.includes(inputs[i]!.buffer)) runtime.memory.changed(inputs[i]!.buffer);
        }
      return results;
    } finally {
      calls.end(start, results);
    }
  };
}

function runReference(
  { memory, allocate }: Runtime,
  kernel: ReferenceKernel<unknown>,
  inputs: readonly View<CpuBuffer>[],
  attrs: unknown,
  outputs: readonly Spec[],
): CpuBuffer[] {
  const results = outputs.map(allocate);
  const view = (buffer: CpuBuffer, { shape, dtype }: Spec) => ({ shape, dtype, data: memory.view(buffer, { shape, dtype }) });
  kernel(
    inputs.map(input => view(input.buffer, input)),
    attrs,
    outputs.map((spec, i) => view(results[i]!, spec)),
  );
  return results;
}
