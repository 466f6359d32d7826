import { type GpuJsConstructor, gpujs } from '@cnn/backend-gpujs';
import { CnnError, ops, tensor } from '@cnn/tensor';
import { GPU } from 'gpu.js';
import type { LossResult } from './task.js';

/** Takes the WebGL context of a backend away, as a browser does when the driver restarts, and uses the backend. */
export async function loseContext(): Promise<LossResult> {
  const made: GPU[] = [];
  class Watched extends GPU {
    constructor(settings: ConstructorParameters<typeof GPU>[0]) {
      super(settings);
      made.push(this);
    }
  }
  const backend = await gpujs({ mode: 'webgl2', gpu: Watched as unknown as GpuJsConstructor });
  const x = tensor(backend, [1, 2]);
  (made[0]!.context as WebGL2RenderingContext).getExtension('WEBGL_lose_context')!.loseContext();
  try {
    ops.exp(x);
    return { message: 'nothing' };
  } catch (error) {
    return { message: error instanceof CnnError ? `${error.name}: ${error.message}` : `a fault: ${error}` };
  }
}
