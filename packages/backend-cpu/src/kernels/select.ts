import type { ReferenceKernels } from '../reference-kernel.js';
import { broadcast, contiguous, eachRow } from '../strided.js';

/** Picks from the first array where the condition holds, else from the second; all three are broadcast. */
export const select: Pick<ReferenceKernels, 'select'> = {
  select: ([condition, a, b], _, [y]) => {
    const test = condition!.data;
    const yes = a!.data;
    const no = b!.data;
    const to = y!.data;
    const layouts = [...[condition!, a!, b!].map(({ shape }) => broadcast(shape, y!.shape)), contiguous(y!.shape)];
    eachRow(y!.shape, layouts, (length, [h, i, j, k], [o, p, q]) => {
      for (let n = 0; n < length; n++) to[k! + n] = test[h! + n * o!] ? yes[i! + n * p!]! : no[j! + n * q!]!;
    });
  },
};
