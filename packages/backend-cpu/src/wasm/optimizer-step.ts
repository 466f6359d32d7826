import { type AdadeltaStepAttrs, type AdamStepAttrs, type SgdStepAttrs, type Spec, sizeOf, type View } from '@cnn/tensor';
import type { CpuBuffer } from '../memory.js';
import { GRAIN } from './grain.js';
import type { Runtime, WasmKernel } from './kernel.js';

/** A buffer for each output: the input's own where it may be reused. */
function targets(
  runtime: Runtime,
  inputs: readonly View<CpuBuffer>[],
  outputs: readonly Spec[],
  reuse: readonly boolean[],
): CpuBuffer[] {
  const buffers: CpuBuffer[] = [];
  for (let i = 0; i < outputs.length; i++) buffers.push(reuse[i] ? inputs[i]!.buffer : runtime.allocate(outputs[i]!));
  return buffers;
}

/** PyTorch's SGD. Without momentum there is no velocity. */
const sgdStep: WasmKernel<SgdStepAttrs> = (runtime, inputs, attrs, outputs, reuse) => {
  const parameter = inputs[0]!;
  if (parameter.dtype !== 'float32') return undefined;
  const hasVelocity = attrs.momentum !== 0;
  const results = targets(runtime, inputs, outputs, reuse);
  runtime.over(sizeOf(parameter.shape), GRAIN, 'sgdStep', (first, count) => [
    count,
    parameter.buffer.pointer + 4 * first,
    hasVelocity ? inputs[1]!.buffer.pointer + 4 * first : 0,
    inputs[hasVelocity ? 2 : 1]!.buffer.pointer + 4 * first,
    results[0]!.pointer + 4 * first,
    hasVelocity ? results[1]!.pointer + 4 * first : 0,
    attrs.learningRate,
    attrs.momentum,
    1 - attrs.dampening,
    attrs.weightDecay,
    attrs.nesterov,
    attrs.first,
  ]);
  return results;
};

/** PyTorch's Adam and AdamW. What does not depend on the element is computed here, in double. */
const adamStep: WasmKernel<AdamStepAttrs> = (runtime, inputs, attrs, outputs, reuse) => {
  const parameter = inputs[0]!;
  if (parameter.dtype !== 'float32') return undefined;
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = attrs;
  const results = targets(runtime, inputs, outputs, reuse);
  runtime.over(sizeOf(parameter.shape), GRAIN, 'adamStep', (first, count) => [
    count,
    parameter.buffer.pointer + 4 * first,
    inputs[1]!.buffer.pointer + 4 * first,
    inputs[2]!.buffer.pointer + 4 * first,
    inputs[3]!.buffer.pointer + 4 * first,
    results[0]!.pointer + 4 * first,
    results[1]!.pointer + 4 * first,
    results[2]!.pointer + 4 * first,
    decoupled ? 1 - learningRate * weightDecay : 1,
    decoupled ? 0 : weightDecay,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / Math.sqrt(1 - beta2 ** step),
    epsilon,
    learningRate / (1 - beta1 ** step),
  ]);
  return results;
};

/** PyTorch's Adadelta. */
const adadeltaStep: WasmKernel<AdadeltaStepAttrs> = (runtime, inputs, attrs, outputs, reuse) => {
  const parameter = inputs[0]!;
  if (parameter.dtype !== 'float32') return undefined;
  const results = targets(runtime, inputs, outputs, reuse);
  runtime.over(sizeOf(parameter.shape), GRAIN, 'adadeltaStep', (first, count) => [
    count,
    parameter.buffer.pointer + 4 * first,
    inputs[1]!.buffer.pointer + 4 * first,
    inputs[2]!.buffer.pointer + 4 * first,
    inputs[3]!.buffer.pointer + 4 * first,
    results[0]!.pointer + 4 * first,
    results[1]!.pointer + 4 * first,
    results[2]!.pointer + 4 * first,
    attrs.weightDecay,
    attrs.rho,
    1 - attrs.rho,
    attrs.epsilon,
    attrs.learningRate,
  ]);
  return results;
};

/** Fused optimizer steps, in float32. */
export const optimizerStep = { sgdStep, adamStep, adadeltaStep };
