import type { ConvolutionAttrs, ConvolutionInputGradAttrs, ConvolutionWeightGradAttrs } from '@cnn/tensor';
import { directCost, winogradCost } from './convolution-cost.js';
import { depthwise, isDepthwise } from './convolution-depthwise.js';
import { direct } from './convolution-direct.js';
import { type ConvolutionAlgorithm, type Geometry, geometryOf } from './convolution-geometry.js';
import { covering, covers, isPointwise, pointwise } from './convolution-products.js';
import { isWinograd, transforms, winogradBy } from './convolution-winograd.js';
import type { Runtime, WasmKernel } from './kernel.js';

/** Chooses by sizes, the number of images among them, and by what is computed: the same shapes give the same bits. */
export type Choose = (g: Geometry, pass: keyof ConvolutionAlgorithm) => ConvolutionAlgorithm;

/** The fastest way that adds up products as they are. */
export function exactAlgorithm(g: Geometry): ConvolutionAlgorithm {
  if (covers(g)) return covering;
  if (isPointwise(g)) return pointwise;
  return isDepthwise(g) ? depthwise : direct;
}

/** Winograd's algorithm with each transform. */
export const winogradAlgorithms = [
  { transform: transforms['2x3'], algorithm: winogradBy(transforms['2x3']) },
  { transform: transforms['4x3'], algorithm: winogradBy(transforms['4x3']) },
  { transform: transforms['4x5'], algorithm: winogradBy(transforms['4x5']) },
] as const;

/** The way that costs least. */
export function fastAlgorithm(g: Geometry, pass: keyof ConvolutionAlgorithm): ConvolutionAlgorithm {
  let best = exactAlgorithm(g);
  if (best !== direct) return best;
  let least = Number.POSITIVE_INFINITY;
  for (const { transform, algorithm } of winogradAlgorithms) {
    if (!isWinograd(transform, g) || (pass === 'weightGrad' && transform.tile === 2)) continue;
    least = Math.min(least, directCost(g, pass));
    const cost = winogradCost(transform, g, pass);
    if (cost < least) [best, least] = [algorithm, cost];
  }
  return best;
}

/** Convolution of images and its gradients, in float32, by the algorithms that are chosen. */
export function convolutionBy(choose: (runtime: Runtime) => Choose) {
  const forward =
    (relu: boolean): WasmKernel<ConvolutionAttrs> =>
    (runtime, [x, weight, bias], attrs, [output]) => {
      if (output!.dtype !== 'float32') return undefined;
      const g = geometryOf(x!.shape, weight!.shape.slice(2), output!.shape, attrs);
      const y = runtime.allocate(output!);
      choose(runtime)(g, 'forward').forward(runtime, g, x!.buffer.pointer, weight!.buffer, bias?.buffer.pointer, y.pointer, relu);
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

  return { conv2d: forward(false), conv2dRelu: forward(true), conv2dInputGrad, conv2dWeightGrad };
}

/** Convolution of images and its gradients, in float32. */
export const convolution = convolutionBy(runtime => (runtime.convolution === 'exact' ? exactAlgorithm : fastAlgorithm));
