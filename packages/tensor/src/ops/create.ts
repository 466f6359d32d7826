/** Tensors made from nothing: filled, counted up. */
import type { AnyBackend } from '../backend.js';
import { OptionError } from '../errors.js';
import type { ArangeAttrs, FillAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { checkShape, type DType, type Shape } from '../spec.js';
import { checkBackendHas, type Tensor } from '../tensor.js';
import { checkNumber, checkTensor, one, refuseUnknown } from './common.js';

/** The op of {@link fill}. */
export const fillOp: Op<FillAttrs> = {
  name: 'fill',
  infer: (_, { shape, dtype, value }) => {
    checkShape('fill', shape);
    checkNumber('fill', dtype, value);
    return [{ shape, dtype }];
  },
  vjp: null,
};

/** A tensor with the same number everywhere. */
export const fill = (backend: AnyBackend, shape: Shape, value: number, dtype: DType = 'float32'): Tensor => {
  checkBackendHas('fill', backend, dtype);
  return one(fillOp, [], { shape, dtype, value }, backend);
};

/** A tensor of zeros. */
export const zeros = (backend: AnyBackend, shape: Shape, dtype?: DType): Tensor => fill(backend, shape, 0, dtype);

/** A tensor of ones. */
export const ones = (backend: AnyBackend, shape: Shape, dtype?: DType): Tensor => fill(backend, shape, 1, dtype);

/** A tensor filled with a number, with the shape, dtype and backend of another. */
export const fillLike = (x: Tensor, value: number): Tensor => {
  checkTensor('fillLike', x);
  return fill(x.backend, x.shape, value, x.dtype);
};

/** A number as a tensor of shape [] with the dtype and backend of another. */
export const scalarLike = (x: Tensor, value: number): Tensor => {
  checkTensor('scalarLike', x);
  return fill(x.backend, [], value, x.dtype);
};

/** The op of {@link arange}. */
export const arangeOp: Op<ArangeAttrs> = {
  name: 'arange',
  infer: (_, { length, dtype }) => {
    if (!Number.isSafeInteger(length) || length < 0) throw new OptionError('arange', 'length', length, 'a whole number >= 0');
    if (dtype === 'bool') throw new OptionError('arange', 'dtype', dtype, 'a number type');
    return [{ shape: [length], dtype }];
  },
  vjp: null,
};

/** start, start + step, … : `length` numbers. */
export const arange = (
  backend: AnyBackend,
  length: number,
  { start = 0, step = 1, dtype = 'int32', ...left }: { start?: number; step?: number; dtype?: DType } = {},
): Tensor => {
  refuseUnknown('arange', left);
  checkBackendHas('arange', backend, dtype);
  return one(arangeOp, [], { start, step, length, dtype }, backend);
};
