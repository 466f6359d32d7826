import type { AvgPoolAttrs, AvgPoolGradAttrs, MaxPoolAttrs, MaxPoolGradAttrs, Shape, WindowAttrs } from '@cnn/tensor';
import { rowsWorth } from './grain.js';
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
  const grain = rowsWorth(h * w);
  const arrays = (first: number, count: number) => {
    const [pixel, window] = [4 * h * w * first, 4 * oh * ow * first];
    return [count, x.buffer.pointer + pixel, h, w, values.pointer + window, indices.pointer + window, oh, ow] as const;
  };
  if (isPlain2x2(attrs, x.shape, outputs[0]!.shape)) {
    runtime.over(planes, grain, 'maxPool2x2', (...range) => [...arrays(...range)]);
  } else {
    runtime.over(planes, grain, 'maxPool', (...range) => [
      ...arrays(...range),
      kernelSize[0]!,
      kernelSize[1]!,
      stride[0]!,
      stride[1]!,
      padding[0]![0],
      padding[1]![0],
      dilation[0]!,
      dilation[1]!,
    ]);
  }
  return [values, indices];
};

const maxPool2dGrad: WasmKernel<MaxPoolGradAttrs> = (runtime, inputs, { inputSize }, outputs) => {
  const dy = inputs[0]!;
  const indices = inputs[1]!;
  if (dy.dtype !== 'float32') return undefined;
  const dx = runtime.allocate(outputs[0]!);
  const pixels = inputSize[0]! * inputSize[1]!;
  const windows = dy.shape[2]! * dy.shape[3]!;
  runtime.over(planesOf(dy.shape), rowsWorth(pixels), 'maxPoolGrad', (first, count) => {
    const window = 4 * windows * first;
    const [from, at] = [dy.buffer.pointer + window, indices.buffer.pointer + window];
    return [count, from, at, windows, dx.pointer + 4 * pixels * first, pixels];
  });
  return [dx];
};

/** What the kernels of average pooling are told about the windows. */
const averageWindow = ({ kernelSize, stride, padding, dilation, countIncludePad }: AvgPoolAttrs) =>
  [
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
  ] as const;

const avgPool2d: WasmKernel<AvgPoolAttrs> = (runtime, inputs, attrs, outputs) => {
  const x = inputs[0]!;
  if (x.dtype !== 'float32') return undefined;
  const [, , h, w] = x.shape as [number, number, number, number];
  const [, , oh, ow] = outputs[0]!.shape as [number, number, number, number];
  const planes = planesOf(x.shape);
  const grain = rowsWorth(h * w);
  const y = runtime.allocate(outputs[0]!);
  const arrays = (first: number, count: number) =>
    [count, x.buffer.pointer + 4 * h * w * first, h, w, y.pointer + 4 * oh * ow * first, oh, ow] as const;
  if (isPlain2x2(attrs, x.shape, outputs[0]!.shape)) {
    runtime.over(planes, grain, 'averagePool2x2', (...range) => [...arrays(...range)]);
  } else {
    const window = averageWindow(attrs);
    runtime.over(planes, grain, 'averagePool', (...range) => [...arrays(...range), ...window]);
  }
  return [y];
};

const avgPool2dGrad: WasmKernel<AvgPoolGradAttrs> = (runtime, inputs, attrs, outputs) => {
  const dy = inputs[0]!;
  if (dy.dtype !== 'float32') return undefined;
  const [h, w] = attrs.inputSize as [number, number];
  const [, , oh, ow] = dy.shape as [number, number, number, number];
  const planes = planesOf(dy.shape);
  const grain = rowsWorth(h * w);
  const dx = runtime.allocate(outputs[0]!);
  const arrays = (first: number, count: number) =>
    [count, dy.buffer.pointer + 4 * oh * ow * first, oh, ow, dx.pointer + 4 * h * w * first, h, w] as const;
  if (isPlain2x2(attrs, outputs[0]!.shape, dy.shape)) {
    runtime.over(planes, grain, 'averagePool2x2Grad', (...range) => [...arrays(...range)]);
  } else {
    const window = averageWindow(attrs);
    runtime.over(planes, grain, 'averagePoolGrad', (...range) => [...arrays(...range), ...window]);
  }
  return [dx];
};

/** Pooling over h and w, in float32. */
export const pooling = { maxPool2d, maxPool2dGrad, avgPool2d, avgPool2dGrad };
