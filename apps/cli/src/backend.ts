import { cpu, cpuReference } from '@cnn/backend-cpu';
import { type AnyBackend, OptionError } from '@cnn/tensor';

/** Makes a backend. */
export type BackendFactory = () => AnyBackend | Promise<AnyBackend>;

/** The backends of this command by name. */
export const standardBackends: Readonly<Record<string, BackendFactory>> = {
  cpu: () => cpu(),
  'cpu:simd': () => cpu({ build: 'simd' }),
  'cpu:relaxed': () => cpu({ build: 'relaxed' }),
  'cpu:reference': () => cpuReference(),
};

/** Opens a backend by name. @throws {OptionError} for an unknown name. */
export async function openBackend(
  name: string,
  backends: Readonly<Record<string, BackendFactory>> = standardBackends,
): Promise<AnyBackend> {
  const make = Object.hasOwn(backends, name) ? backends[name] : undefined;
  if (!make) throw new OptionError('cnn', '--backend', name, Object.keys(backends).join(', '));
  return make();
}

/** What decides the bits of a run beside its arguments. */
export interface BackendBuild {
  readonly backend: string;
  /** Which build of the kernels, where there are several. */
  readonly build: string | null;
  readonly threads: number;
}

/** Describes a backend for comparison with another run's. */
export const buildOf = (backend: AnyBackend): BackendBuild => ({
  backend: backend.name,
  build: 'build' in backend && typeof backend.build === 'string' ? backend.build : null,
  threads: 'threads' in backend && typeof backend.threads === 'number' ? backend.threads : 1,
});
