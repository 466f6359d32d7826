import { type ConvolutionAttrs, type Shape, sizeOf } from '@cnn/tensor';
import { coordinates } from '../indexing.js';
import type { DeviceKernel, DeviceKernels } from '../program.js';
import { foldUp, total } from './fold-up.js';
import { relu } from './matmul.js';
import { eachTap, outputAt, pixelAt } from './window.js';

/** Statements that run `code` with the pixel that an output meets, where it is inside the image, for two axes. */
function onPixels(attrs: ConvolutionAttrs, [, , h, w]: Shape, code: string): string {
  return `const iy = ${pixelAt(attrs, 0, 'oy', 'ky')};
const ix = ${pixelAt(attrs, 1, 'ox', 'kx')};
if (iy >= 0 && iy < ${h} && ix >= 0 && ix < ${w}) { ${code} }`;
}

/** Convolution by direct sums, and `last` on the result `s`. */
const convolution = (last: string): DeviceKernel<ConvolutionAttrs> => ({
  plan: (launch, [x, weight, bias], attrs, [y]) => {
    const [, c, h, w] = x!.shape as [number, number, number, number];
    const [filters, perGroup, kh, kw] = weight!.shape as [number, number, number, number];
    const product = `s += x[((n * ${c} + first + c) * ${h} + iy) * ${w} + ix] * weight[((o * ${perGroup} + c) * ${kh} + ky) * ${kw} + kx];`;
    const body = `${coordinates('t', y!.shape, ['n', 'o', 'oy', 'ox'])}
const first = Math.floor((o + 0.5) / ${filters / attrs.groups}) * ${perGroup};
let s = ${bias ? 'bias[o]' : '0'};
${eachTap('c', perGroup, eachTap('ky', kh, eachTap('kx', kw, onPixels(attrs, x!.shape, product))))}
${last}
return s;`;
    return [launch(sizeOf(y!.shape), { x: 0, weight: 1, ...(bias && { bias: 2 }) }, body)];
  },
});

/** Convolution and its two gradients, each in the form in which every thread gathers what its element needs. */
export const conv2d: DeviceKernels<'conv2d' | 'conv2dRelu' | 'conv2dInputGrad' | 'conv2dWeightGrad'> = {
  conv2d: convolution(''),
  conv2dRelu: convolution(relu),
  conv2dInputGrad: {
    plan: (launch, [dy, weight], attrs, [dx]) => {
      const [, filters, oh, ow] = dy!.shape as [number, number, number, number];
      const [, perGroup, kh, kw] = weight!.shape as [number, number, number, number];
      const perGroupOut = filters / attrs.groups;
      const product = `for (let f = 0; f < ${perGroupOut}; f++) {
const o = group * ${perGroupOut} + f;
s += dy[((n * ${filters} + o) * ${oh} + oy) * ${ow} + ox] * weight[((o * ${perGroup} + c - group * ${perGroup}) * ${kh} + ky) * ${kw} + kx];
}`;
      const across = outputAt(attrs, 1, { name: 'ox', pixel: 'ix', tap: 'kx', count: ow }, product);
      const down = outputAt(attrs, 0, { name: 'oy', pixel: 'iy', tap: 'ky', count: oh }, eachTap('kx', kw, across));
      const body = `${coordinates('t', dx!.shape, ['n', 'c', 'iy', 'ix'])}
const group = Math.floor((c + 0.5) / ${perGroup});
let s = 0;
${eachTap('ky', kh, down)}
return s;`;
      return [launch(sizeOf(dx!.shape), { dy: 0, weight: 1 }, body)];
    },
  },
  conv2dWeightGrad: {
    plan: (launch, [x, dy], attrs, [dw]) => {
      const [images, c, h, w] = x!.shape as [number, number, number, number];
      const [, filters, oh, ow] = dy!.shape as [number, number, number, number];
      const perGroup = dw!.shape[1]!;
      const product = `v += x[((n * ${c} + first + c) * ${h} + iy) * ${w} + ix] * dy[((n * ${filters} + o) * ${oh} + oy) * ${ow} + ox];`;
      const number = `${coordinates('g', dw!.shape, ['o', 'c', 'ky', 'kx'])}
const first = Math.floor((o + 0.5) / ${filters / attrs.groups}) * ${perGroup};
let v = 0;
${eachTap('oy', oh, eachTap('ox', ow, onPixels(attrs, x!.shape, product)))}`;
      const groups = { size: sizeOf(dw!.shape), count: images, work: oh * ow };
      return [foldUp(launch, total, groups, { x: 0, dy: 1 }, number)];
    },
  },
};
