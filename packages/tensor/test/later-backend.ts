/**
 * A stand-in for an asynchronous device: kernels return at once, work happens later and in order, and may fail. It follows the
 * rules that `Backend` sets for such a device.
 */
import { type CpuReference, cpuReference } from '@cnn/backend-cpu';
import { type Backend, BackendError, type Kernel, type Kernels, type Spec, type TypedArray } from '@cnn/tensor';
import { directKernels } from './direct-kernels.js';

/** A buffer whose numbers, or error, come later. */
export class LaterBuffer {
  data: TypedArray | undefined;
  error: Error | undefined;
}

export interface LaterBackend extends Backend<LaterBuffer> {
  /** Buffers that are given out and not freed. */
  live(): number;
  /** Work that waits, and buffers on the device. */
  pending(): number;
}

type Table = Readonly<Record<string, Kernel<TypedArray, unknown>>>;

/** @param fails - Says which run of which kernel fails, counted from 1. */
export function laterBackend({ fails = () => false }: { fails?: (op: string, run: number) => boolean } = {}): LaterBackend {
  const device: CpuReference = cpuReference({ poison: true, kernels: directKernels });
  const queue: (() => void)[] = [];
  const runs = new Map<string, number>();
  let live = 0;
  let disposed = false;
  let working: Promise<void> | undefined;
  let firstError: Error | undefined;

  async function work(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve));
    for (let job = queue.shift(); job; job = queue.shift()) {
      job();
      await undefined;
    }
    working = undefined;
  }
  const enqueue = (job: () => void): void => {
    queue.push(job);
    working ??= work();
  };
  const settled = async (): Promise<void> => {
    while (working) await working;
  };
  const newBuffer = (): LaterBuffer => {
    if (disposed) throw new BackendError("backend 'later' was disposed");
    live++;
    return new LaterBuffer();
  };

  const kernel =
    (name: string, run: Kernel<TypedArray, unknown>): Kernel<LaterBuffer, unknown> =>
    (inputs, attrs, outputs, reuse) => {
      // A buffer must be chosen before the work is done; the device's step kernels overwrite what they may.
      const results = outputs.map((_, i) => (reuse[i] ? inputs[i]!.buffer : newBuffer()));
      const count = (runs.get(name) ?? 0) + 1;
      runs.set(name, count);
      const sources = inputs.map(({ buffer }) => buffer);
      const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
      enqueue(() => {
        let error = sources.find(source => source.error)?.error;
        try {
          if (!error && fails(name, count)) throw new Error('device lost');
          if (!error) {
            const views = specs.map((spec, i) => ({ ...spec, buffer: sources[i]!.data! }));
            run(views, attrs, outputs, reuse)!.forEach((data, i) => {
              results[i]!.data = data;
            });
          }
        } catch (cause) {
          error = new Error(`${name} failed on backend 'later': ${(cause as Error).message}`, { cause });
          firstError ??= error;
        }
        if (error) for (const result of results) result.error = error;
      });
      return results;
    };

  return {
    name: 'later',
    dtypes: device.dtypes,
    write(data, spec) {
      const buffer = newBuffer();
      const copy = data.slice();
      enqueue(() => {
        buffer.data = device.write(copy, spec);
      });
      return buffer;
    },
    read: (buffer: LaterBuffer, spec: Spec) =>
      new Promise((resolve, reject) =>
        enqueue(() => (buffer.error ? reject(buffer.error) : resolve(device.readSync(buffer.data!, spec)))),
      ),
    free(buffer) {
      live--;
      enqueue(() => {
        if (buffer.data) device.free(buffer.data);
        buffer.data = undefined;
      });
    },
    async flush() {
      await settled();
      const error = firstError;
      firstError = undefined;
      if (error) throw error;
    },
    kernels: Object.assign(
      Object.create(null),
      Object.fromEntries(Object.entries(device.kernels as unknown as Table).map(([name, run]) => [name, kernel(name, run)])),
    ) as Kernels<LaterBuffer>,
    dispose() {
      disposed = true;
      return settled();
    },
    live: () => live,
    pending: () => queue.length + device.live(),
  };
}
