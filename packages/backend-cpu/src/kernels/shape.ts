import type { ReferenceKernels } from '../reference-kernel.js';
import { broadcast, contiguous, copy } from '../strided.js';

/** The same numbers in another order, or repeated. */
export const shape: Pick<ReferenceKernels, 'permute' | 'broadcastTo'> = {
  permute: ([x], { order }, [y]) => {
    const { strides } = contiguous(x!.shape);
    const source = { offset: 0, strides: order.map(axis => strides[axis]!) };
    copy(y!.shape, x!.data, source, y!.data, contiguous(y!.shape));
  },
  broadcastTo: ([x], _, [y]) => {
    copy(y!.shape, x!.data, broadcast(x!.shape, y!.shape), y!.data, contiguous(y!.shape));
  },
};
