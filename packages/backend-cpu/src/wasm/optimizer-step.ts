import { type SgdStepAttrs, sizeOf } from '@cnn/tensor';
import type { CpuBuffer } from '../memory.js';
import type { WasmKernel } from './kernel.js';

/** PyTorch's SGD, over the inputs where they may be reused. */
export const sgdStep: WasmKernel<SgdStepAttrs> = (runtime, inputs, attrs, outputs, reuse) => {
  const parameter = inputs[0]!;
  if (parameter.dtype !== 'float32') return undefined;
  const hasVelocity = attrs.momentum !== 0;
  const gradient = inputs[hasVelocity ? 2 : 1]!.buffer;
  const results: CpuBuffer[] = [];
  for (let i = 0; i < outputs.length; i++) results.push(reuse[i] ? inputs[i]!.buffer : runtime.allocate(outputs[i]!));
  runtime.exports.sgdStep(
    sizeOf(parameter.shape),
    parameter.buffer.pointer,
    hasVelocity ? inputs[1]!.buffer.pointer : 0,
    gradient.pointer,
    results[0]!.pointer,
    hasVelocity ? results[1]!.pointer : 0,
    attrs.learningRate,
    attrs.momentum,
    attrs.first ? 1 : 1 - attrs.dampening,
    attrs.weightDecay,
    attrs.nesterov,
    attrs.first,
  );
  return results;
};
