import { arrayTypes, BackendError, type Spec, type TypedArray, UsageError } from '@cnn/tensor';
import type { GpuJsInstance, GpuJsKernel, GpuJsMode, GpuJsValue } from './library.js';
import { Recent } from './recent.js';

/** Index arithmetic is in float32, where an index and its half must be exact. */
const MAX_ELEMENTS = 2 ** 23;

/** Numbers on the device, all as float32. Opaque to all but its backend. */
export class GpuJsBuffer {
  /** Absent while it is pending, and where there are no elements. */
  value: GpuJsValue | undefined;
  /** Resolves, and never rejects, when the value is there or the error is known. */
  pending: Promise<void> | undefined;
  /** What went wrong on the way to it. */
  error: Error | undefined;
  freed = false;
  /** Launches and reads that wait for it. */
  users = 0;
  /** What its op tells the ops that take it. */
  note: string | undefined;

  /** @param maker - What computes it, where something does. */
  constructor(readonly maker?: DeviceProgram) {}
}

/** A kernel of gpu.js. It stays as long as its results, which gpu.js would delete with it. */
export interface DeviceProgram {
  readonly kernel: GpuJsKernel;
  results: number;
  ran: boolean;
  evicted: boolean;
}

/** Memory and launches of one instance of gpu.js. */
export class Device {
  readonly name: string;
  live = 0;
  compiled = 0;
  milliseconds = 0;
  readonly #gpu: GpuJsInstance;
  readonly #mode: GpuJsMode;
  readonly #buffers = new Set<GpuJsBuffer>();
  /** Launches under way, some of whose results may be freed. */
  readonly #work = new Set<Promise<void>>();
  /** The kernels that copy an array from the host, by its length. */
  readonly #uploads = new Recent<DeviceProgram>(100, program => this.evict(program));
  /** Stands for inputs without elements, which no device takes. */
  readonly #nothing = new Float32Array(1);
  #disposed = false;
  #firstError: Error | undefined;

  constructor(gpu: GpuJsInstance, mode: GpuJsMode) {
    this.name = `gpujs:${mode}`;
    this.#gpu = gpu;
    this.#mode = mode;
  }

  /** Whether arrays lie on the host: what gpu.js computes on the CPU it takes and gives as Float32Arrays. */
  get #onHost(): boolean {
    return this.#mode === 'cpu' || this.#mode === 'webasm';
  }

  /** Prepares a kernel for `size` elements, which gpu.js compiles when it runs first. */
  program(source: string, size: number): DeviceProgram {
    const kernel = this.#gpu.createKernel(source, {
      output: [size],
      pipeline: true,
      immutable: true,
      precision: 'single',
      tactic: 'precision',
      loopMaxIterations: MAX_ELEMENTS,
    });
    return { kernel, results: 0, ran: false, evicted: false };
  }

  /** Lets a kernel go, and its compiled code when its last result is freed. */
  evict(program: DeviceProgram): void {
    program.evicted = true;
    if (program.results === 0) program.kernel.destroy();
  }

  /** @throws {BackendError} where the device has no room for so many elements. */
  checkSize(what: string, size: number): void {
    if (size >= MAX_ELEMENTS) {
      throw new BackendError(`${this.name}: ${what}: ${size} elements in one array; the limit is ${MAX_ELEMENTS - 1}`);
    }
  }

  /** Runs a kernel on arrays and numbers. `what` it computes is told if it fails. */
  launch(what: string, program: DeviceProgram, inputs: readonly (GpuJsBuffer | number)[]): GpuJsBuffer {
    this.checkUsable();
    const buffer = this.#add(new GpuJsBuffer(program));
    try {
      const buffers = inputs.filter(input => typeof input !== 'number');
      if (this.#mode === 'webgpu') this.#later(what, buffer, buffers, () => this.#call(program, inputs));
      else buffer.value = this.#checked(program, this.#call(program, inputs) as GpuJsValue);
      return buffer;
    } catch (cause) {
      this.free(buffer);
      throw this.#failure(what, cause);
    }
  }

  /** An array without elements, for which nothing runs. */
  empty(): GpuJsBuffer {
    this.checkUsable();
    return this.#add(new GpuJsBuffer());
  }

  /** Copies numbers to the device. */
  write(data: TypedArray): GpuJsBuffer {
    const size = data.length;
    if (size === 0) return this.empty();
    this.checkUsable();
    this.checkSize('write', size);
    const buffer = this.#add(new GpuJsBuffer());
    buffer.value = Float32Array.from(data);
    if (this.#onHost) return buffer;
    const upload = this.#uploads.get(String(size), () => this.program('function(x) { return x[this.thread.x]; }', size));
    try {
      return this.launch(`write of ${size} elements`, upload, [buffer]);
    } finally {
      this.free(buffer);
    }
  }

  /** @throws the error of the first kernel that failed on the way to the buffer. */
  async read(buffer: GpuJsBuffer, { dtype }: Spec): Promise<TypedArray> {
    this.check(buffer);
    buffer.users++;
    try {
      await buffer.pending;
      if (buffer.error) throw buffer.error;
      this.checkUsable();
      return toHost(await valuesOf(buffer), dtype);
    } finally {
      this.#release(buffer);
    }
  }

  /** {@link read} where gpu.js reads at once, as everywhere but in WebGPU. */
  readSync(buffer: GpuJsBuffer, { dtype }: Spec): TypedArray {
    this.check(buffer);
    this.checkUsable();
    return toHost(valuesOf(buffer) as Float32Array, dtype);
  }

  /** Waits for all launches so far. @throws the first error since the last flush. */
  async flush(): Promise<void> {
    await Promise.all(this.#work);
    const error = this.#firstError;
    this.#firstError = undefined;
    if (error) throw error;
    if (!this.#disposed) this.checkUsable();
  }

  /** @throws {UsageError} if the buffer was freed already, or is none of this device. After `dispose` it does nothing. */
  free(buffer: GpuJsBuffer): void {
    if (this.#disposed) return;
    this.check(buffer);
    this.#buffers.delete(buffer);
    buffer.freed = true;
    this.live--;
    buffer.users++;
    this.#release(buffer);
  }

  /** @throws {UsageError} unless the buffer is in use. */
  check(buffer: GpuJsBuffer): void {
    if (!this.#disposed && !this.#buffers.has(buffer)) {
      throw new UsageError(`${this.name}: the buffer was freed before, or is none of this backend`);
    }
  }

  /** @throws {BackendError} after `dispose`, and where the browser has taken the device away. */
  checkUsable(): void {
    if (this.#disposed) throw new BackendError(`${this.name}: the backend was disposed`);
    if (this.#gpu.context?.isContextLost?.()) {
      throw new BackendError(
        `${this.name}: the GPU context was lost and all tensors on it; make a new backend and load a checkpoint`,
      );
    }
  }

  /** Frees everything. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    await Promise.all(this.#work);
    for (const buffer of this.#buffers) this.free(buffer);
    this.#disposed = true;
    await this.#gpu.destroy();
  }

  #add(buffer: GpuJsBuffer): GpuJsBuffer {
    this.#buffers.add(buffer);
    this.live++;
    if (buffer.maker) buffer.maker.results++;
    return buffer;
  }

  #call(program: DeviceProgram, inputs: readonly (GpuJsBuffer | number)[]): GpuJsValue | Promise<GpuJsValue> {
    const values = inputs.map(input => (typeof input === 'number' ? input : (input.value ?? this.#nothing)));
    if (program.ran) return program.kernel(...values);
    const start = performance.now();
    const stop = <T>(result: T): T => {
      this.milliseconds += performance.now() - start;
      this.compiled++;
      return result;
    };
    program.ran = true;
    const result = program.kernel(...values);
    return result instanceof Promise ? result.then(stop) : stop(result);
  }

  /** Runs when the inputs are there; what goes wrong stays with the buffer. */
  #later(what: string, buffer: GpuJsBuffer, inputs: readonly GpuJsBuffer[], run: () => GpuJsValue | Promise<GpuJsValue>): void {
    for (const input of [buffer, ...inputs]) input.users++;
    const work: Promise<void> = (async () => {
      try {
        await Promise.all(inputs.map(({ pending }) => pending));
        const failed = inputs.find(({ error }) => error);
        if (failed) throw failed.error;
        buffer.value = this.#checked(buffer.maker!, await run());
      } catch (cause) {
        buffer.error = this.#failure(what, cause);
        this.#firstError ??= buffer.error;
      } finally {
        buffer.pending = undefined;
        for (const input of [buffer, ...inputs]) this.#release(input);
      }
    })().finally(() => this.#work.delete(work));
    buffer.pending = work;
    this.#work.add(work);
  }

  /** @throws {BackendError} where gpu.js ran the kernel in another mode than it was asked for, which it does with no more than a warning. */
  #checked(program: DeviceProgram, value: GpuJsValue): GpuJsValue {
    const { constructor, fallbackReason } = program.kernel.kernel;
    if (constructor === this.#gpu.Kernel) return value;
    throw new Error(`gpu.js fell back to its mode '${constructor.mode}': ${fallbackReason || 'it gives no reason'}`);
  }

  #failure(what: string, cause: unknown): BackendError {
    if (cause instanceof BackendError) return cause;
    return new BackendError(`${this.name}: ${what} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }

  /** Takes one user off; with the last, a freed buffer's memory goes. */
  #release(buffer: GpuJsBuffer): void {
    buffer.users--;
    if (!buffer.freed || buffer.users > 0) return;
    const { value, maker } = buffer;
    buffer.value = undefined;
    if (value && 'delete' in value) value.delete();
    if (maker && --maker.results === 0 && maker.evicted) maker.kernel.destroy();
  }
}

/** A buffer's numbers on the host, not yet a copy. */
function valuesOf({ value }: GpuJsBuffer): Float32Array | Promise<Float32Array> {
  if (!value) return new Float32Array(0);
  return value instanceof Float32Array ? value : value.toArray();
}

/** A copy in the dtype. */
const toHost = (values: Float32Array, dtype: Spec['dtype']): TypedArray => new arrayTypes[dtype](values);
