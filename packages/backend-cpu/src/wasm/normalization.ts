import type { NormAttrs, Shape } from '@cnn/tensor';
import type { WasmKernel } from './kernel.js';

/** How many elements of [n, c, ...] lie side by side in one channel. */
function innerOf(shape: Shape): number {
  let inner = 1;
  for (let axis = 2; axis < shape.length; axis++) inner *= shape[axis]!;
  return inner;
}

const batchNorm: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [x, weight, bias] = inputs;
  if (x!.dtype !== 'float32') return undefined;
  const y = runtime.allocate(outputs[0]!);
  const mean = runtime.allocate(outputs[1]!);
  const variance = runtime.allocate(outputs[2]!);
  runtime.exports.batchNorm(
    x!.shape[0]!,
    x!.shape[1]!,
    innerOf(x!.shape),
    x!.buffer.pointer,
    weight!.buffer.pointer,
    bias!.buffer.pointer,
    epsilon,
    runtime.scratch(16),
    y.pointer,
    mean.pointer,
    variance.pointer,
  );
  return [y, mean, variance];
};

const batchNormInference: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [x, weight, bias, mean, variance] = inputs;
  if (x!.dtype !== 'float32') return undefined;
  const y = runtime.allocate(outputs[0]!);
  runtime.exports.batchNormInference(
    x!.shape[0]!,
    x!.shape[1]!,
    innerOf(x!.shape),
    x!.buffer.pointer,
    weight!.buffer.pointer,
    bias!.buffer.pointer,
    mean!.buffer.pointer,
    variance!.buffer.pointer,
    epsilon,
    y.pointer,
  );
  return [y];
};

const batchNormGrad: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [dy, x, weight, mean, variance] = inputs;
  if (x!.dtype !== 'float32') return undefined;
  const dx = runtime.allocate(outputs[0]!);
  const dweight = runtime.allocate(outputs[1]!);
  const dbias = runtime.allocate(outputs[2]!);
  runtime.exports.batchNormGrad(
    x!.shape[0]!,
    x!.shape[1]!,
    innerOf(x!.shape),
    dy!.buffer.pointer,
    x!.buffer.pointer,
    weight!.buffer.pointer,
    mean!.buffer.pointer,
    variance!.buffer.pointer,
    epsilon,
    runtime.scratch(24),
    dx.pointer,
    dweight.pointer,
    dbias.pointer,
  );
  return [dx, dweight, dbias];
};

/** Batch normalisation, in float32. */
export const normalization = { batchNorm, batchNormInference, batchNormGrad };
