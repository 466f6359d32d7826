import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** All axes but the batch as one: [n, c, h, w] gives [n, c h w]. */
export const flatten = defineLayer({
  type: 'flatten',
  options: {},
  forward: (x, _, __: Record<string, never>) => ops.flatten(x),
});
