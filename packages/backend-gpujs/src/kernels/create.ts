import { arrayTypes, type DType, sizeOf } from '@cnn/tensor';
import type { DeviceKernels } from '../program.js';

/** A number as an array of the dtype holds it. */
export const asStored = (value: number, dtype: DType): number =>
  dtype === 'bool' ? Number(value !== 0) : arrayTypes[dtype].of(value)[0]!;

/** Arrays made of nothing. */
export const create: DeviceKernels<'fill' | 'arange'> = {
  fill: {
    plan: (launch, _, { shape }) => [launch(sizeOf(shape), {}, 'return value;')],
    scalars: ({ value, dtype }) => ({ value: asStored(value, dtype) }),
    key: () => 0,
  },
  arange: {
    plan: (launch, _, { length }) => [launch(length, {}, 'return start + t * step;')],
    scalars: ({ start, step }) => ({ start, step }),
    key: () => 0,
  },
};
