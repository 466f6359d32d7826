import { BackendError } from '@cnn/tensor';

/** How gpu.js computes: on a GPU by WebGL2, headless GL (WebGL 1, in Node) or WebGPU; on the CPU by WebAssembly or JavaScript. */
export type GpuJsMode = 'webgl2' | 'headlessgl' | 'webgpu' | 'webasm' | 'cpu';

/** A result that lies on a device, as gpu.js gives it; its WebAssembly and CPU modes give a plain Float32Array. */
export interface DeviceArray {
  /** Its numbers, on the host. */
  toArray(): Float32Array | Promise<Float32Array>;
  /** Gives its memory back. */
  delete(): void;
}

/** What a kernel takes and gives. */
export type GpuJsValue = Float32Array | DeviceArray;

/** A compiled function of gpu.js; in WebGPU it gives a promise. */
export interface GpuJsKernel {
  (...values: (GpuJsValue | number)[]): GpuJsValue | Promise<GpuJsValue>;
  readonly kernel: {
    readonly constructor: { readonly mode?: string };
    readonly fallbackReason?: string | null;
  };
  /** Frees its compiled code, and in WebGL its results. */
  destroy(): void;
}

/** What is used of an instance of gpu.js. */
export interface GpuJsInstance {
  /** The kind of kernel of the mode that was asked for. */
  readonly Kernel: unknown;
  /** The WebGL context, where there is one. */
  readonly context: {
    /** Whether the browser has taken the device away. */
    readonly isContextLost?: () => boolean;
  } | null;
  /** Prepares a kernel, which is compiled when it runs first. */
  createKernel(source: string, settings: object): GpuJsKernel;
  /** Frees everything. */
  destroy(): Promise<void>;
}

/** The class `GPU` of gpu.js. */
export type GpuJsConstructor = new (settings: { mode: GpuJsMode }) => GpuJsInstance;

/** The class `GPU` of the gpu.js that is installed. @throws {BackendError} where none is. */
export async function loadGpuJs(): Promise<GpuJsConstructor> {
  let loaded: unknown;
  try {
    loaded = await import('gpu.js');
  } catch (cause) {
    throw new BackendError("gpujs: gpu.js cannot be loaded; install it beside this package: 'npm install gpu.js'", { cause });
  }
  // In Node the module has the class as a property; its build for browsers is the class itself.
  const module = (loaded as { default?: object }).default ?? loaded;
  return ((module as { GPU?: unknown }).GPU ?? module) as GpuJsConstructor;
}
