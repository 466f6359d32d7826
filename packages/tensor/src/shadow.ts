/** A backend that is checked while it works. */
import { apply } from './apply.js';
import type { AnyBackend } from './backend.js';
import { composites } from './composites.js';
import { BackendError } from './errors.js';
import type { CompositeOps, View } from './kernels.js';
import { currentLabel } from './label.js';
import type { Op } from './op.js';
import { checkOptions, option } from './options.js';
import { isFloat, type Spec, showSpec, type TypedArray } from './spec.js';
import { untaped } from './tape.js';
import { tensor, tidy } from './tensor.js';
import { type AnyKernel, type KernelTable, withKernels } from './wrap.js';

/**
 * A backend each of whose kernels is checked against another backend: both get the same inputs, and the first op whose outputs part
 * is an error that names it, its layer, the shapes and the place. It is slow and copies everything; it is for finding out where a
 * backend, a driver or a kernel of one's own goes wrong.
 *
 * On a backend that can be read at once the error is thrown by the op itself; on others by the next `read` or `flush`. Ops of plugins
 * are not checked where the reference has no kernel for them.
 *
 * @param options - `tolerance`: how far a float may be off, relative to the largest number of its output. Default 1e-4.
 * @example
 * const backend = shadow(await gpujs(), await cpu());
 */
export function shadow<T extends AnyBackend>(
  backend: T,
  reference: AnyBackend,
  options: { readonly tolerance?: number } = {},
): T {
  checkOptions('shadow', options, { tolerance: option.positive });
  const { tolerance = 1e-4 } = options;
  let waiting: Promise<void> = Promise.resolve();

  const watch =
    (name: string, kernel: AnyKernel): AnyKernel =>
    (inputs, attrs, specs, reuse) => {
      const path = currentLabel().path;
      const where = `${name}${path && ` in '${path}'`} of ${inputs.map(showSpec).join(', ') || 'nothing'}`;
      const compare = (before: readonly TypedArray[], after: readonly TypedArray[]): void => {
        const wanted = untaped(() => run(reference, name, inputs, before, attrs, specs));
        wanted?.forEach((want, i) => {
          const fault = faultOf(after[i]!, want, specs[i]!, tolerance);
          if (fault)
            throw new BackendError(`shadow: '${backend.name}' and '${reference.name}' part at ${where}: output ${i} is ${fault}`);
        });
      };
      if (backend.readSync) {
        const before = inputs.map(({ buffer, shape, dtype }) => backend.readSync!(buffer, { shape, dtype }));
        const results = kernel(inputs, attrs, specs, reuse);
        try {
          if (results)
            compare(
              before,
              results.map((buffer, i) => backend.readSync!(buffer, specs[i]!)),
            );
        } catch (error) {
          const given = inputs.map(({ buffer }) => buffer);
          for (const buffer of results ?? []) if (!given.includes(buffer)) backend.free(buffer);
          throw error;
        }
        return results;
      }
      const before = Promise.all(inputs.map(({ buffer, shape, dtype }) => backend.read(buffer, { shape, dtype })));
      const results = kernel(inputs, attrs, specs, reuse);
      const after = results && Promise.all(results.map((buffer, i) => backend.read(buffer, specs[i]!)));
      // A late failure of the backend itself comes out where it would without a shadow.
      const check = Promise.all([before, after]).then(
        ([before, after]) => after && compare(before, after),
        () => {},
      );
      waiting = waiting.then(() => check);
      waiting.catch(() => {});
      return results;
    };

  const table: Record<string, AnyKernel | undefined> = Object.create(null);
  for (const [name, kernel] of Object.entries(backend.kernels as unknown as KernelTable))
    if (kernel) table[name] = watch(name, kernel);
  /** Waits for the checks so far; the first that failed is told once. */
  const checked = async (): Promise<void> => {
    const checks = waiting;
    waiting = Promise.resolve();
    await checks;
  };
  return withKernels(backend, table, {
    read: async (buffer, spec) => {
      const numbers = await backend.read(buffer, spec);
      await checked();
      return numbers;
    },
    flush: async () => {
      await backend.flush();
      await checked();
    },
  });
}

/** The outputs of an op on the reference; undefined if it knows the op neither as a kernel nor as a composition. */
function run(
  reference: AnyBackend,
  name: string,
  inputs: readonly View<unknown>[],
  numbers: readonly TypedArray[],
  attrs: unknown,
  specs: readonly Spec[],
): TypedArray[] | undefined {
  const known = Object.hasOwn(composites, name) ? composites[name as keyof CompositeOps] : undefined;
  const kernel = (reference.kernels as unknown as KernelTable)[name];
  const op = (known ?? (kernel && { name, infer: () => [...specs] })) as Op<unknown> | undefined;
  if (!op) return undefined;
  return tidy(() => {
    const tensors = inputs.map(({ shape, dtype }, i) => tensor(reference, numbers[i]!, { shape, dtype }));
    return apply(op, tensors, attrs, reference).map(y => y.dataSync());
  });
}

/** Where and how an output is off, in words. */
function faultOf(got: TypedArray, want: TypedArray, { shape, dtype }: Spec, tolerance: number): string | undefined {
  let largest = 0;
  for (const number of want) if (Number.isFinite(number)) largest = Math.max(largest, Math.abs(number));
  const bound = isFloat(dtype) ? tolerance * largest : 0;
  const at = want.findIndex(
    (number, i) => !(Object.is(got[i], number) || got[i] === number || Math.abs(got[i]! - number) <= bound),
  );
  return at < 0 ? undefined : `${got[at]} instead of ${want[at]} at ${at} of ${showSpec({ shape, dtype })}`;
}
