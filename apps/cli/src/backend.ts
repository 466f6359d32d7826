import { cpu, cpuReference } from '@cnn/backend-cpu';
import type { GpuJsMode } from '@cnn/backend-gpujs';
import { type AnyBackend, OptionError } from '@cnn/tensor';

/** What the command line says of a backend beside its name. */
export interface BackendSettings {
  /** How many threads compute. Default 1. */
  readonly threads?: number;
}

/** Makes a backend. One that has no threads does not heed their number. */
export type BackendFactory = (settings: BackendSettings) => AnyBackend | Promise<AnyBackend>;

/** The backends of this command by name. */
export const standardBackends: Readonly<Record<string, BackendFactory>> = {
  cpu: settings => cpu(settings),
  'cpu:simd': settings => cpu({ ...settings, build: 'simd' }),
  'cpu:relaxed': settings => cpu({ ...settings, build: 'relaxed' }),
  'cpu:reference': () => cpuReference(),
  gpujs: () => gpuJs(),
  'gpujs:webgl2': () => gpuJs('webgl2'),
  'gpujs:headlessgl': () => gpuJs('headlessgl'),
  'gpujs:webgpu': () => gpuJs('webgpu'),
  'gpujs:webasm': () => gpuJs('webasm'),
  'gpujs:cpu': () => gpuJs('cpu'),
};

/** gpu.js in a mode, by default the best that works. It is loaded where it is asked for. */
async function gpuJs(mode?: GpuJsMode): Promise<AnyBackend> {
  const { gpujs } = await import('@cnn/backend-gpujs');
  return gpujs(mode ? { mode } : {});
}

/** Opens a backend by name. @throws {OptionError} for an unknown name, and for threads that it does not have. */
export async function openBackend(
  name: string,
  backends: Readonly<Record<string, BackendFactory>> = standardBackends,
  settings: BackendSettings = {},
): Promise<AnyBackend> {
  const make = Object.hasOwn(backends, name) ? backends[name] : undefined;
  if (!make) throw new OptionError('cnn', '--backend', name, Object.keys(backends).join(', '));
  const backend = await make(settings);
  const { threads } = buildOf(backend);
  if (settings.threads !== undefined && threads !== settings.threads)
    throw new OptionError('cnn', '--threads', settings.threads, `${threads} with --backend ${name}`);
  return backend;
}

/** What decides the bits of a run beside its arguments. */
export interface BackendBuild {
  readonly backend: string;
  /** Which build of the kernels, or which mode, where there are several. */
  readonly build: string | null;
  readonly threads: number;
}

/** Describes a backend for comparison with another run's. */
export const buildOf = (backend: AnyBackend): BackendBuild => ({
  backend: backend.name,
  build: stringIn(backend, 'build') ?? stringIn(backend, 'mode'),
  threads: 'threads' in backend && typeof backend.threads === 'number' ? backend.threads : 1,
});

const stringIn = (backend: AnyBackend, key: string): string | null => {
  const value: unknown = (backend as unknown as Record<string, unknown>)[key];
  return typeof value === 'string' ? value : null;
};
