import { ops } from '@cnn/tensor';
import { f, given, index, int, type OpCase, row, special } from './op-case.js';

/** Reading and adding by index. */
export const indices: readonly OpCase[] = [
  row('gather', '', [f(4, 3), index(4, 2, 3)], (x, i) => ops.gather(x, i, 0)),
  row('gather', 'the last axis, more than there are', [f(2, 3), index(3, 2, 7)], (x, i) => ops.gather(x, i, -1)),
  row('gather', 'int32', [int(4), index(4, 6)], (x, i) => ops.gather(x, i, 0)),
  row('gather', 'nothing', [f(4, 3), index(4, 0, 3)], (x, i) => ops.gather(x, i, 0)),
  row('scatterAdd', '', [f(4, 3), index(4, 2, 3), f(2, 3)], (x, i, y) => ops.scatterAdd(x, i, y, 0)),
  row('scatterAdd', 'the last axis, many to one', [f(2, 3), index(3, 2, 7), f(2, 7)], (x, i, y) => ops.scatterAdd(x, i, y, 1)),
  row('scatterAdd', 'int32', [int(3), index(3, 5), int(5)], (x, i, y) => ops.scatterAdd(x, i, y, 0)),
  row('scatterAdd', 'an index out of range', [f(3, 3), given('int32', [-1, 1, 3, 3, 0, -2], [3, 2]), f(3, 2)], (x, i, y) =>
    ops.scatterAdd(x, i, y, 1),
  ),
  row('take', '', [f(4, 2), index(4, 3)], (x, i) => ops.take(x, i)),
  row('take', 'the last axis', [f(2, 4), index(4, 6)], (x, i) => ops.take(x, i, -1)),
  row('oneHot', '', [index(4, 2, 3)], i => ops.oneHot(i, 4)),
  row('oneHot', 'bool, with labels out of range', [given('int32', [-1, 0, 2, 3])], i => ops.oneHot(i, 3, 'bool')),
  special('gather', 'an index out of range is NaN', [f(3, 3), given('int32', [-1, 1, 3, 4, 0, -2], [3, 2])], (x, i) =>
    ops.gather(x, i, 1),
  ),
  row('gather', 'int32, an index out of range is 0', [int(3), given('int32', [-1, 1, 3])], (x, i) => ops.gather(x, i, 0)),
];
