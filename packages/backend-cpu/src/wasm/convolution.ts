import type { ConvolutionAttrs, ConvolutionInputGradAttrs, ConvolutionWeightGradAttrs } from '@cnn/tensor';
import { direct } from './convolution-direct.js';
import { type ConvolutionAlgorithm, type Geometry, geometryOf } from './convolution-geometry.js';
import { covering, covers, isPointwise, pointwise } from './convolution-products.js';
import { winograd, winogradPays } from './convolution-winograd.js';
import type { Runtime, WasmKernel } from './kernel.js';

/** Chooses by sizes, the number of images among them, and by what is computed: the same shapes give the same bits. */
export type Choose = (g: Geometry, pass: keyof ConvolutionAlgorithm) => ConvolutionAlgorithm;

/** The fastest way that adds up products as they are. */
export function exactAlgorithm(g: Geometry): ConvolutionAlgorithm {
  if (covers(g)) return covering;
  return isPointwise(g) ? pointwise : direct;
}

/** The fastest way. */
export function fastAlgorithm(g: Geometry, pass: keyof ConvolutionAlgorithm): ConvolutionAlgorithm {
  return winogradPays(g, pass) ? winograd : exactAlgorithm(g);
}

/** Convolution of images and its gradients, in float32, by the algorithms that are chosen. */
export function convolutionBy(choose: (runtime: Runtime) => Choose) {
  const conv2d: WasmKernel<ConvolutionAttrs> = (runtime, [x, weight, bias], attrs, [output]) => {
    if (output!.dtype !== 'float32') return undefined;
    const g = geometryOf(x!.shape, weight!.shape.slice(2), output!.shape, attrs);
    const y = runtime.allocate(output!);
    choose(runtime)(g, 'forward').forward(runtime, g, x!.buffer.pointer, weight!.buffer, bias?.buffer.pointer, y.pointer, false);
    return [y];
  };

  const conv2dInputGrad: WasmKernel<ConvolutionInputGradAttrs> = (runtime, [dy, weight], attrs, [output]) => {
    if (output!.dtype !== 'float32') return undefined;
    const g = geometryOf(output!.shape, weight!.shape.slice(2), dy!.shape, attrs);
    const dx = runtime.allocate(output!);
    choose(runtime)(g, 'inputGrad').inputGrad(runtime, g, dy!.buffer.pointer, weight!.buffer, dx.pointer);
    return [dx];
  };

  const conv2dWeightGrad: WasmKernel<ConvolutionWeightGradAttrs> = (runtime, [x, dy], attrs, [output]) => {
    if (output!.dtype !== 'float32') return undefined;
    const g = geometryOf(x!.shape, attrs.kernelSize, dy!.shape, attrs);
    const dw = runtime.allocate(output!);
    choose(runtime)(g, 'weightGrad').weightGrad(runtime, g, x!.buffer.pointer, dy!.buffer.pointer, dw.pointer);
    return [dw];
  };

  return { conv2d, conv2dInputGrad, conv2dWeightGrad };
}

/** Convolution of images and its gradients, in float32. */
export const convolution = convolutionBy(runtime => (runtime.convolution === 'exact' ? exactAlgorithm : fastAlgorithm));
