import type { ReferenceKernels } from '../reference-kernel.js';

/** Floats to whole numbers are cut and wrap around; NaN and infinities become 0. To bool, all but 0 is true, also NaN. */
export const cast: Pick<ReferenceKernels, 'cast'> = {
  cast: ([x], { dtype }, [y]) => {
    if (dtype === 'bool') for (let i = 0; i < y!.data.length; i++) y!.data[i] = Number(x!.data[i] !== 0);
    else y!.data.set(x!.data);
  },
};
