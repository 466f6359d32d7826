import { sizeOf } from '@cnn/tensor';
import { broadcast, elementOf } from '../indexing.js';
import type { DeviceKernels } from '../program.js';

/** Picks from the first array where the condition holds, else from the second; all three are broadcast. */
export const select: DeviceKernels<'select'> = {
  select: {
    plan: (launch, inputs, _, [y]) => {
      const { code, indices } = elementOf(
        y!.shape,
        inputs.map(({ shape }) => broadcast(shape, y!.shape)),
      );
      const body = `${code}\nlet r = no[${indices[2]}];\nif (condition[${indices[0]}] !== 0) { r = yes[${indices[1]}]; }\nreturn r;`;
      return [launch(sizeOf(y!.shape), { condition: 0, yes: 1, no: 2 }, body)];
    },
  },
};
