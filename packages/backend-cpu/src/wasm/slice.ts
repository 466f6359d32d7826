import type { AxesAttrs, AxisAttrs, PadAttrs, SliceAttrs } from '@cnn/tensor';
import { copy, hasFourBytes, offsetOf, stepsOf } from './copy.js';
import type { WasmKernel } from './kernel.js';

const slice: WasmKernel<SliceAttrs> = (runtime, inputs, { start, step }, outputs) => {
  const x = inputs[0]!;
  if (!hasFourBytes(x)) return undefined;
  const { shape } = outputs[0]!;
  const from = stepsOf(x.shape);
  const y = runtime.allocate(outputs[0]!);
  const source = { pointer: x.buffer.pointer + offsetOf(from, start), steps: from.map((bytes, axis) => bytes * step[axis]!) };
  return copy(runtime, shape, source, { pointer: y.pointer, steps: stepsOf(shape) }) ? [y] : undefined;
};

const pad: WasmKernel<PadAttrs> = (runtime, inputs, { padding, interior, value }, outputs) => {
  const x = inputs[0]!;
  if (!hasFourBytes(x)) return undefined;
  const spec = outputs[0]!;
  const to = stepsOf(spec.shape);
  const y = runtime.allocate(spec);
  runtime.memory.view(y, spec).fill(value);
  const target = {
    pointer:
      y.pointer +
      offsetOf(
        to,
        padding.map(([before]) => before),
      ),
    steps: to.map((bytes, axis) => bytes * (interior[axis]! + 1)),
  };
  return copy(runtime, x.shape, { pointer: x.buffer.pointer, steps: stepsOf(x.shape) }, target) ? [y] : undefined;
};

const concat: WasmKernel<AxisAttrs> = (runtime, inputs, { axis }, outputs) => {
  if (!hasFourBytes(inputs[0]!)) return undefined;
  const steps = stepsOf(outputs[0]!.shape);
  const y = runtime.allocate(outputs[0]!);
  let { pointer } = y;
  for (const x of inputs) {
    if (!copy(runtime, x.shape, { pointer: x.buffer.pointer, steps: stepsOf(x.shape) }, { pointer, steps })) return undefined;
    pointer += x.shape[axis]! * steps[axis]!;
  }
  return [y];
};

const flip: WasmKernel<AxesAttrs> = (runtime, inputs, { axes }, outputs) => {
  const x = inputs[0]!;
  if (!hasFourBytes(x)) return undefined;
  const from = stepsOf(x.shape);
  const last = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const y = runtime.allocate(outputs[0]!);
  const source = {
    pointer: x.buffer.pointer + offsetOf(from, last),
    steps: from.map((bytes, axis) => (axes.includes(axis) ? -bytes : bytes)),
  };
  return copy(runtime, x.shape, source, { pointer: y.pointer, steps: from }) ? [y] : undefined;
};

/** Parts of arrays and arrays of parts, in float32 and int32. */
export const slicing = { slice, pad, concat, flip };
