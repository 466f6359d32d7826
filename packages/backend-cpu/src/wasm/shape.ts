import type { PermuteAttrs, ShapeAttrs } from '@cnn/tensor';
import { copy, hasFourBytes, stepsOf } from './copy.js';
import type { WasmKernel } from './kernel.js';

const permute: WasmKernel<PermuteAttrs> = (runtime, inputs, { order }, outputs) => {
  const x = inputs[0]!;
  if (!hasFourBytes(x)) return undefined;
  const { shape } = outputs[0]!;
  const from = stepsOf(x.shape);
  const y = runtime.allocate(outputs[0]!);
  const source = { pointer: x.buffer.pointer, steps: order.map(axis => from[axis]!) };
  return copy(runtime, shape, source, { pointer: y.pointer, steps: stepsOf(shape) }) ? [y] : undefined;
};

const broadcastTo: WasmKernel<ShapeAttrs> = (runtime, inputs, _, outputs) => {
  const x = inputs[0]!;
  if (!hasFourBytes(x)) return undefined;
  const { shape } = outputs[0]!;
  const from = stepsOf(x.shape);
  const lead = shape.length - x.shape.length;
  const y = runtime.allocate(outputs[0]!);
  const source = {
    pointer: x.buffer.pointer,
    steps: shape.map((_, axis) => (axis < lead || x.shape[axis - lead] === 1 ? 0 : from[axis - lead]!)),
  };
  return copy(runtime, shape, source, { pointer: y.pointer, steps: stepsOf(shape) }) ? [y] : undefined;
};

/** Another order or repetition of the elements, in float32 and int32. */
export const shape = { permute, broadcastTo };
