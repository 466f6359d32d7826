import { BackendError, OptionError } from '@cnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type Cpu, cpu } from '../src/index.js';
import { type CpuBuffer, CpuMemory } from '../src/memory.js';

function memoryOf(options: ConstructorParameters<typeof CpuMemory>[0] = {}) {
  const memory = new CpuMemory(options);
  memory.start(1000);
  return memory;
}

describe('the allocator', () => {
  test('blocks are aligned, do not overlap and keep their numbers, whatever is allocated and freed', () => {
    const command = fc.oneof(fc.record({ allocate: fc.oneof(fc.nat(300), fc.nat(100_000)) }), fc.record({ free: fc.nat(50) }));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), commands => {
        const memory = memoryOf({ poison: true });
        const held: { buffer: CpuBuffer; mark: number }[] = [];
        let mark = 0;
        for (const step of commands) {
          if ('allocate' in step) {
            const buffer = memory.allocate(step.allocate);
            expect(buffer.pointer % 64).toBe(0);
            expect(buffer.pointer).toBeGreaterThanOrEqual(1000);
            mark = (mark + 1) % 200;
            memory.u8.fill(mark, buffer.pointer, buffer.pointer + step.allocate);
            held.push({ buffer, mark });
          } else if (held.length > 0) {
            memory.free(held.splice(step.free % held.length, 1)[0]!.buffer);
          }
        }
        for (const { buffer, mark } of held) {
          const bytes = memory.u8.subarray(buffer.pointer, buffer.pointer + buffer.byteLength);
          expect(bytes.every(byte => byte === mark)).toBe(true);
        }
        expect(memory.stats.liveBuffers).toBe(held.length);
      }),
      { numRuns: 50 },
    );
  });

  test('a block wastes at most an eighth, or less than 64 bytes', () => {
    const memory = memoryOf();
    for (const bytes of [0, 1, 64, 65, 1000, 1024, 1025, 4097, 65537, 1_000_001]) {
      const before = memory.stats.liveBytes;
      memory.allocate(bytes);
      const taken = memory.stats.liveBytes - before;
      expect(taken).toBeGreaterThanOrEqual(bytes);
      expect(taken).toBeLessThanOrEqual(Math.max(bytes * 1.125, bytes + 63, 64));
    }
  });

  test('a freed block serves the next request of its size, so a steady state needs no new memory', () => {
    const memory = memoryOf();
    const step = () => [100, 5000, 100, 3_000_000, 777].map(bytes => memory.allocate(bytes));
    for (const buffer of step()) memory.free(buffer);
    const { memoryBytes, peakBytes } = memory.stats;
    for (let i = 0; i < 1000; i++) for (const buffer of step()) memory.free(buffer);
    expect(memory.stats).toEqual({ liveBuffers: 0, liveBytes: 0, peakBytes, memoryBytes });
    expect(memory.allocations).toBe(5 * 1001);
  });

  test('blocks of one size are merged for larger ones before the memory grows', () => {
    const memory = memoryOf();
    const small = Array.from({ length: 64 }, () => memory.allocate(1 << 20));
    for (const buffer of small) memory.free(buffer);
    const { memoryBytes } = memory.stats;
    memory.allocate(48 << 20);
    expect(memory.stats.memoryBytes).toBe(memoryBytes);
  });

  test('growth keeps the numbers, and the getters give the new memory', () => {
    const memory = memoryOf();
    const { pointer } = memory.allocate(4);
    memory.f32[pointer / 4] = 42;
    const old = memory.f32;
    memory.allocate(100 << 20);
    expect(old.length).toBe(0);
    expect(memory.f32[pointer / 4]).toBe(42);
  });

  test('poison is NaN in fresh and in freed memory', () => {
    const memory = memoryOf({ poison: true });
    const spec = { shape: [3], dtype: 'float32' } as const;
    const buffer = memory.allocate(spec);
    expect([...memory.view(buffer, spec)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    memory.view(buffer, spec).fill(1);
    memory.free(buffer);
    expect([...memory.view(buffer, spec)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('what is prepared from a buffer is kept from its second use on, until the buffer changes or goes', () => {
    const memory = memoryOf({ poison: true });
    const weight = memory.allocate(64);
    const { liveBytes } = memory.stats;
    expect(memory.prepared(weight, 'a', 1000)).toBeUndefined();
    const kept = memory.prepared(weight, 'a', 1000)!;
    expect(kept.ready).toBe(false);
    expect(memory.prepared(weight, 'a', 1000)).toEqual({ pointer: kept.pointer, ready: true });
    expect(memory.prepared(weight, 'b', 1000)).toBeUndefined();
    expect(memory.stats).toMatchObject({ liveBuffers: 1, liveBytes: liveBytes + 1024 });
    memory.changed(weight);
    expect(memory.stats).toMatchObject({ liveBuffers: 1, liveBytes });
    expect(memory.prepared(weight, 'a', 1000)).toBeUndefined();
    expect(memory.prepared(weight, 'a', 1000)!.ready).toBe(false);
    memory.free(weight);
    expect(memory.stats).toMatchObject({ liveBuffers: 0, liveBytes: 0 });
  });

  test('what is prepared goes before memory runs out, but for what the call that runs uses', () => {
    const memory = memoryOf({ maximumPages: 160 });
    const [idle, used] = [memory.allocate(64), memory.allocate(64)];
    const keep = (buffer: CpuBuffer) => {
      memory.prepared(buffer, 'a', 3_000_000);
      return memory.prepared(buffer, 'a', 3_000_000)!.pointer;
    };
    const pointer = keep(used);
    keep(idle);
    memory.beginCall();
    expect(memory.prepared(used, 'a', 3_000_000)).toEqual({ pointer, ready: true });
    memory.allocate(6_000_000);
    expect(memory.prepared(used, 'a', 3_000_000)).toEqual({ pointer, ready: true });
    expect(memory.prepared(idle, 'a', 3_000_000)).toBeUndefined();
    expect(() => memory.allocate(6_000_000)).toThrow(/out of memory/);
    expect(memory.prepared(used, 'a', 3_000_000)).toEqual({ pointer, ready: true });
  });

  test('freeing twice is an error', () => {
    const memory = memoryOf();
    const buffer = memory.allocate(40);
    memory.free(buffer);
    expect(() => memory.free(buffer)).toThrow(new BackendError('cpu: a buffer of 40 bytes is freed twice'));
  });

  test('running out of memory says what was asked for and what is held', () => {
    const memory = memoryOf({ maximumPages: 256 });
    memory.allocate(10 << 20);
    const request = () => memory.allocate({ shape: [2, 1 << 20], dtype: 'float32' });
    expect(request).toThrow(BackendError);
    expect(request).toThrow(/asked for 8388608 bytes for float32 \[2, 1048576\]; 1 buffers hold 10485760 of \d+ bytes/);
    memory.allocate(1 << 20);
  });

  test.each([2 ** 32, 160e9, 2 ** 41, 2 ** 60])('a request of %d bytes is refused and leaves the allocator as it was', bytes => {
    const memory = memoryOf();
    const before = memory.stats;
    expect(() => memory.allocate(bytes)).toThrow(new RegExp(`out of memory: asked for ${bytes} bytes`));
    expect(memory.stats).toEqual(before);
    expect(memory.allocate(64).pointer).toBe(1024);
  });

  describe('where the system does not reserve 4 GiB', () => {
    const { Memory } = WebAssembly;
    afterEach(() => {
      WebAssembly.Memory = Memory;
    });
    /** The system as if it reserved so many pages at most. */
    const limit = (pages: number) => {
      WebAssembly.Memory = class extends Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          if (descriptor.maximum! > pages) throw new RangeError('could not allocate memory');
          super(descriptor);
        }
      };
    };

    test('it takes less', () => {
      limit(20_000);
      const memory = memoryOf();
      memory.allocate(900 << 20);
      expect(() => memory.allocate(900 << 20)).toThrow(BackendError);
    });

    test('below 256 MiB it gives up and says what may help', () => {
      limit(1000);
      expect(() => memoryOf()).toThrow(/cannot reserve 4095 pages of WASM memory.*--disable-wasm-trap-handler/);
    });
  });

  test('all but 64 KiB of the address space can be used', () => {
    const memory = memoryOf();
    const buffers = Array.from({ length: 7 }, () => memory.allocate(2 ** 29));
    const last = buffers.at(-1)!;
    expect(last.pointer).toBeGreaterThan(3 * 2 ** 30 - 1);
    memory.f32[last.pointer / 4] = 7;
    expect(memory.f32[last.pointer / 4]).toBe(7);
  });
});

describe('cpu', () => {
  test('checks its options', async () => {
    await expect(cpu({ build: 'avx' } as never)).rejects.toThrow(OptionError);
    await expect(cpu({ poisn: true } as never)).rejects.toThrow(/poisn/);
  });

  test('takes relaxed SIMD where there is one, unless told', async () => {
    expect((await cpu()).build).toBe('relaxed');
    expect((await cpu({ build: 'simd' })).build).toBe('simd');
  });

  test('writes and reads copies of every dtype', async () => {
    const backend = await cpu();
    for (const [dtype, data] of [
      ['float32', Float32Array.of(1.5, Number.NaN, -0)],
      ['float64', Float64Array.of(0.1, 1e300, 3)],
      ['int32', Int32Array.of(-1, 2 ** 30, 3)],
      ['uint8', Uint8Array.of(0, 255, 3)],
      ['bool', Uint8Array.of(0, 1, 1)],
    ] as const) {
      const spec = { shape: [3], dtype };
      const buffer = backend.write(data, spec);
      const copy = backend.readSync!(buffer, spec);
      expect(copy).toEqual(data);
      copy.fill(9);
      expect(await backend.read(buffer, spec)).toEqual(data);
    }
    expect(backend.live()).toBe(5);
    const held = backend.write(new Float32Array(1), { shape: [1], dtype: 'float32' });
    await backend.dispose();
    backend.free(held);
    expect(() => backend.write(new Float32Array(1), { shape: [1], dtype: 'float32' })).toThrow('cpu: the backend is disposed');
  });

  test('a kernel of the user gets the runtime, replaces the built-in one and may decline', async () => {
    const spec = { shape: [2], dtype: 'float32' } as const;
    const backend = await cpu({
      kernels: ({ memory, allocate, scratch }) => ({
        neg: ([x], _, [y]) => {
          const scratched = scratch(8) / 4;
          memory.f32.set(memory.view(x!.buffer, x!), scratched);
          if (memory.f32[scratched] === 1) return undefined;
          const unused = allocate(y!);
          const result = allocate(y!);
          expect(unused.pointer).not.toBe(result.pointer);
          memory.view(result, y!).fill(memory.f32[scratched + 1]!);
          return [result];
        },
      }),
    });
    const neg = (...numbers: number[]) => {
      const buffer = backend.write(Float32Array.from(numbers), spec);
      const [result] = backend.kernels.neg([{ ...spec, buffer }], {}, [spec], [false])!;
      return [...backend.readSync!(result!, spec)];
    };
    expect(neg(5, 6)).toEqual([6, 6]);
    expect(neg(1, 6)).toEqual([-1, -6]);
    expect(backend.live()).toBe(4);
  });

  test('a kernel that is no function is refused by name', async () => {
    await expect(cpu({ kernels: { conv2d: 5 as never } })).rejects.toThrow(
      new OptionError('cpu', "kernels['conv2d']", 5, 'a function'),
    );
  });

  test('what a throwing kernel allocated is freed', async () => {
    const spec = { shape: [2], dtype: 'float32' } as const;
    const backend = await cpu({
      kernels: ({ allocate, scratch }) => ({
        neg: () => {
          allocate(spec);
          scratch(1000);
          throw new Error('broken');
        },
      }),
    });
    const buffer = backend.write(new Float32Array(2), spec);
    expect(() => backend.kernels.neg([{ ...spec, buffer }], {}, [spec], [false])).toThrow('broken');
    expect(backend.live()).toBe(1);
  });

  test('what a kernel gets from another kernel is freed at its end, unless it returns it', async () => {
    const spec = { shape: [2], dtype: 'float32' } as const;
    const backend: Cpu = await cpu({
      kernels: {
        neg: ([x]) => {
          const [twice] = backend.kernels.add([x!, x!], {}, [spec], [])!;
          return backend.kernels.add([{ ...spec, buffer: twice! }, x!], {}, [spec], [])!;
        },
        abs: ([x]) => {
          backend.kernels.add([x!, x!], {}, [spec], []);
          throw new Error('broken');
        },
      },
    });
    const view = { ...spec, buffer: backend.write(Float32Array.of(1, 2), spec) };
    const [result] = backend.kernels.neg([view], {}, [spec], [])!;
    expect([...backend.readSync!(result!, spec)]).toEqual([3, 6]);
    expect(backend.live()).toBe(2);
    expect(() => backend.kernels.abs([view], {}, [spec], [])).toThrow('broken');
    expect(backend.live()).toBe(2);
  });

  test('cases without a WASM kernel run in plain TypeScript', async () => {
    const backend = await cpu();
    const spec = { shape: [2], dtype: 'float64' } as const;
    const buffer = backend.write(Float64Array.of(0.1, 2), spec);
    const [y] = backend.kernels.exp([{ ...spec, buffer }], {}, [spec], [false])!;
    expect([...backend.readSync!(y!, spec)]).toEqual([Math.exp(0.1), Math.exp(2)]);
  });

  test('names what is missing where the engine has no SIMD', async () => {
    const { validate } = WebAssembly;
    WebAssembly.validate = () => false;
    try {
      await expect(cpu()).rejects.toThrow('no WebAssembly SIMD; use cpuReference() instead');
      await expect(cpu({ build: 'relaxed' })).rejects.toThrow("use build 'simd'");
    } finally {
      WebAssembly.validate = validate;
    }
  });
});
