import { type None, sizeOf, type UnaryName } from '@cnn/tensor';
import type { KernelExports } from '../generated/exports.js';
import { GRAIN } from './grain.js';
import type { WasmKernel } from './kernel.js';

type Name = Extract<UnaryName, keyof KernelExports>;

const kernel =
  (name: Name): WasmKernel<None> =>
  (runtime, inputs, _, outputs) => {
    const x = inputs[0]!;
    if (x.dtype !== 'float32') return undefined;
    const y = runtime.allocate(outputs[0]!);
    const from = x.buffer.pointer;
    const to = y.pointer;
    runtime.over(sizeOf(x.shape), GRAIN, name, (first, count) => [count, from + 4 * first, to + 4 * first]);
    return [y];
  };

/** Functions of one number, in float32. */
export const unary = {
  neg: kernel('neg'),
  abs: kernel('abs'),
  square: kernel('square'),
  sqrt: kernel('sqrt'),
  rsqrt: kernel('rsqrt'),
  reciprocal: kernel('reciprocal'),
  floor: kernel('floor'),
  ceil: kernel('ceil'),
  round: kernel('round'),
  relu: kernel('relu'),
  exp: kernel('exp'),
  log: kernel('log'),
  sigmoid: kernel('sigmoid'),
  tanh: kernel('tanh'),
};
