import { sizeOf } from '@cnn/tensor';
import { linesOf } from '../indexing.js';
import type { DeviceKernels } from '../program.js';

/** Running sums along an axis: each thread adds up what lies before its element, or behind it. */
export const cumsum: DeviceKernels<'cumsum'> = {
  cumsum: {
    plan: (launch, [x], { axis, exclusive, reverse }) => {
      const { length, inner } = linesOf(x!.shape, axis);
      const body = `const line = Math.floor((t + 0.5) / ${inner});
const o = Math.floor((line + 0.5) / ${length});
const j = line - o * ${length};
const first = t - j * ${inner};
let s = 0;
for (let k = 0; k < ${length}; k++) {
if (k ${reverse ? '>' : '<'}${exclusive ? '' : '='} j) { s += x[first + k * ${inner}]; }
}
return s;`;
      return [launch(sizeOf(x!.shape), { x: 0 }, body)];
    },
  },
};
