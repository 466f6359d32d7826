import { type AxesAttrs, type AxisAttrs, type ReduceName, type Shape, sizeOf, stridesOf } from '@cnn/tensor';
import { at, coordinates, linesOf } from '../indexing.js';
import type { DeviceKernel, DeviceKernels } from '../program.js';
import { type Combination, foldUp, largest, smallest, total } from './fold-up.js';
import { isNumber } from './not-a-number.js';

/** Statements that set `v` to number `n` of those that are reduced to result `g`. */
function reduced(shape: Shape, axes: readonly number[]): string {
  const strides = stridesOf(shape);
  const part = (index: string, name: string, chosen: readonly number[]) => {
    const names = chosen.map(axis => `${name}${axis}`);
    return {
      code: coordinates(
        index,
        chosen.map(axis => shape[axis]!),
        names,
      ),
      index: at(names, { offset: 0, strides: chosen.map(axis => strides[axis]!) }),
    };
  };
  const kept = part(
    'g',
    'k',
    [...shape.keys()].filter(axis => !axes.includes(axis)),
  );
  const gone = part('n', 'r', axes);
  return `${kept.code}\n${gone.code}\nconst v = x[${
    [kept, gone]
      .map(({ index }) => index)
      .filter(index => index !== '0')
      .join(' + ') || '0'
  }];`;
}

const combine = (how: Combination): DeviceKernel<AxesAttrs> => ({
  plan: (launch, [x], { axes }, [y]) => {
    const size = sizeOf(y!.shape);
    const count = sizeOf(axes.map(axis => x!.shape[axis]!));
    return [foldUp(launch, how, { size, count }, { x: 0 }, reduced(x!.shape, axes))];
  },
});

/** The index along the axis of the first element that no other beats. NaN beats all numbers. */
const best = (beats: string): DeviceKernel<AxisAttrs> => ({
  plan: (launch, [x], { axis }, [y]) => {
    const { length, inner } = linesOf(x!.shape, axis);
    const body = `${coordinates('t', [sizeOf(y!.shape) / inner, inner], ['o', 'i'])}
const first = o * ${length * inner} + i;
let held = x[first];
let r = 0;
for (let j = 1; j < ${length}; j++) {
const v = x[first + j * ${inner}];
${isNumber('vn', 'v')}
${isNumber('hn', 'held')}
if ((v ${beats} held && hn === 1) || vn < hn) {
held = v;
r = j;
}
}
return r;`;
    return [launch(sizeOf(y!.shape), { x: 0 }, body)];
  },
});

/** Reductions, which keep their axes at size 1. NaN makes `max` and `min` NaN. */
export const reduce: DeviceKernels<ReduceName | 'argMax' | 'argMin'> = {
  sum: combine(total),
  max: combine(largest),
  min: combine(smallest),
  argMax: best('>'),
  argMin: best('<'),
};
