import { binary } from './binary.js';
import { convolution } from './convolution.js';
import type { WasmKernels } from './kernel.js';
import { matmul } from './matmul.js';
import { normalization } from './normalization.js';
import { optimizerStep } from './optimizer-step.js';
import { pooling } from './pooling.js';
import { reduce } from './reduce.js';
import { shape } from './shape.js';
import { slicing } from './slice.js';
import { softmax } from './softmax.js';
import { unary } from './unary.js';

/** Every WASM kernel, by the op that it computes. */
export const wasmKernels: WasmKernels = {
  ...unary,
  ...binary,
  ...reduce,
  ...softmax,
  ...shape,
  ...slicing,
  ...matmul,
  ...convolution,
  ...pooling,
  ...normalization,
  ...optimizerStep,
};
