import {
  type Backend,
  BackendError,
  checkOptions,
  type DType,
  DTypeError,
  option,
  ShapeError,
  type Spec,
  showSpec,
  sizeOf,
} from '@cnn/tensor';
import { Device, type GpuJsBuffer } from './device.js';
import { kernelTable } from './kernel-table.js';
import { type GpuJsConstructor, type GpuJsMode, loadGpuJs } from './library.js';

/** Options of {@link gpujs}. */
export interface GpuJsOptions {
  /** How gpu.js computes. Default: the first of webgl2, headlessgl, webgpu, webasm and cpu that works here. */
  readonly mode?: GpuJsMode;
  /** How many kernels stay compiled; the one used longest ago goes first. Default 1000. */
  readonly kernelCache?: number;
  /** The class `GPU` of gpu.js, where a page has loaded it by a script tag. Default: that of the package `gpu.js`. */
  readonly gpu?: GpuJsConstructor;
}

/** What compiling has cost so far. */
export interface CompileStats {
  /** How many kernels were compiled, those that left the cache among them. */
  readonly kernels: number;
  /** How long that took, the first run of each included. */
  readonly milliseconds: number;
}

/** The gpu.js backend. */
export interface GpuJs extends Backend<GpuJsBuffer> {
  /** The mode that really computes. */
  readonly mode: GpuJsMode;
  /** Buffers that are allocated and not freed. */
  live(): number;
  /** What compiling has cost so far. */
  compileStats(): CompileStats;
}

/** Best first. */
const modes: readonly GpuJsMode[] = ['webgl2', 'headlessgl', 'webgpu', 'webasm', 'cpu'];

/** All are held as float32, whole numbers exactly below 2^24. */
const dtypes: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];

/**
 * A backend on gpu.js. Tensors stay on the device between ops; only what is read comes back. Every op is compiled when it first runs with
 * given shapes and attributes.
 *
 * @throws {OptionError} for an unknown or impossible option.
 * @throws {BackendError} if gpu.js is not installed, or the mode does not work here; the message says why.
 */
export async function gpujs(options: GpuJsOptions = {}): Promise<GpuJs> {
  checkOptions('gpujs', options, { mode: option.oneOf(...modes), kernelCache: option.count, gpu: option.any });
  const constructor = options.gpu ?? (await loadGpuJs());
  const reasons: string[] = [];
  for (const mode of options.mode ? [options.mode] : modes) {
    try {
      return backendOn(await start(constructor, mode), mode, options.kernelCache ?? 1000);
    } catch (cause) {
      reasons.push(`'${mode}' does not work here: ${(cause as Error).message}`);
    }
  }
  throw new BackendError(`gpujs: mode ${reasons.join('; ')}`);
}

/** A device of this mode that has computed something right. */
async function start(constructor: GpuJsConstructor, mode: GpuJsMode): Promise<Device> {
  const device = new Device(new constructor({ mode }), mode);
  try {
    const double = device.program('function(x) { return x[this.thread.x] * 2; }', 3);
    const x = device.write(Float32Array.of(1, -2, 0.25));
    const y = device.launch('a test of the device', double, [x]);
    const numbers = await device.read(y, { shape: [3], dtype: 'float32' });
    if (numbers.join() !== '2,-4,0.5') throw new BackendError(`2 times [1, -2, 0.25] gave [${numbers.join(', ')}]`);
    device.free(x);
    device.free(y);
    device.evict(double);
    return device;
  } catch (cause) {
    await device.dispose();
    throw cause;
  }
}

function backendOn(device: Device, mode: GpuJsMode, kernelCache: number): GpuJs {
  return {
    name: device.name,
    mode,
    dtypes,
    kernels: kernelTable(device, kernelCache),
    write(data, spec) {
      if (data.length !== sizeOf(spec.shape))
        throw new ShapeError(`${device.name}: ${data.length} numbers for ${showSpec(spec)}`);
      if (!dtypes.includes(spec.dtype)) throw new DTypeError(`${device.name}: there is no ${spec.dtype} here; use float32`);
      return device.write(data);
    },
    read: (buffer, spec) => device.read(buffer, spec),
    ...(mode !== 'webgpu' && { readSync: (buffer: GpuJsBuffer, spec: Spec) => device.readSync(buffer, spec) }),
    free: buffer => device.free(buffer),
    flush: () => device.flush(),
    dispose: () => device.dispose(),
    live: () => device.live,
    compileStats: () => ({ kernels: device.compiled, milliseconds: device.milliseconds }),
  };
}
