import { BackendError } from '@cnn/tensor';
import type { KernelExports } from '../generated/exports.js';
import { nodeModule } from '../node-modules.js';
import { inflate } from './inflate.js';

/** Which of the two modules runs. `relaxed` multiplies and adds in one rounding, so their results differ in the last bits. */
export type Build = 'simd' | 'relaxed';

/** The builds, each a chunk of its own in a bundle: only the one that runs is loaded. */
const builds = {
  simd: () => import('../generated/simd.js'),
  relaxed: () => import('../generated/relaxed.js'),
};

/**
 * Loads and compiles a build of the kernels: `relaxed` where the engine has it, else `simd`, unless one is named.
 *
 * @param shared - Whether its memory will be shared between threads.
 * @throws {BackendError} if the engine has no WASM SIMD, or lacks the build that is named.
 */
export async function loadModule(
  named: Build | undefined,
  shared: boolean,
): Promise<{ build: Build; module: WebAssembly.Module }> {
  const build = named ?? (runs('relaxed') ? 'relaxed' : 'simd');
  if (!runs(build)) {
    throw new BackendError(
      build === 'relaxed'
        ? "cpu: this engine has no relaxed SIMD; use build 'simd'"
        : 'cpu: this engine has no WebAssembly SIMD; use cpuReference() instead',
    );
  }
  const bytes = await inflate((await builds[build]()).kernels);
  if (shared) (await import('../threads/shared-memory.js')).importSharedMemory(bytes);
  return { build, module: await WebAssembly.compile(bytes) };
}

/** An instance of the kernels on a memory. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelExports> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

/** Whether the engine has the instructions of a build. */
function runs(build: Build): boolean {
  if (build === 'simd') return WebAssembly.validate(functionOf(SPLAT));
  const relaxed = functionOf([...SPLAT, ...SPLAT, ...SPLAT, ...RELAXED_MADD]);
  return WebAssembly.validate(relaxed) || (allowRelaxed() && WebAssembly.validate(relaxed));
}

/** `i32.const 0` and `i8x16.splat`, which leave a vector on the stack. */
const SPLAT = [0x41, 0, 0xfd, 0x0f];
/** `f32x4.relaxed_madd`, which makes one of three. */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** The smallest module with some instructions: one function without parameters that gives a vector. */
function functionOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, 5, 1, 0x60, 0, 1, 0x7b];
  const functions = [3, 2, 1, 0];
  const body = [code.length + 2, 0, ...code, 0x0b];
  return Uint8Array.from([...magicAndVersion, ...types, ...functions, 10, body.length + 1, 1, ...body]);
}

/** Node 20 has relaxed SIMD behind a flag; newer engines have it on, and would print an error about the flag. */
function allowRelaxed(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  const v8 = process?.versions?.node?.startsWith('20.') ? nodeModule('node:v8') : undefined;
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return v8 !== undefined;
}
