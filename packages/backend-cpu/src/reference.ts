import {
  arrayTypes,
  type Backend,
  BackendError,
  byteLengthOf,
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
  UsageError,
} from '@cnn/tensor';
import { referenceKernels } from './kernels/index.js';
import type { ReferenceKernel } from './reference-kernel.js';

/** Kernels of the user's own: those of plugins, and replacements of built-in ones. One that declines leaves the op to the built-in kernel. */
export type CpuReferenceKernels = Partial<Kernels<TypedArray>>;

/** What a user's kernels are made with. */
export interface CpuReferenceRuntime {
  /**
   * An array for a result or for scratch, not cleared. What a call allocates and does not return is freed when it ends, also by
   * throwing; what the factory itself allocates is kept until `dispose`.
   */
  allocate(spec: Spec): TypedArray;
}

/** Options of {@link cpuReference}. */
export interface CpuReferenceOptions {
  /** Fill freed memory with NaN (whole numbers: bytes 0x7f), to find who reads it. Default false. */
  readonly poison?: boolean;
  /** Kernels to add or replace: a table, or a function of the runtime that gives one. */
  readonly kernels?: CpuReferenceKernels | ((runtime: CpuReferenceRuntime) => CpuReferenceKernels);
}

/** The reference backend. */
export interface CpuReference extends Backend<TypedArray> {
  /** Always there: the arrays are on the host. */
  readSync(buffer: TypedArray, spec: Spec): TypedArray;
  /** Arrays that are allocated and not freed. */
  live(): number;
  /** Pieces of memory that were ever made; a freed one is used again for the same number of bytes. */
  allocations(): number;
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

type AnyKernel = Kernel<TypedArray, unknown>;

/**
 * The backend to check others against: every primitive in plain TypeScript that can be read beside its definition, nothing
 * else, so that all other ops run as their compositions. It computes in double and has every dtype.
 *
 * @throws {OptionError} for an unknown or impossible option.
 */
export function cpuReference(options: CpuReferenceOptions = {}): CpuReference {
  checkOptions('cpuReference', options, { poison: option.boolean, kernels: option.any });
  const memory = new ArrayMemory(options.poison ?? false);
  const given = typeof options.kernels === 'function' ? options.kernels({ allocate: memory.allocate }) : (options.kernels ?? {});
  const readSync = (buffer: TypedArray): TypedArray => memory.check(buffer).slice();
  return {
    name: 'cpu:reference',
    dtypes,
    kernels: kernelTable(memory, given),
    write(data, spec) {
      if (data.length !== sizeOf(spec.shape)) throw new ShapeError(`cpu:reference: ${data.length} numbers for ${showSpec(spec)}`);
      const buffer = memory.take(spec);
      buffer.set(data);
      return buffer;
    },
    read: async buffer => readSync(buffer),
    readSync,
    free: buffer => memory.free(buffer),
    flush: async () => {},
    dispose: async () => memory.dispose(),
    live: () => memory.live.size,
    allocations: () => memory.allocations,
  };
}

/** Typed arrays on recycled memory. A freed array is never handed out again, only its memory is, so that a second `free` shows. */
class ArrayMemory {
  readonly live = new Set<TypedArray>();
  allocations = 0;
  readonly #pool = new Map<number, ArrayBuffer[]>();
  readonly #poison: boolean;
  #disposed = false;
  /** What the kernel call under way has allocated. */
  #call: TypedArray[] | undefined;

  constructor(poison: boolean) {
    this.#poison = poison;
  }

  /** An array that lives until it is freed. */
  take(spec: Spec): TypedArray {
    if (this.#disposed) throw new BackendError('cpu:reference: the backend was disposed');
    const bytes = byteLengthOf(spec);
    let memory = this.#pool.get(bytes)?.pop();
    const fresh = !memory;
    if (!memory) {
      memory = newMemory(bytes, spec);
      this.allocations++;
    }
    const array = new arrayTypes[spec.dtype](memory);
    if (fresh && this.#poison) poison(array);
    this.live.add(array);
    return array;
  }

  /** An array that the end of the kernel call frees unless the call returns it. */
  allocate = (spec: Spec): TypedArray => {
    const array = this.take(spec);
    this.#call?.push(array);
    return array;
  };

  /** @throws {UsageError} if the array was freed already, or is none of this backend. After `dispose` it does nothing. */
  free(array: TypedArray): void {
    if (this.#disposed) return;
    this.check(array);
    this.live.delete(array);
    if (this.#poison) poison(array);
    const memory = array.buffer as ArrayBuffer;
    const free = this.#pool.get(memory.byteLength);
    if (free) free.push(memory);
    else this.#pool.set(memory.byteLength, [memory]);
  }

  /** @throws {UsageError} unless the array is in use. */
  check(array: TypedArray): TypedArray {
    if (!this.live.has(array)) throw new UsageError('cpu:reference: the buffer was freed before, or is none of this backend');
    return array;
  }

  /** Runs a kernel and frees what it allocated and does not return. What it returns to a kernel around it is that one's. */
  guard(kernel: () => TypedArray[] | undefined): TypedArray[] | undefined {
    const outer = this.#call;
    const mine: TypedArray[] = [];
    this.#call = mine;
    let results: TypedArray[] | undefined;
    try {
      results = kernel();
      return results;
    } finally {
      this.#call = outer;
      for (const array of mine) {
        if (results?.includes(array)) outer?.push(array);
        else this.free(array);
      }
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.live.clear();
    this.#pool.clear();
  }
}

/** @throws {BackendError} where the host has no room for it. */
function newMemory(bytes: number, spec: Spec): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    throw new BackendError(`cpu:reference: out of memory: asked for ${bytes} bytes for ${showSpec(spec)}`, { cause });
  }
}

function poison(array: TypedArray): void {
  if (array instanceof Float32Array || array instanceof Float64Array) array.fill(Number.NaN);
  else new Uint8Array(array.buffer).fill(0x7f);
}

/** The table of kernels: of each op the user's, then the reference kernel. */
function kernelTable(memory: ArrayMemory, given: CpuReferenceKernels): Kernels<TypedArray> {
  const users = new Map(Object.entries(given as Record<string, AnyKernel>));
  const references = new Map(Object.entries(referenceKernels as unknown as Record<string, ReferenceKernel<unknown>>));
  const table: Record<string, AnyKernel> = Object.create(null);
  for (const name of new Set([...references.keys(), ...users.keys()])) {
    const user = users.get(name);
    const reference = references.get(name);
    if (users.has(name) && typeof user !== 'function')
      throw new OptionError('cpuReference', `kernels['${name}']`, user, 'a function');
    const builtIn = reference && fromReference(memory, reference);
    table[name] = (...args) => memory.guard(() => user?.(...args) ?? builtIn?.(...args));
  }
  return table as unknown as Kernels<TypedArray>;
}

/** A backend's kernel out of a reference kernel: allocates the outputs. */
function fromReference(memory: ArrayMemory, kernel: ReferenceKernel<unknown>): AnyKernel {
  return (inputs, attrs, outputs) => {
    const results = outputs.map(memory.allocate);
    kernel(
      inputs.map(({ buffer, shape, dtype }) => ({ data: buffer, shape, dtype })),
      attrs,
      outputs.map(({ shape, dtype }, i) => ({ data: results[i]!, shape, dtype })),
    );
    return results;
  };
}
