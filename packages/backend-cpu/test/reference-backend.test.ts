import { BackendError, type Kernel, OptionError, type PrimitiveOps, ShapeError, type TypedArray, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { type CpuReference, cpuReference } from '../src/index.js';

const spec = { shape: [2], dtype: 'float32' } as const;
const one = { shape: [], dtype: 'float32' } as const;
const write = (backend: CpuReference, ...numbers: number[]) => ({
  shape: [numbers.length],
  dtype: 'float32' as const,
  buffer: backend.write(Float32Array.from(numbers), { shape: [numbers.length], dtype: 'float32' }),
});

describe('cpuReference', () => {
  it('has every dtype and a table without a prototype', () => {
    const backend = cpuReference();
    expect(backend.name).toBe('cpu:reference');
    expect(backend.dtypes).toEqual(['float32', 'float64', 'int32', 'uint8', 'bool']);
    expect(Object.getPrototypeOf(backend.kernels)).toBeNull();
  });

  it('has every primitive and no composite', () => {
    // Typed, so that a primitive that is missing here does not compile.
    const primitives: Record<keyof PrimitiveOps, true> = {
      neg: true,
      abs: true,
      sign: true,
      exp: true,
      expm1: true,
      log: true,
      log1p: true,
      sqrt: true,
      rsqrt: true,
      square: true,
      reciprocal: true,
      floor: true,
      ceil: true,
      round: true,
      sin: true,
      cos: true,
      tanh: true,
      sigmoid: true,
      erf: true,
      softplus: true,
      relu: true,
      isFinite: true,
      logicalNot: true,
      add: true,
      sub: true,
      mul: true,
      div: true,
      pow: true,
      maximum: true,
      minimum: true,
      equal: true,
      notEqual: true,
      less: true,
      lessEqual: true,
      greater: true,
      greaterEqual: true,
      logicalAnd: true,
      logicalOr: true,
      logicalXor: true,
      sum: true,
      max: true,
      min: true,
      fill: true,
      arange: true,
      cast: true,
      select: true,
      argMax: true,
      argMin: true,
      sort: true,
      cumsum: true,
      matmul: true,
      permute: true,
      broadcastTo: true,
      slice: true,
      pad: true,
      concat: true,
      flip: true,
      gather: true,
      scatterAdd: true,
      unfold: true,
      fold: true,
    };
    expect(Object.keys(cpuReference().kernels).sort()).toEqual(Object.keys(primitives).sort());
  });

  it('copies in and out', async () => {
    const backend = cpuReference();
    const numbers = Float32Array.of(1, 2);
    const buffer = backend.write(numbers, spec);
    numbers[0] = 9;
    const read = await backend.read(buffer, spec);
    expect(read).toEqual(Float32Array.of(1, 2));
    read[0] = 9;
    backend.readSync(buffer, spec)[1] = 9;
    expect(backend.readSync(buffer, spec)).toEqual(Float32Array.of(1, 2));
    expect(() => backend.write(numbers, one)).toThrow(ShapeError);
    await backend.flush();
  });

  it('recycles memory by size and counts what lives', () => {
    const backend = cpuReference();
    const first = backend.write(Float32Array.of(1, 2), spec);
    expect([backend.live(), backend.allocations()]).toEqual([1, 1]);
    backend.free(first);
    const second = backend.write(Float64Array.of(3), { shape: [1], dtype: 'float64' });
    expect([backend.live(), backend.allocations()]).toEqual([1, 1]);
    expect(second).toEqual(Float64Array.of(3));
    backend.write(Float32Array.of(1), one);
    expect([backend.live(), backend.allocations()]).toEqual([2, 2]);
    backend.write(new Float32Array(0), { shape: [0], dtype: 'float32' });
    expect(backend.live()).toBe(3);
  });

  it('makes nothing new in a loop', () => {
    const backend = cpuReference();
    const x = write(backend, 1, 2);
    for (let i = 0; i < 100; i++) backend.free(backend.kernels.add([x, x], {}, [spec], [])![0]!);
    expect([backend.live(), backend.allocations()]).toEqual([1, 2]);
    const many = () => [write(backend, 1, 2), write(backend, 3, 4), write(backend, 5, 6)];
    for (let i = 0; i < 3; i++) for (const { buffer } of many()) backend.free(buffer);
    expect([backend.live(), backend.allocations()]).toEqual([1, 4]);
  });

  it('refuses a second free and a read after it, also when the memory is in use again', () => {
    const backend = cpuReference();
    const buffer = backend.write(Float32Array.of(1, 2), spec);
    backend.free(buffer);
    expect(() => backend.free(buffer)).toThrow(UsageError);
    backend.write(Float32Array.of(3, 4), spec);
    expect(() => backend.free(buffer)).toThrow(UsageError);
    expect(() => backend.readSync(buffer, spec)).toThrow(UsageError);
    expect(() => backend.free(Float32Array.of(1))).toThrow(UsageError);
    expect(backend.live()).toBe(1);
  });

  it('poisons what is freed and what is new, on request', () => {
    const backend = cpuReference({ poison: true });
    const floats = backend.write(Float32Array.of(1, 2), spec);
    backend.free(floats);
    expect(floats).toEqual(Float32Array.of(Number.NaN, Number.NaN));
    const whole = backend.write(Int32Array.of(1), { shape: [1], dtype: 'int32' });
    backend.free(whole);
    expect(whole).toEqual(Int32Array.of(0x7f7f7f7f));
  });

  it('frees everything in dispose; a late free does nothing, work is refused', async () => {
    const backend = cpuReference();
    const x = write(backend, 1, 2);
    await backend.dispose();
    expect(backend.live()).toBe(0);
    backend.free(x.buffer);
    expect(() => backend.write(Float32Array.of(1), one)).toThrow(BackendError);
  });

  it('says what was asked for where the host has no array so large', () => {
    const { fill } = cpuReference().kernels;
    const huge = { shape: [2 ** 25, 2 ** 25], dtype: 'float32' } as const;
    expect(() => fill([], { ...huge, value: 0 }, [huge], [])).toThrow(BackendError);
    expect(() => fill([], { ...huge, value: 0 }, [huge], [])).toThrow(/out of memory.*float32 \[33554432, 33554432\]/);
  });

  it('refuses unknown and impossible options by name', () => {
    expect(() => cpuReference({ posion: true } as never)).toThrow(/posion.*poison/s);
    expect(() => cpuReference({ poison: 1 } as never)).toThrow(OptionError);
    expect(() => cpuReference({ kernels: { add: 3 } } as never)).toThrow(/kernels\['add'\]/);
  });
});

describe('kernels of the user', () => {
  it('are made with the allocator; what a call allocates and does not return is freed', () => {
    let made: TypedArray[] = [];
    const backend = cpuReference({
      kernels: ({ allocate }) => ({
        reluGrad: (_, __, [out]) => {
          made = [allocate({ shape: [5], dtype: 'float64' }), allocate(out!)];
          made[1]!.fill(4);
          return [made[1]!];
        },
      }),
    });
    const x = write(backend, 1, 2);
    const [y] = backend.kernels.reluGrad!([x, x], {}, [spec], [])!;
    expect(backend.readSync(y!, spec)).toEqual(Float32Array.of(4, 4));
    expect(backend.live()).toBe(2);
    expect(() => backend.free(made[0]!)).toThrow(UsageError);
  });

  it('free what they allocated when they throw or decline', () => {
    const failure = new Error('mine');
    const backend = cpuReference({
      kernels: ({ allocate }) => ({
        reluGrad: (_, __, [out]) => {
          allocate(out!);
          throw failure;
        },
        linear: (_, __, [out]) => {
          allocate(out!);
          return undefined;
        },
      }),
    });
    expect(() => backend.kernels.reluGrad!([], {}, [spec], [])).toThrow(failure);
    expect(backend.kernels.linear!([], {}, [spec], [])).toBeUndefined();
    expect([backend.live(), backend.allocations()]).toEqual([0, 1]);
  });

  it('replace a built-in kernel and leave to it what they decline', () => {
    const add: Kernel<TypedArray, unknown> = ([a]) => (a!.shape[0] === 1 ? [a!.buffer] : undefined);
    const backend = cpuReference({ kernels: { add } });
    const small = write(backend, 5);
    const large = write(backend, 5, 6);
    expect(backend.kernels.add([small, small], {}, [one], [true])).toEqual([small.buffer]);
    const [sum] = backend.kernels.add([large, large], {}, [spec], [])!;
    expect(backend.readSync(sum!, spec)).toEqual(Float32Array.of(10, 12));
    expect(backend.live()).toBe(3);
  });

  it('may be called by one another', () => {
    const backend: CpuReference = cpuReference({
      kernels: ({ allocate }) => ({
        reluGrad: ([y, dy], _, [out]) => {
          const [product] = backend.kernels.mul([y!, dy!], {}, [out!], [])!;
          allocate(out!);
          return backend.kernels.neg([{ ...out!, buffer: product! }], {}, [out!], []);
        },
      }),
    });
    const x = write(backend, 2, 3);
    const [y] = backend.kernels.reluGrad!([x, x], {}, [spec], [])!;
    expect(backend.readSync(y!, spec)).toEqual(Float32Array.of(-4, -9));
    expect(backend.live()).toBe(2); // the product and the scratch are freed
  });

  it('frees the outputs of a reference kernel that throws', () => {
    const backend = cpuReference();
    const x = write(backend, 1, 2);
    expect(() => backend.kernels.add([x], {}, [spec], [])).toThrow(); // the second input is missing
    expect(backend.live()).toBe(1);
  });
});
