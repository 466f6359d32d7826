import type { WasmKernels } from './kernel.js';
import { sgdStep } from './optimizer-step.js';

/** Every WASM kernel, by the op that it computes. */
export const wasmKernels: WasmKernels = { sgdStep };
