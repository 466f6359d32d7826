import type { ConvolutionAttrs, ConvolutionInputGradAttrs, ConvolutionWeightGradAttrs } from '@cnn/tensor';
import { direct } from './convolution-direct.js';
import { type ConvolutionAlgorithm, type Geometry, geometryOf } from './convolution-geometry.js';
import { covering, covers, isPointwise, pointwise } from './convolution-products.js';
import type { WasmKernel } from './kernel.js';

/** The fastest way for these sizes. Nothing else decides, so that the same shapes give the same bits. */
function algorithmFor(g: Geometry): ConvolutionAlgorithm {
  if (covers(g)) return covering;
  return isPointwise(g) ? pointwise : direct;
}

const conv2d: WasmKernel<ConvolutionAttrs> = (runtime, [x, weight, bias], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(x!.shape, weight!.shape.slice(2), output!.shape, attrs);
  const y = runtime.allocate(output!);
  algorithmFor(g).forward(runtime, g, x!.buffer.pointer, weight!.buffer.pointer, bias?.buffer.pointer, y.pointer);
  return [y];
};

const conv2dInputGrad: WasmKernel<ConvolutionInputGradAttrs> = (runtime, [dy, weight], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(output!.shape, weight!.shape.slice(2), dy!.shape, attrs);
  const dx = runtime.allocate(output!);
  algorithmFor(g).inputGrad(runtime, g, dy!.buffer.pointer, weight!.buffer.pointer, dx.pointer);
  return [dx];
};

const conv2dWeightGrad: WasmKernel<ConvolutionWeightGradAttrs> = (runtime, [x, dy], attrs, [output]) => {
  if (output!.dtype !== 'float32') return undefined;
  const g = geometryOf(x!.shape, attrs.kernelSize, dy!.shape, attrs);
  const dw = runtime.allocate(output!);
  algorithmFor(g).weightGrad(runtime, g, x!.buffer.pointer, dy!.buffer.pointer, dw.pointer);
  return [dw];
};

/** Convolution of images and its gradients, in float32. */
export const convolution = { conv2d, conv2dInputGrad, conv2dWeightGrad };
