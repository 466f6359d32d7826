/** Where the numbers are computed. */
import { type Cpu, cpu } from '@cnn/backend-cpu';
import type { AnyBackend } from '@cnn/tensor';
import type { Abilities, BackendChoice, BackendInfo } from '../protocol.js';

/** A backend that is open. */
export interface OpenBackend extends BackendInfo {
  readonly backend: AnyBackend;
}

/** What this browser, or Node, can compute with. */
export function abilities(): Abilities {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? false;
  return { threads: isolated ? navigator.hardwareConcurrency : 1, webgl2: hasWebGl2() };
}

function hasWebGl2(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

/** @throws {BackendError} where this browser cannot. */
export async function openBackend(choice: BackendChoice): Promise<OpenBackend> {
  if (choice.kind === 'cpu') {
    const backend: Cpu = await cpu({ threads: choice.threads });
    const threads = backend.threads === 1 ? '1 thread' : `${backend.threads} threads`;
    return { choice, backend, name: `CPU, WebAssembly, ${threads}` };
  }
  const { gpujs } = await import('@cnn/backend-gpujs');
  const backend = await gpujs({ mode: 'webgl2' });
  return { choice, backend, name: 'GPU, gpu.js in WebGL2' };
}
