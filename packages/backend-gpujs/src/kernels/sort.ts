import { sizeOf } from '@cnn/tensor';
import { linesOf } from '../indexing.js';
import type { DeviceKernels } from '../program.js';
import { isNumber } from './not-a-number.js';

/**
 * Values and their indices in order along an axis, stable, NaN last ascending and first descending. An element's place is how many
 * come before it, which takes the square of the axis's length: for short axes, as those of classes.
 */
export const sort: DeviceKernels<'sort'> = {
  sort: {
    plan: (launch, [x], { axis, descending }) => {
      const size = sizeOf(x!.shape);
      const { length, inner } = linesOf(x!.shape, axis);
      const place = `const line = Math.floor((t + 0.5) / ${inner});
const j = line - Math.floor((line + 0.5) / ${length}) * ${length};
const first = t - j * ${inner};`;
      const before = descending ? '(v > held && hn === 1) || vn < hn' : '(v < held && vn + hn === 2) || vn > hn';
      const ranks = launch(
        size,
        { x: 0 },
        `${place}
const held = x[t];
${isNumber('hn', 'held')}
let r = 0;
for (let k = 0; k < ${length}; k++) {
const v = x[first + k * ${inner}];
${isNumber('vn', 'v')}
if (${before}) { r += 1; }
else if (k < j && ((v === held && vn === 1) || vn + hn === 0)) { r += 1; }
}
return r;`,
      );
      const indices = launch(
        size,
        { ranks },
        `${place}
let r = 0;
for (let k = 0; k < ${length}; k++) {
if (ranks[first + k * ${inner}] === j) { r = k; }
}
return r;`,
      );
      const values = launch(size, { x: 0, indices }, `${place}\nreturn x[first + indices[t] * ${inner}];`);
      return [values, indices];
    },
  },
};
