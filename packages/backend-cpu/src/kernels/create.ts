import type { ReferenceKernels } from '../reference-kernel.js';

/** Arrays made of nothing. */
export const create: Pick<ReferenceKernels, 'fill' | 'arange'> = {
  fill: (_, { value, dtype }, [y]) => {
    y!.data.fill(dtype === 'bool' ? Number(value !== 0) : value);
  },
  // By multiplication, since repeated addition would add up its rounding errors.
  arange: (_, { start, step, length }, [y]) => {
    for (let i = 0; i < length; i++) y!.data[i] = start + i * step;
  },
};
