import { type DType, ops } from '@cnn/tensor';
import { f, int, type OpCase, row } from './op-case.js';

/** Tensors made of nothing. */
export const create: readonly OpCase[] = [
  row('fill', '', [f()], ({ backend, dtype }) => ops.fill(backend, [2, 3], 0.75, dtype)),
  row('fill', 'every other dtype', [f()], ({ backend }) =>
    (['int32', 'uint8', 'bool'] as DType[]).map(dtype => ops.fill(backend, [2], 1, dtype)),
  ),
  row('zeros', '', [f()], ({ backend, dtype }) => ops.zeros(backend, [2, 0], dtype)),
  row('ones', '', [f()], ({ backend, dtype }) => ops.ones(backend, [], dtype)),
  row('fillLike', '', [f(2, 3)], x => ops.fillLike(x, -1)),
  row('scalarLike', '', [int(2, 3)], x => ops.scalarLike(x, -1)),
  row('arange', '', [f()], ({ backend }) => ops.arange(backend, 5)),
  row('arange', 'start and step', [f()], ({ backend, dtype }) => ops.arange(backend, 4, { start: 0.5, step: -0.25, dtype })),
  row('arange', 'empty', [f()], ({ backend }) => ops.arange(backend, 0)),
];
