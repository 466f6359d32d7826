import type { AnyBackend, Kernel, Kernels } from '@cnn/tensor';
import { ConformanceError } from './conformance-error.js';

/** A backend that counts what goes in and out of another. */
export interface WatchedBackend {
  /** Gives its work to the other backend; tensors made on it are its own. */
  readonly backend: AnyBackend;
  /** The kernels that took a case. */
  readonly ran: ReadonlySet<string>;
  /** Buffers that were given out and not freed. */
  live(): number;
}

type AnyKernel = Kernel<unknown, unknown>;

/**
 * Watches the buffers that a backend gives out, so that it need not count them itself. Every write and every output of a kernel
 * counts one, every free takes one away.
 *
 * @param offers - Says of each kernel whether the watched backend has it; default all.
 */
export function watch(backend: AnyBackend, offers: (kernel: string) => boolean = () => true): WatchedBackend {
  const buffers = new Set<unknown>();
  const ran = new Set<string>();
  // With the prototype that it has, which is to be none.
  const table: Record<string, AnyKernel> = Object.create(Object.getPrototypeOf(backend.kernels));
  for (const [name, kernel] of Object.entries(backend.kernels as unknown as Record<string, AnyKernel | undefined>)) {
    if (!kernel || !offers(name)) continue;
    table[name] = (inputs, attrs, outputs, reuse) => {
      const results = kernel(inputs, attrs, outputs, reuse);
      if (results === undefined) return undefined;
      if (!Array.isArray(results))
        throw new ConformanceError(`${name}: a kernel gives a list of buffers or undefined, at once; this one gave ${results}`);
      ran.add(name);
      for (const buffer of results) buffers.add(buffer);
      return results;
    };
  }
  const { readSync } = backend;
  return {
    ran,
    live: () => buffers.size,
    backend: {
      name: backend.name,
      dtypes: backend.dtypes,
      write(data, spec) {
        const buffer: unknown = backend.write(data, spec);
        buffers.add(buffer);
        return buffer;
      },
      read: (buffer, spec) => backend.read(buffer, spec),
      ...(readSync && { readSync: (buffer, spec) => readSync.call(backend, buffer, spec) }),
      free(buffer) {
        buffers.delete(buffer);
        backend.free(buffer);
      },
      flush: () => backend.flush(),
      kernels: table as unknown as Kernels<unknown>,
      dispose: () => backend.dispose(),
    },
  };
}
