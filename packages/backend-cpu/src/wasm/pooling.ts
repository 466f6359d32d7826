import type { AvgPoolAttrs, AvgPoolGradAttrs, MaxPoolAttrs, MaxPoolGradAttrs, Shape, WindowAttrs } from '@cnn/tensor';
import type { WasmKernel } from './kernel.js';

/** How many images of one channel [n, c, h, w] holds. */
const planesOf = (shape: Shape): number => shape[0]! * shape[1]!;

/** Windows of 2 x 2 side by side inside of the image, in rows that are long enough for vectors of four of them. */
const isPlain2x2 = ({ kernelSize, stride, padding, dilation }: WindowAttrs, x: Shape, y: Shape): boolean =>
  kernelSize[0] === 2 &&
  kernelSize[1] === 2 &&
  stride[0] === 2 &&
  stride[1] === 2 &&
  padding[0]![0] === 0 &&
  padding[1]![0] === 0 &&
  dilation[0] === 1 &&
  dilation[1] === 1 &&
  y[3]! >= 4 &&
  2 * y[2]! <= x[2]! &&
  2 * y[3]! <= x[3]!;

const maxPool2d: WasmKernel<MaxPoolAttrs> = (runtime, inputs, attrs, outputs) => {
  const x = inputs[0]!;
  if (x.dtype !== 'float32') return undefined;
  const [, , h, w] = x.shape as [number, number, number, number];
  const [, , oh, ow] = outputs[0]!.shape as [number, number, number, number];
  const { kernelSize, stride, padding, dilation } = attrs;
  const values = runtime.allocate(outputs[0]!);
  const indices = runtime.allocate(outputs[1]!);
  const planes = planesOf(x.shape);
  if (isPlain2x2(attrs, x.shape, outputs[0]!.shape)) {
    runtime.exports.maxPool2x2(planes, x.buffer.pointer, h, w, values.pointer, indices.pointer, oh, ow);
  } else {
    runtime.exports.maxPool(
      planes,
      x.buffer.pointer,
      h,
      w,
      values.pointer,
      indices.pointer,
      oh,
      ow,
      kernelSize[0]!,
      kernelSize[1]!,
      stride[0]!,
      stride[1]!,
      padding[0]![0],
      padding[1]![0],
      dilation[0]!,
      dilation[1]!,
    );
  }
  return [values, indices];
};

const maxPool2dGrad: WasmKernel<MaxPoolGradAttrs> = (runtime, inputs, { inputSize }, outputs) => {
  const dy = inputs[0]!;
  const indices = inputs[1]!;
  if (dy.dtype !== 'float32') return undefined;
  const planes = planesOf(dy.shape);
  const dx = runtime.allocate(outputs[0]!);
  const pixels = inputSize[0]! * inputSize[1]!;
  const windows = dy.shape[2]! * dy.shape[3]!;
  runtime.exports.maxPoolGrad(planes, dy.buffer.pointer, indices.buffer.pointer, windows, dx.pointer, pixels);
  return [dx];
};

const avgPool2d: WasmKernel<AvgPoolAttrs> = (runtime, inputs, attrs, outputs) => {
  const x = inputs[0]!;
  if (x.dtype !== 'float32') return undefined;
  const [, , h, w] = x.shape as [number, number, number, number];
  const [, , oh, ow] = outputs[0]!.shape as [number, number, number, number];
  const { kernelSize, stride, padding, dilation, countIncludePad } = attrs;
  const planes = planesOf(x.shape);
  const y = runtime.allocate(outputs[0]!);
  if (isPlain2x2(attrs, x.shape, outputs[0]!.shape)) {
    runtime.exports.averagePool2x2(planes, x.buffer.pointer, h, w, y.pointer, oh, ow);
  } else {
    runtime.exports.averagePool(
      planes,
      x.buffer.pointer,
      h,
      w,
      y.pointer,
      oh,
      ow,
      kernelSize[0]!,
      kernelSize[1]!,
      stride[0]!,
      stride[1]!,
      padding[0]![0],
      padding[0]![1],
      padding[1]![0],
      padding[1]![1],
      dilation[0]!,
      dilation[1]!,
      countIncludePad,
    );
  }
  return [y];
};

const avgPool2dGrad: WasmKernel<AvgPoolGradAttrs> = (runtime, inputs, attrs, outputs) => {
  const dy = inputs[0]!;
  if (dy.dtype !== 'float32') return undefined;
  const { kernelSize, stride, padding, dilation, countIncludePad, inputSize } = attrs;
  const dx = runtime.allocate(outputs[0]!);
  runtime.exports.averagePoolGrad(
    planesOf(dy.shape),
    dy.buffer.pointer,
    dy.shape[2]!,
    dy.shape[3]!,
    dx.pointer,
    inputSize[0]!,
    inputSize[1]!,
    kernelSize[0]!,
    kernelSize[1]!,
    stride[0]!,
    stride[1]!,
    padding[0]![0],
    padding[0]![1],
    padding[1]![0],
    padding[1]![1],
    dilation[0]!,
    dilation[1]!,
    countIncludePad,
  );
  return [dx];
};

/** Pooling over h and w, in float32. */
export const pooling = { maxPool2d, maxPool2dGrad, avgPool2d, avgPool2dGrad };
