import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { BackendError, OptionError, ops, tensor } from '@cnn/tensor';
import { build } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { type Cpu, cpu, type Runtime } from '../src/index.js';

const open: Cpu[] = [];
const { getBuiltinModule } = process;
async function start(threads: number): Promise<{ backend: Cpu; runtime: Runtime }> {
  let runtime: Runtime | undefined;
  const backend = await cpu({
    threads,
    kernels: given => {
      runtime = given;
      return {};
    },
  });
  open.push(backend);
  return { backend, runtime: runtime! };
}

afterEach(async () => {
  for (const backend of open.splice(0)) await backend.dispose();
  vi.unstubAllGlobals();
});

test('the number of threads is reported and checked', async () => {
  expect((await start(3)).backend.threads).toBe(3);
  expect((await start(1)).backend.threads).toBe(1);
  await expect(cpu({ threads: 0 })).rejects.toThrow(OptionError);
  await expect(cpu({ threads: 1.5 })).rejects.toThrow(OptionError);
});

test.each([2, 3, 5])('a range is cut into at most %i parts that cover it once', async threads => {
  const { runtime } = await start(threads);
  for (const [total, grain] of [
    [0, 1],
    [1, 1],
    [7, 1],
    [100, 40],
    [100, 1000],
  ] as const) {
    const x = runtime.memory.allocate({ shape: [128], dtype: 'float32' });
    runtime.memory.f32.fill(2, x.pointer / 4, x.pointer / 4 + 128);
    const parts: number[] = [];
    runtime.over(total, grain, 'square', (first, count) => {
      parts.push(count);
      return [count, x.pointer + 4 * first, x.pointer + 4 * first];
    });
    expect(parts.length).toBeLessThanOrEqual(Math.max(1, Math.min(threads, Math.floor(total / grain))));
    const values = Array.from(runtime.memory.f32.subarray(x.pointer / 4, x.pointer / 4 + 128));
    // Each part squares once: an element covered twice would be 16.
    expect(values).toEqual(Array.from({ length: 128 }, (_, i) => (i < total ? 4 : 2)));
  }
});

test('memory that grows while threads run is seen by them', async () => {
  const { runtime } = await start(2);
  const spec = { shape: [2 ** 23], dtype: 'float32' } as const;
  for (let round = 0; round < 4; round++) {
    const x = runtime.memory.allocate(spec);
    runtime.memory.view(x, spec).fill(round + 1);
    runtime.over(2 ** 23, 1, 'square', (first, count) => [count, x.pointer + 4 * first, x.pointer + 4 * first]);
    const { f32 } = runtime.memory;
    expect([f32[x.pointer / 4], f32[x.pointer / 4 + 2 ** 23 - 1]]).toEqual([(round + 1) ** 2, (round + 1) ** 2]);
  }
});

test('threads that slept are woken', async () => {
  const { runtime } = await start(2);
  const x = runtime.memory.allocate({ shape: [64], dtype: 'float32' });
  runtime.memory.f32.fill(1.5, x.pointer / 4, x.pointer / 4 + 64);
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setTimeout(resolve, 30));
    runtime.over(64, 1, 'neg', (first, count) => [count, x.pointer + 4 * first, x.pointer + 4 * first]);
  }
  expect(Array.from(runtime.memory.f32.subarray(x.pointer / 4, x.pointer / 4 + 64))).toEqual(new Array(64).fill(-1.5));
});

test('what a thread does not begin, the caller does', async () => {
  const workers: Worker[] = [];
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) => {
    const found = getBuiltinModule(name);
    if (name !== 'node:worker_threads') return found;
    return {
      Worker: class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          workers.push(this);
        }
      },
    };
  }) as typeof process.getBuiltinModule);
  const { runtime } = await start(3);
  vi.restoreAllMocks();
  expect(workers).toHaveLength(2);
  await workers[0]!.terminate();
  const x = runtime.memory.allocate({ shape: [96], dtype: 'float32' });
  for (let round = 0; round < 3; round++) {
    runtime.memory.f32.fill(3, x.pointer / 4, x.pointer / 4 + 96);
    runtime.over(96, 1, 'square', (first, count) => [count, x.pointer + 4 * first, x.pointer + 4 * first]);
    expect(Array.from(runtime.memory.f32.subarray(x.pointer / 4, x.pointer / 4 + 96))).toEqual(new Array(96).fill(9));
  }
});

test('a kernel that fails on a thread is an error, and the next one runs', async () => {
  const { backend, runtime } = await start(2);
  const beyond = 2 ** 32 - 64;
  const x = runtime.memory.allocate({ shape: [2], dtype: 'float32' });
  expect(() =>
    runtime.together([
      { kernel: 'square', args: [2, x.pointer, x.pointer] },
      { kernel: 'square', args: [16, beyond, beyond] },
    ]),
  ).toThrow(BackendError);
  expect(() =>
    runtime.together([
      { kernel: 'square', args: [16, beyond, beyond] },
      { kernel: 'square', args: [2, x.pointer, x.pointer] },
    ]),
  ).toThrow(WebAssembly.RuntimeError);
  const y = ops.square(tensor(backend, [3]));
  expect(Array.from(y.dataSync())).toEqual([9]);
  y.dispose();
});

test('where memory cannot be shared one thread runs, with a warning', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('crossOriginIsolated', false);
  const { backend } = await start(4);
  expect(backend.threads).toBe(1);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]![0]).toMatch(/cross-origin isolated/);
  warn.mockRestore();
});

test('threads do not keep a process alive', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { cpu } from '../src/index.js'; console.log((await cpu({ threads: 3 })).threads);`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['@cnn/source'],
  });
  const output = execFileSync(process.execPath, ['--input-type=module', '-'], {
    input: outputFiles[0]!.text,
    timeout: 20_000,
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('3');
});
