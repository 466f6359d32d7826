import { type GpuJs, type GpuJsMode, gpujs } from '@cnn/backend-gpujs';
import { BackendError, OptionError, ops, tensor, UsageError } from '@cnn/tensor';
import { describe, expect, it, vi } from 'vitest';
import { fakeGpu } from './fake-gpu.js';

const message = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(BackendError);
    return (error as Error).message;
  }
  return expect.fail('nothing was thrown');
};

const withBackend = async (options: Parameters<typeof gpujs>[0], run: (backend: GpuJs) => unknown): Promise<void> => {
  const backend = await gpujs(options);
  await run(backend);
  expect(backend.live(), 'buffers left').toBe(0);
  await backend.dispose();
};

describe('modes', () => {
  it.each(['cpu', 'webasm'] as const)('%s is what runs where it is asked for', mode =>
    withBackend({ mode }, backend => {
      expect(backend.mode).toBe(mode);
      expect(backend.name).toBe(`gpujs:${mode}`);
    }),
  );

  it('takes the best that works, which in Node is headless GL where it is installed, else WebAssembly', () =>
    withBackend({}, ({ mode }) => expect(['headlessgl', 'webasm']).toContain(mode)));

  it.each(['webgl2', 'webgpu'] as const)('%s is refused where it does not work, with the reason', async mode => {
    expect(await message(() => gpujs({ mode }))).toMatch(new RegExp(`gpujs: mode '${mode}' does not work here: .*not supported`));
  });

  it('refuses unknown options and modes', async () => {
    await expect(gpujs({ mode: 'webgl' as GpuJsMode })).rejects.toThrow(OptionError);
    await expect(gpujs({ kernelCache: 0 })).rejects.toThrow("option 'kernelCache' is 0");
    await expect(gpujs({ threads: 2 } as never)).rejects.toThrow('threads');
  });

  it('does not let gpu.js fall back to another mode without a word', async () => {
    const text = await message(() => gpujs({ mode: 'webgl2', gpu: fakeGpu({ fallsBack: true }).GPU }));
    expect(text).toContain("gpu.js fell back to its mode 'cpu'");
  });

  it('names what to install where gpu.js is missing', async () => {
    vi.doMock('gpu.js', () => {
      throw new Error('not found');
    });
    expect(await message(() => gpujs({ mode: 'cpu' }))).toContain("'npm install gpu.js'");
    vi.doUnmock('gpu.js');
  });
});

describe('bad use', () => {
  it('names the op and its shapes where a kernel does not compile, and leaves nothing behind', () =>
    withBackend({ mode: 'webgl2', gpu: fakeGpu({ failing: /Math\.(exp|sqrt)/ }).GPU }, async backend => {
      const x = tensor(backend, [1, 2, 3]);
      expect(await message(() => ops.exp(x))).toBe(
        'gpujs:webgl2: exp of float32 [3] to float32 [3] failed: the shader does not compile',
      );
      expect(await message(() => ops.softmax(x))).toContain('softmax of float32 [3]');
      // The mean, a result, is there when the kernel of y fails.
      const images = tensor(backend, [[1], [2]]);
      const one = tensor(backend, [1]);
      expect(await message(() => ops.batchNorm(images, one, one))).toContain('batchNorm of float32 [2, 1]');
      for (const t of [x, images, one]) t.dispose();
    }));

  it('refuses more elements than an index in float32 reaches', () =>
    withBackend({ mode: 'cpu' }, async backend => {
      const limit = 'the limit is 8388607';
      expect(await message(() => ops.zeros(backend, [2, 2 ** 22]))).toBe(
        `gpujs:cpu: fill of nothing to float32 [2, 4194304]: 8388608 elements in one array; ${limit}`,
      );
      expect(await message(() => tensor(backend, new Float32Array(2 ** 23)))).toContain(limit);
    }));

  it('says so when the browser takes the device away', async () => {
    const fake = fakeGpu();
    await withBackend({ mode: 'webgl2', gpu: fake.GPU }, async backend => {
      const x = tensor(backend, [1, 2]);
      fake.lost = true;
      for (const use of [() => ops.neg(x), () => x.data(), () => backend.flush(), () => tensor(backend, [1])]) {
        expect(await message(use)).toContain('the GPU context was lost');
      }
      x.dispose();
    });
  });

  it('refuses use after dispose, and a buffer that was freed', async () => {
    const backend = await gpujs({ mode: 'cpu' });
    const spec = { shape: [1], dtype: 'float32' } as const;
    const buffer = backend.write(Float32Array.of(1), spec);
    backend.free(buffer);
    expect(() => backend.free(buffer)).toThrow(UsageError);
    await expect(backend.read(buffer, spec)).rejects.toThrow(UsageError);
    const x = tensor(backend, [1]);
    await backend.dispose();
    for (const use of [() => ops.neg(x), () => x.data(), () => tensor(backend, [1])]) {
      expect(await message(use)).toContain('the backend was disposed');
    }
    await backend.dispose();
  });
});

describe('kernels', () => {
  it('are compiled once for the same shapes, whatever the numbers', () =>
    withBackend({ mode: 'cpu' }, async backend => {
      const { kernels } = backend.compileStats();
      for (const value of [1, 2, -0.5]) {
        const x = ops.fill(backend, [3], value);
        const y = ops.add(x, value);
        expect(Array.from(await y.data())).toEqual([2 * value, 2 * value, 2 * value]);
        x.dispose();
        y.dispose();
      }
      // fill of [3], fill of the scalar, and their sum.
      expect(backend.compileStats().kernels - kernels).toBe(3);
      expect(backend.compileStats().milliseconds).toBeGreaterThan(0);
    }));

  it('go when more were used since than the cache holds, but not before their results', async () => {
    const fake = fakeGpu();
    await withBackend({ mode: 'webgl2', kernelCache: 1, gpu: fake.GPU }, async backend => {
      const x = tensor(backend, [1, -2]);
      const y = ops.neg(x);
      const before = fake.destroyed;
      const z = ops.abs(x);
      expect(fake.destroyed, 'neg is out of the cache, and its result in use').toBe(before);
      expect(Array.from(await y.data())).toEqual([-1, 2]);
      y.dispose();
      expect(fake.destroyed).toBe(before + 1);
      expect(Array.from(await z.data())).toEqual([1, 2]);
      const created = fake.created;
      ops.abs(x).dispose();
      expect(fake.created, 'abs is in the cache').toBe(created);
      x.dispose();
      z.dispose();
    });
    expect(fake.arrays).toBe(0);
  });

  it('do not run for tensors without elements', async () => {
    const fake = fakeGpu();
    await withBackend({ mode: 'webgl2', gpu: fake.GPU }, async backend => {
      const ran = fake.ran.length;
      const x = tensor(backend, new Float32Array(0), { shape: [0, 3] });
      const y = ops.exp(x);
      expect(fake.ran.length).toBe(ran);
      const sums = ops.sum(y, 0);
      expect(Array.from(await sums.data())).toEqual([0, 0, 0]);
      for (const t of [x, y, sums]) t.dispose();
    });
  });
});
