/** Two backends as one: what the first cannot compute, the second does. */
import type { AnyBackend } from './backend.js';
import { BackendError, UsageError } from './errors.js';
import type { View } from './kernels.js';
import { checkOptions, option } from './options.js';
import { isPrimitive } from './primitives.js';
import { showSpec } from './spec.js';
import { type AnyKernel, type KernelTable, withKernels } from './wrap.js';

/** A run of an op on the second backend. */
export interface Fallback {
  readonly op: string;
  /** Its inputs, as `float32 [2, 3]`. */
  readonly inputs: readonly string[];
  /** Why the first backend did not run it: it lacks the kernel, its kernel declined, or what it threw. */
  readonly reason: string;
}

/** A backend of {@link withFallback}. */
export type WithFallback<T extends AnyBackend> = T & {
  /** How often each op ran on the second backend. */
  readonly fallbacks: ReadonlyMap<string, number>;
};

/**
 * A backend that computes on `first`, and on `second` the ops that `first` cannot: those that it lacks the kernel of or whose kernel
 * declines, if they have no composition, and those whose kernel throws a {@link BackendError}, such as a shape over the device's
 * limit. Their inputs are copied over and their outputs back. Tensors live on `first`.
 *
 * @param options - `onFallback` is told of each run on `second`; by default the first run of each op is printed as a warning.
 * @throws {UsageError} if a backend cannot be read at once, or `second` lacks a dtype of `first`.
 */
export function withFallback<T extends AnyBackend>(
  first: T,
  second: AnyBackend,
  options: { readonly onFallback?: (fallback: Fallback) => void } = {},
): WithFallback<T> {
  checkOptions('withFallback', options, { onFallback: option.function });
  for (const { name, readSync } of [first, second])
    if (!readSync)
      throw new UsageError(`withFallback: backend '${name}' cannot be read at once, so nothing can be copied from it`);
  const lacks = first.dtypes.filter(dtype => !second.dtypes.includes(dtype));
  if (lacks.length > 0) throw new UsageError(`withFallback: backend '${second.name}' has no ${lacks.join(', ')}`);

  const fallbacks = new Map<string, number>();
  const note = (op: string, inputs: readonly View<unknown>[], reason: string): void => {
    const before = fallbacks.get(op) ?? 0;
    fallbacks.set(op, before + 1);
    const fallback = { op, inputs: inputs.map(showSpec), reason };
    if (options.onFallback) options.onFallback(fallback);
    else if (before === 0) console.warn(`cnn: ${op} (${fallback.inputs.join(', ')}) runs on '${second.name}': ${reason}`);
  };
  const theirs = first.kernels as unknown as KernelTable;
  const others = second.kernels as unknown as KernelTable;

  const onSecond: (kernel: AnyKernel) => AnyKernel = kernel => (inputs, attrs, outputs) => {
    const made: unknown[] = [];
    try {
      const copies = inputs.map(({ buffer, shape, dtype }) => {
        const copy = second.write(first.readSync!(buffer, { shape, dtype }), { shape, dtype });
        made.push(copy);
        return { buffer: copy, shape, dtype };
      });
      const results = kernel(
        copies,
        attrs,
        outputs,
        inputs.map(() => false),
      );
      made.push(...(results ?? []));
      return results?.map((buffer, i) => first.write(second.readSync!(buffer, outputs[i]!), outputs[i]!));
    } finally {
      for (const buffer of made) second.free(buffer);
    }
  };
  const kernelOf = (op: string): AnyKernel | undefined => {
    const kernel = theirs[op];
    const other = others[op] && onSecond(others[op]);
    if (!other) return kernel;
    // Without a kernel or when it declines, an op that has a composition runs as that, on the first backend.
    const primitive = isPrimitive(op);
    if (!kernel && !primitive) return undefined;
    return (inputs, attrs, outputs, reuse) => {
      let reason = `backend '${first.name}' ${kernel ? 'declined' : 'lacks the kernel'}`;
      try {
        const results = kernel?.(inputs, attrs, outputs, reuse);
        if (results || !primitive) return results;
      } catch (error) {
        if (!(error instanceof BackendError)) throw error;
        reason = error.message;
      }
      note(op, inputs, reason);
      return other(inputs, attrs, outputs, reuse);
    };
  };
  const table: Record<string, AnyKernel | undefined> = Object.create(null);
  for (const op of new Set([...Object.keys(theirs), ...Object.keys(others)])) {
    const kernel = kernelOf(op);
    if (kernel) table[op] = kernel;
  }
  return Object.defineProperty(withKernels(first, table), 'fallbacks', { value: fallbacks, enumerable: true }) as WithFallback<T>;
}
