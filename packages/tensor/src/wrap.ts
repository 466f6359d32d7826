/** Backends made of another backend and other kernels. */
import type { AnyBackend } from './backend.js';
import type { Kernel } from './kernels.js';

/** A kernel of whatever op. */
export type AnyKernel = Kernel<unknown, unknown>;
/** A kernel table, looked up by name. */
export type KernelTable = Readonly<Record<string, AnyKernel | undefined>>;

/** A backend with another kernel table, and other methods where some are given. All else is the given backend's, as it is when it is asked for. */
export function withKernels<T extends AnyBackend>(backend: T, kernels: KernelTable, methods: Partial<AnyBackend> = {}): T {
  const wrapper: Record<PropertyKey, unknown> = { ...methods, kernels };
  for (let owner: object = backend; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const key of Reflect.ownKeys(owner)) {
      if (Object.hasOwn(wrapper, key)) continue;
      const value: unknown = Object.getOwnPropertyDescriptor(owner, key)!.value;
      // Methods run on the backend itself, whose private fields the wrapper does not have.
      const forwarded = typeof value === 'function' ? { value: value.bind(backend) } : { get: () => backend[key as keyof T] };
      Object.defineProperty(wrapper, key, { enumerable: true, ...forwarded });
    }
  }
  return wrapper as unknown as T;
}
