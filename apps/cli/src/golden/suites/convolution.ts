import { ops } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { type GoldenOps, operator } from '../golden-op.js';

const window = (attrs: Attrs) => ({
  stride: attrs.numbers('stride', 2),
  padding: attrs.numbers('padding', 2),
  dilation: attrs.numbers('dilation', 2),
  groups: attrs.number('groups'),
});

/** Convolution and its transpose: x, weight, bias and their gradients. */
export const convolution: GoldenOps = {
  conv2d: operator(({ x, weight, bias }, attrs) => ops.conv2d(x!, weight!, bias, window(attrs))),
  conv_transpose2d: operator(({ x, weight, bias }, attrs) =>
    ops.convTranspose2d(x!, weight!, bias, { ...window(attrs), outputPadding: attrs.numbers('output_padding', 2) }),
  ),
};
