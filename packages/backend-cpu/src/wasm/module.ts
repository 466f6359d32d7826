import { BackendError } from '@cnn/tensor';
import type { KernelExports } from '../generated/exports.js';
import * as relaxed from '../generated/relaxed.js';
import * as simd from '../generated/simd.js';

/** Which of the two modules runs. `relaxed` multiplies and adds in one rounding, so their results differ in the last bits. */
export type Build = 'simd' | 'relaxed';

const builds = { simd, relaxed };

/**
 * Decodes and compiles a build of the kernels: `relaxed` where the engine has it, else `simd`, unless one is named.
 *
 * @throws {BackendError} if the engine has no WASM SIMD, or lacks the build that is named.
 */
export async function loadModule(named?: Build): Promise<{ build: Build; module: WebAssembly.Module }> {
  for (const build of named ? [named] : (['relaxed', 'simd'] as const)) {
    const bytes = decode(builds[build].base64);
    if (WebAssembly.validate(bytes) || (build === 'relaxed' && allowRelaxed() && WebAssembly.validate(bytes))) {
      return { build, module: await WebAssembly.compile(bytes) };
    }
  }
  throw new BackendError(
    named === 'relaxed'
      ? "cpu: this engine has no relaxed SIMD; use build 'simd'"
      : 'cpu: this engine has no WebAssembly SIMD; use cpuReference() instead',
  );
}

/** An instance of the kernels on a memory. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelExports> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}

/** What is used of Node's `process`, of which browsers have none. */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'node:v8'): { setFlagsFromString(flags: string): void };
}

/** Node 20 has relaxed SIMD behind a flag; newer engines have it on, and would print an error about the flag. */
function allowRelaxed(): boolean {
  const { process } = globalThis as { process?: NodeProcess };
  if (!process?.versions?.node?.startsWith('20.') || !process.getBuiltinModule) return false;
  process.getBuiltinModule('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  return true;
}
