import { sizeOf, stridesOf } from '@cnn/tensor';
import { broadcast, elementOf, type Layout } from '../indexing.js';
import type { DeviceKernels, Launch, Ref } from '../program.js';

/** Copies the elements that a layout of the input picks. */
export function copyFrom(launch: Launch, shape: readonly number[], layout: Layout): Ref {
  const { code, indices } = elementOf(shape, [layout]);
  return launch(sizeOf(shape), { x: 0 }, `${code}\nreturn x[${indices[0]}];`);
}

/** The same numbers in another order, or repeated. */
export const shape: DeviceKernels<'permute' | 'broadcastTo'> = {
  permute: {
    plan: (launch, [x], { order }, [y]) => {
      const strides = stridesOf(x!.shape);
      return [copyFrom(launch, y!.shape, { offset: 0, strides: order.map(axis => strides[axis]!) })];
    },
  },
  broadcastTo: { plan: (launch, [x], _, [y]) => [copyFrom(launch, y!.shape, broadcast(x!.shape, y!.shape))] },
};
