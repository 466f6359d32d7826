/** A backend without numbers, for working out shapes and costs. */
import type { Backend } from './backend.js';
import { BackendError } from './errors.js';
import type { Kernel, Kernels, View } from './kernels.js';
import type { DType, Spec } from './spec.js';

/** A buffer of the shapes-only backend: there is nothing in it. */
export interface NoBuffer {
  readonly spec: Spec;
}

/** What one run of an op looked like. */
export interface ObservedOp {
  readonly name: string;
  readonly inputs: readonly Spec[];
  readonly attrs: unknown;
  readonly outputs: readonly Spec[];
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/**
 * A backend that has every kernel and computes nothing: a model run on it gives its shapes, in no time and without memory.
 *
 * @param options - `observe` is told each op that runs. `runs` says of an op's name whether there is a kernel for it (default: all);
 * an op without one runs as the ops it is composed of, so that a cost that is known for primitives is known for all.
 */
export function shapesBackend({
  observe,
  runs = () => true,
}: {
  observe?: (op: ObservedOp) => void;
  runs?: (name: string) => boolean;
} = {}): Backend<NoBuffer> {
  const kernel =
    (name: string): Kernel<NoBuffer, unknown> =>
    (inputs: readonly View<NoBuffer>[], attrs, outputs) => {
      observe?.({ name, inputs, attrs, outputs });
      return outputs.map(spec => ({ spec }));
    };
  const made = new Map<string, Kernel<NoBuffer, unknown>>();
  const kernels = new Proxy(Object.create(null), {
    get(_, name) {
      if (typeof name !== 'string' || !runs(name)) return undefined;
      const found = made.get(name) ?? kernel(name);
      made.set(name, found);
      return found;
    },
  }) as Kernels<NoBuffer>;
  const noNumbers = (): never => {
    throw new BackendError("backend 'shapes' holds no numbers; run the model on a backend that computes");
  };
  return {
    name: 'shapes',
    dtypes,
    write: (_, spec) => ({ spec }),
    read: async () => noNumbers(),
    free: () => {},
    flush: async () => {},
    kernels,
    dispose: async () => {},
  };
}
