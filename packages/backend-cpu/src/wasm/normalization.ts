import type { NormAttrs, Shape } from '@cnn/tensor';
import { rowsWorth } from './grain.js';
import type { WasmKernel } from './kernel.js';

/** How many elements of [n, c, ...] lie side by side in one channel. */
function innerOf(shape: Shape): number {
  let inner = 1;
  for (let axis = 2; axis < shape.length; axis++) inner *= shape[axis]!;
  return inner;
}

const batchNorm: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [x, weight, bias] = inputs.map(({ buffer }) => buffer.pointer) as [number, number, number];
  const { dtype, shape } = inputs[0]!;
  if (dtype !== 'float32') return undefined;
  const [n, c] = shape as [number, number];
  const inner = innerOf(shape);
  const results = outputs.map(runtime.allocate);
  const [y, mean, variance] = results.map(({ pointer }) => pointer) as [number, number, number];
  runtime.over(c, rowsWorth(n * inner), 'batchNorm', (first, count) => {
    const [image, channel] = [4 * inner * first, 4 * first];
    const totals = runtime.scratch(16);
    const numbers = [x + image, weight + channel, bias + channel] as const;
    return [n, c, count, inner, ...numbers, epsilon, totals, y + image, mean + channel, variance + channel];
  });
  return results;
};

const batchNormInference: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [x, ...statistics] = inputs.map(({ buffer }) => buffer.pointer) as [number, number, number, number, number];
  const { dtype, shape } = inputs[0]!;
  if (dtype !== 'float32') return undefined;
  const [n, c] = shape as [number, number];
  const inner = innerOf(shape);
  const y = runtime.allocate(outputs[0]!);
  runtime.over(c, rowsWorth(n * inner), 'batchNormInference', (first, count) => {
    const [image, channel] = [4 * inner * first, 4 * first];
    const [weight, bias, mean, variance] = statistics;
    const numbers = [x + image, weight + channel, bias + channel, mean + channel, variance + channel] as const;
    return [n, c, count, inner, ...numbers, epsilon, y.pointer + image];
  });
  return [y];
};

const batchNormGrad: WasmKernel<NormAttrs> = (runtime, inputs, { epsilon }, outputs) => {
  const [dy, x, ...statistics] = inputs.map(({ buffer }) => buffer.pointer) as [number, number, number, number, number];
  const { dtype, shape } = inputs[1]!;
  if (dtype !== 'float32') return undefined;
  const [n, c] = shape as [number, number];
  const inner = innerOf(shape);
  const results = outputs.map(runtime.allocate);
  const [dx, dweight, dbias] = results.map(({ pointer }) => pointer) as [number, number, number];
  runtime.over(c, rowsWorth(n * inner), 'batchNormGrad', (first, count) => {
    const [image, channel] = [4 * inner * first, 4 * first];
    const totals = runtime.scratch(24);
    const [weight, mean, variance] = statistics;
    const numbers = [dy + image, x + image, weight + channel, mean + channel, variance + channel] as const;
    return [n, c, count, inner, ...numbers, epsilon, totals, dx + image, dweight + channel, dbias + channel];
  });
  return results;
};

/** Batch normalisation, in float32. */
export const normalization = { batchNorm, batchNormInference, batchNormGrad };
