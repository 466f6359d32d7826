import { arrayTypes, BackendError, byteLengthOf, type Spec, showSpec, sizeOf, type TypedArray } from '@cnn/tensor';

/** A piece of WASM memory. It belongs to whoever allocated it, until it is freed. */
export interface CpuBuffer {
  /** Its first byte: a multiple of 64, from 0 to 2^32. */
  readonly pointer: number;
  /** How many bytes were asked for. */
  readonly byteLength: number;
}

/** What memory is in use. */
export interface MemoryStats {
  /** Buffers allocated and not freed. */
  readonly liveBuffers: number;
  /** Bytes of these, each rounded up to its size class, and of what kernels keep prepared, as transformed weights. */
  readonly liveBytes: number;
  /** The largest `liveBytes` so far. */
  readonly peakBytes: number;
  /** Size of the WASM memory, which never shrinks. */
  readonly memoryBytes: number;
}

const PAGE = 65536;
/** One page less than 4 GiB, so that the pointer behind the last byte does not wrap to 0. */
const MAXIMUM_PAGES = 65535;
const ALIGNMENT = 64;
/** Growing is rare and costs address space only: pages that nobody touched are not resident. */
const SMALLEST_GROWTH = 16 * 1024 * 1024;
/** Every byte of poison is 0xff: NaN as a float, -1 as an int32. */
const POISON = 0xff;

/** Allocates by size class: a freed block waits in the list of its class. Whoever holds the buffer sees only `CpuBuffer`. */
interface Block extends CpuBuffer {
  readonly sizeClass: number;
  live: boolean;
  /** What `prepared` was asked for since the buffer was last written: memory from the second time on. */
  prepared?: Map<string, Prepared | undefined>;
}

/** Memory that was prepared from a buffer, and the call that used it last. */
interface Prepared {
  readonly block: Block;
  call: number;
}

/** A run of bytes that no block covers. */
interface Range {
  start: number;
  size: number;
}

/**
 * The one WASM memory of a backend, and its allocator.
 *
 * Blocks come in size classes, eight per power of two, so that at most an eighth is wasted and a freed block serves the next
 * request of its class at once. Where its class is empty, a block is cut from the smallest free range that holds it. Before
 * the memory grows, all waiting blocks are merged back into ranges, so that a change of batch size does not strand memory.
 */
export class CpuMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #poison: boolean;
  readonly #waiting: number[][] = [];
  #ranges: Range[];
  #f32!: Float32Array;
  #f64!: Float64Array;
  #i32!: Int32Array;
  #u8!: Uint8Array;
  #liveBuffers = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #allocations = 0;
  /** Buffers from which something may be prepared. */
  readonly #sources = new Set<Block>();
  #call = 0;
  #disposed = false;

  /**
   * @param poison - Fill memory with NaN when it is freed and before it is first used.
   * @param maximumPages - At most so many pages of 64 KiB; fewer where the system cannot reserve them.
   * @param shared - Whether threads will share it.
   * @throws {BackendError} where not even 256 MiB can be reserved.
   */
  constructor({
    poison = false,
    maximumPages = MAXIMUM_PAGES,
    shared = false,
  }: {
    poison?: boolean;
    maximumPages?: number;
    shared?: boolean;
  } = {}) {
    this.#poison = poison;
    this.wasm = reserve(maximumPages, shared);
    this.#ranges = [];
    this.#refresh();
  }

  /** Tells the allocator which bytes it may use: those from `base`, behind the data of the kernels' module. */
  start(base: number): void {
    const start = Math.ceil(base / ALIGNMENT) * ALIGNMENT;
    this.#ranges = [{ start, size: this.#u8.length - start }];
    this.#fill(start, this.#u8.length);
  }

  /** The whole memory as float32. Fetch views again after every allocation: growth detaches the old ones. */
  get f32(): Float32Array {
    return this.#f32;
  }
  /** The whole memory as float64. */
  get f64(): Float64Array {
    return this.#f64;
  }
  /** The whole memory as int32. */
  get i32(): Int32Array {
    return this.#i32;
  }
  /** The whole memory as bytes. */
  get u8(): Uint8Array {
    return this.#u8;
  }

  /** A buffer's elements, as a view that the next allocation may detach. */
  view(buffer: CpuBuffer, spec: Spec): TypedArray {
    return new arrayTypes[spec.dtype](this.#u8.buffer as ArrayBuffer, buffer.pointer, sizeOf(spec.shape));
  }

  /**
   * A buffer for a spec, or of some bytes. It is not cleared.
   *
   * @throws {BackendError} if the memory cannot grow so far; it says what was asked for and what is held.
   */
  allocate(request: Spec | number): CpuBuffer {
    if (this.#disposed) throw new BackendError('cpu: the backend is disposed');
    const byteLength = typeof request === 'number' ? request : byteLengthOf(request);
    // Size classes are counted in 32 bits.
    if (byteLength > MAXIMUM_PAGES * PAGE) throw this.#outOfMemory(byteLength, request);
    const sizeClass = classOf(byteLength);
    const pointer = this.#waiting[sizeClass]?.pop() ?? this.#cut(bytesOf(sizeClass), request);
    this.#allocations++;
    this.#liveBuffers++;
    this.#liveBytes += bytesOf(sizeClass);
    if (this.#liveBytes > this.#peakBytes) this.#peakBytes = this.#liveBytes;
    const block: Block = { pointer, byteLength, sizeClass, live: true };
    return block;
  }

  /** @throws {BackendError} if the buffer was freed before. */
  free(buffer: CpuBuffer): void {
    const block = buffer as Block;
    if (!block.live) throw new BackendError(`cpu: a buffer of ${block.byteLength} bytes is freed twice`);
    this.changed(block);
    this.#liveBuffers--;
    this.#release(block);
  }

  /**
   * Memory for something that is computed from a buffer alone and used whenever the buffer is, as transformed weights, if it is
   * worth keeping: `undefined` the first time that it is asked for since the buffer was written, so that weights which change at
   * every step take no more room. Memory that is kept goes when the buffer is written or freed, and is not counted as live.
   *
   * @returns `ready` tells whether it was handed out before, and so holds what was put there.
   */
  prepared(buffer: CpuBuffer, key: string, byteLength: number): { pointer: number; ready: boolean } | undefined {
    const source = buffer as Block;
    source.prepared ??= new Map();
    this.#sources.add(source);
    const found = source.prepared.get(key);
    if (found) {
      found.call = this.#call;
      return { pointer: found.block.pointer, ready: true };
    }
    if (!source.prepared.has(key)) {
      source.prepared.set(key, undefined);
      return undefined;
    }
    const block = this.allocate(byteLength) as Block;
    this.#liveBuffers--;
    source.prepared.set(key, { block, call: this.#call });
    return { pointer: block.pointer, ready: false };
  }

  /** Begins a call of a kernel. What was prepared and is used in it stays until the next; all else goes before memory runs out. */
  beginCall(): void {
    this.#call++;
  }

  /** Tells that a buffer was written over: what was prepared from it is void. */
  changed(buffer: CpuBuffer): void {
    const block = buffer as Block;
    if (!block.prepared) return;
    for (const kept of block.prepared.values()) if (kept) this.#release(kept.block);
    delete block.prepared;
    this.#sources.delete(block);
  }

  /** Lets go what was prepared and is not used by the call that runs. Gives whether there was something. */
  #releaseIdle(): boolean {
    let released = false;
    for (const { prepared } of this.#sources) {
      for (const [key, kept] of prepared!) {
        if (!kept || kept.call === this.#call) continue;
        prepared!.delete(key);
        this.#release(kept.block);
        released = true;
      }
    }
    return released;
  }

  #release(block: Block): void {
    block.live = false;
    const { pointer, sizeClass } = block;
    this.#liveBytes -= bytesOf(sizeClass);
    this.#fill(pointer, pointer + bytesOf(sizeClass));
    const list = this.#waiting[sizeClass];
    if (list) list.push(pointer);
    else this.#waiting[sizeClass] = [pointer];
  }

  /** Forgets all blocks; from now on every allocation fails. The memory itself goes with the last reference to it. */
  dispose(): void {
    this.#disposed = true;
    this.#waiting.length = 0;
    this.#ranges = [];
  }

  /** How many buffers were ever allocated. */
  get allocations(): number {
    return this.#allocations;
  }

  /** What is in use now. */
  get stats(): MemoryStats {
    return {
      liveBuffers: this.#liveBuffers,
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      memoryBytes: this.#u8.length,
    };
  }

  /** Cuts a block from the smallest range that holds it, the first of equals. */
  #cut(bytes: number, request: Spec | number): number {
    let range = this.#smallest(bytes);
    if (!range) {
      this.#merge();
      range = this.#smallest(bytes) ?? this.#grow(bytes);
      if (!range && this.#releaseIdle()) {
        this.#merge();
        range = this.#smallest(bytes) ?? this.#grow(bytes);
      }
      if (!range) throw this.#outOfMemory(bytes, request);
    }
    const pointer = range.start;
    range.start += bytes;
    range.size -= bytes;
    if (range.size === 0) this.#ranges.splice(this.#ranges.indexOf(range), 1);
    return pointer;
  }

  #smallest(bytes: number): Range | undefined {
    let best: Range | undefined;
    for (const range of this.#ranges) {
      if (range.size >= bytes && (!best || range.size < best.size)) best = range;
    }
    return best;
  }

  /** Joins the waiting blocks and the free ranges into as few ranges as there are. */
  #merge(): void {
    const pieces = this.#ranges;
    this.#waiting.forEach((list, sizeClass) => {
      for (const start of list) pieces.push({ start, size: bytesOf(sizeClass) });
      list.length = 0;
    });
    pieces.sort((a, b) => a.start - b.start);
    this.#ranges = [];
    for (const piece of pieces) this.#append(piece);
  }

  /** Adds a range behind all others. */
  #append(range: Range): Range {
    const last = this.#ranges.at(-1);
    if (last && last.start + last.size === range.start) {
      last.size += range.size;
      return last;
    }
    this.#ranges.push(range);
    return range;
  }

  /** Makes the memory hold `bytes` more in one range: an eighth more than now where possible, else what is needed; else undefined. */
  #grow(bytes: number): Range | undefined {
    const end = this.#u8.length;
    const last = this.#ranges.at(-1);
    const atEnd = last && last.start + last.size === end ? last.size : 0;
    const need = Math.ceil((bytes - atEnd) / PAGE);
    const wanted = Math.max(need, Math.ceil(Math.max(SMALLEST_GROWTH, end / 8) / PAGE));
    if (!this.#tryGrow(wanted) && !this.#tryGrow(need)) return undefined;
    this.#refresh();
    this.#fill(end, this.#u8.length);
    return this.#append({ start: end, size: this.#u8.length - end });
  }

  #outOfMemory(bytes: number, request: Spec | number): BackendError {
    const asked = typeof request === 'number' ? `${bytes} bytes` : `${bytes} bytes for ${showSpec(request)}`;
    return new BackendError(
      `cpu: out of memory: asked for ${asked}; ${this.#liveBuffers} buffers hold ${this.#liveBytes} of ${this.#u8.length} bytes, ` +
        'and the memory cannot grow so far',
    );
  }

  #tryGrow(pages: number): boolean {
    try {
      this.wasm.grow(pages);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #refresh(): void {
    const { buffer } = this.wasm;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
  }

  #fill(start: number, end: number): void {
    if (this.#poison) this.#u8.fill(POISON, start, end);
  }
}

/** A memory of as many pages as the system reserves, down to 256 MiB. */
function reserve(maximumPages: number, shared: boolean): WebAssembly.Memory {
  for (let maximum = maximumPages; ; maximum = Math.floor(maximum / 2)) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared });
    } catch (error) {
      if (!(error instanceof RangeError) || maximum <= 4096) {
        throw new BackendError(
          `cpu: the system cannot reserve ${maximum} pages of WASM memory; where address space is limited, as by ulimit -v, ` +
            'Node can do with less if started with --disable-wasm-trap-handler',
          { cause: error },
        );
      }
    }
  }
}

/**
 * The class of a size: whole multiples of 64 bytes up to 16 of them, then eight classes for each power of two. Class 0 is
 * 64 bytes.
 */
function classOf(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / ALIGNMENT));
  if (units <= 16) return units - 1;
  const power = 28 - Math.clz32(units - 1);
  return power * 8 + ((units - 1) >>> power);
}

/** The bytes of a block of a class. */
function bytesOf(sizeClass: number): number {
  if (sizeClass < 16) return (sizeClass + 1) * ALIGNMENT;
  const power = (sizeClass >>> 3) - 1;
  return (((sizeClass & 7) + 9) << power) * ALIGNMENT;
}
