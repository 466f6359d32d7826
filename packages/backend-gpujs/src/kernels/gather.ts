import { isFloat, sizeOf } from '@cnn/tensor';
import { coordinates, linesOf } from '../indexing.js';
import type { DeviceKernels } from '../program.js';

/** Reading and adding by index along an axis. */
export const gather: DeviceKernels<'gather' | 'scatterAdd'> = {
  gather: {
    plan: (launch, [x, indices], { axis }) => {
      const { length, inner } = linesOf(indices!.shape, axis);
      const size = x!.shape[axis]!;
      const total = sizeOf(indices!.shape);
      const body = `${coordinates('t', [total / length / inner, length, inner], ['o', 'j', 'i'])}
const index = indices[t];
let r = ${isFloat(x!.dtype) ? 'nan' : '0'};
if (index >= 0 && index < ${size}) { r = x[(o * ${size} + index) * ${inner} + i]; }
return r;`;
      return [launch(total, { x: 0, indices: 1 }, body)];
    },
  },
  scatterAdd: {
    // Each element looks for the updates that are meant for it.
    plan: (launch, [x, indices], { axis }) => {
      const { length: size, inner } = linesOf(x!.shape, axis);
      const { length } = linesOf(indices!.shape, axis);
      const total = sizeOf(x!.shape);
      const body = `${coordinates('t', [total / size / inner, size, inner], ['o', 'j', 'i'])}
let s = x[t];
for (let k = 0; k < ${length}; k++) {
const at = (o * ${length} + k) * ${inner} + i;
if (indices[at] === j) { s += updates[at]; }
}
return s;`;
      return [launch(total, { x: 0, indices: 1, updates: 2 }, body)];
    },
  },
};
