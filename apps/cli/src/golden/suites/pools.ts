import { ops } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { type GoldenOps, operator } from '../golden-op.js';

const window = (attrs: Attrs) => ({
  stride: attrs.numbers('stride', 2),
  padding: attrs.numbers('padding', 2),
  ceilMode: attrs.boolean('ceil_mode'),
});

/** Pools; max pools with the places of the maxima. */
export const pools: GoldenOps = {
  max_pool2d: operator(({ x }, attrs) => {
    const options = { ...window(attrs), dilation: attrs.numbers('dilation', 2) };
    const { values, indices } = ops.maxPool2dWithIndices(x!, attrs.numbers('kernel', 2), options);
    return { y: values, indices };
  }),
  avg_pool2d: operator(({ x }, attrs) =>
    ops.avgPool2d(x!, attrs.numbers('kernel', 2), { ...window(attrs), countIncludePad: attrs.boolean('count_include_pad') }),
  ),
  global_avg_pool2d: operator(({ x }) => ops.globalAvgPool2d(x!)),
  global_max_pool2d: operator(({ x }) => ops.globalMaxPool2d(x!)),
  adaptive_avg_pool2d: operator(({ x }, attrs) => ops.adaptiveAvgPool2d(x!, attrs.numbers('output_size', 2))),
};
