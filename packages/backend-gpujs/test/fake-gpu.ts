/** gpu.js in its CPU mode under another name: with results that lie apart from the host, and faults on demand. */
import type { GpuJsConstructor, GpuJsInstance, GpuJsKernel, GpuJsValue } from '@cnn/backend-gpujs';
import gpu from 'gpu.js';

/** What is asked of the fake. */
export interface FakeOptions {
  /** Kernels whose source this matches throw when they run. */
  readonly failing?: RegExp;
  /** Kernels report another kind than was asked for, as after a fallback. */
  readonly fallsBack?: boolean;
}

/** A stand-in for gpu.js, and what is known of it. */
export interface Fake {
  readonly GPU: GpuJsConstructor;
  /** Whether the browser has taken the device away. */
  lost: boolean;
  /** Results that were made and not deleted. */
  arrays: number;
  /** Kernels that were created. */
  created: number;
  /** Kernels that were destroyed. */
  destroyed: number;
  /** Sources of the kernels that ran. */
  readonly ran: string[];
}

/** As gpu.js does it, WebGPU alone answers later, and a kernel takes its results with it. */
export function fakeGpu({ failing, fallsBack = false }: FakeOptions = {}): Fake {
  const fake: Fake = { GPU: undefined as never, lost: false, arrays: 0, created: 0, destroyed: 0, ran: [] };

  class FakeArray {
    deleted = false;
    readonly values: Float32Array;
    constructor(values: Float32Array) {
      this.values = values;
      fake.arrays++;
    }
    toArray(): Float32Array {
      if (this.deleted) throw new Error('the array was deleted');
      return this.values.slice();
    }
    delete(): void {
      if (this.deleted) throw new Error('the array was deleted before');
      this.deleted = true;
      fake.arrays--;
    }
  }

  class FakeGpu implements GpuJsInstance {
    readonly context = { isContextLost: () => fake.lost };
    readonly Kernel: unknown;
    readonly #later: boolean;
    readonly #gpu = new gpu.GPU({ mode: 'cpu' });

    constructor({ mode }: { mode: string }) {
      this.#later = mode === 'webgpu';
      this.Kernel = fallsBack ? class Other {} : (this.#gpu as unknown as GpuJsInstance).Kernel;
    }

    createKernel(source: string, settings: object): GpuJsKernel {
      fake.created++;
      const real = this.#gpu.createKernel(source as never, settings as never) as unknown as GpuJsKernel;
      const results: FakeArray[] = [];
      const compute = (values: readonly (GpuJsValue | number)[]): GpuJsValue => {
        if (failing?.test(source)) throw new Error('the shader does not compile');
        fake.ran.push(source);
        const taken = values.map(value => (value instanceof FakeArray ? value.toArray() : value));
        const result = new FakeArray(real(...taken) as Float32Array);
        results.push(result);
        return result;
      };
      const kernel = (...values: (GpuJsValue | number)[]) =>
        this.#later ? new Promise<void>(resolve => setImmediate(resolve)).then(() => compute(values)) : compute(values);
      return Object.assign(kernel, {
        kernel: real.kernel,
        destroy() {
          fake.destroyed++;
          for (const result of results) if (!result.deleted) result.delete();
          real.destroy();
        },
      });
    }

    destroy(): Promise<void> {
      return this.#gpu.destroy();
    }
  }
  return Object.assign(fake, { GPU: FakeGpu });
}
