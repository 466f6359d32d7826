import { ops } from '@cnn/tensor';
import { bool, f, int, type OpCase, row, uint8 } from './op-case.js';

/** The same numbers in another shape or order, and parts of them. */
export const shapes: readonly OpCase[] = [
  row('reshape', '', [f(2, 6)], x => ops.reshape(x, [3, 4])),
  row('reshape', 'a size left open', [f(2, 6)], x => ops.reshape(x, [4, -1])),
  row('reshape', 'int32 to a scalar', [int(1, 1)], x => ops.reshape(x, [])),
  row('flatten', '', [f(2, 3, 2)], x => ops.flatten(x)),
  row('flatten', 'all axes', [f(2, 3, 2)], x => ops.flatten(x, 0)),
  row('squeeze', '', [f(1, 3, 1)], x => ops.squeeze(x)),
  row('squeeze', 'one axis', [f(1, 3, 1)], x => ops.squeeze(x, -1)),
  row('expandDims', '', [f(2, 3)], x => [0, 1, -1].map(axis => ops.expandDims(x, axis))),
  row('permute', '', [f(2, 3, 4)], x => ops.permute(x, [2, 0, 1])),
  row('permute', 'negative axes', [f(2, 3, 4)], x => ops.permute(x, [-1, 1, -3])),
  row('permute', 'the order it has', [f(2, 3)], x => ops.permute(x, [0, 1])),
  row('permute', 'bool', [bool(2, 3)], x => ops.permute(x, [1, 0])),
  row('transpose', '', [f(2, 3, 4)], x => ops.transpose(x)),
  row('transpose', 'the outer axes', [f(2, 3, 4)], x => ops.transpose(x, 0, 2)),
  row('broadcastTo', '', [f(3, 1)], x => ops.broadcastTo(x, [2, 3, 4])),
  row('broadcastTo', 'a scalar', [f()], x => ops.broadcastTo(x, [2, 2])),
  row('broadcastTo', 'to no elements', [f(1, 2)], x => ops.broadcastTo(x, [0, 2])),
  row('sumTo', '', [f(2, 3, 4)], x => ops.sumTo(x, [3, 1])),
  row('sumTo', 'a scalar', [f(2, 3)], x => ops.sumTo(x, [])),
  row('sumTo', 'a single element of higher rank', [f(1, 1, 1)], x => ops.sumTo(x, [1])),
  row('flip', '', [f(2, 3)], x => ops.flip(x)),
  row('flip', 'one axis', [f(2, 3)], x => ops.flip(x, -1)),
  row('slice', '', [f(4, 5)], x =>
    ops.slice(x, [
      [1, 3],
      [0, 4],
    ]),
  ),
  row('slice', 'steps that do not divide', [f(5, 7)], x =>
    ops.slice(x, [
      [0, 5, 2],
      [1, 7, 3],
    ]),
  ),
  row('slice', 'from the end, and beyond it', [f(5, 4)], x =>
    ops.slice(x, [
      [-3, 99],
      [-99, -1],
    ]),
  ),
  row('slice', 'backwards', [f(5, 4)], x => ops.slice(x, [[4, 0, -1], null])),
  row('slice', 'backwards by two, to the first', [f(5, 4)], x =>
    ops.slice(x, [
      [-1, -99, -2],
      [3, 1, -1],
    ]),
  ),
  row('slice', 'one range for two axes', [f(3, 2)], x => ops.slice(x, [[1, 2]])),
  row('slice', 'nothing', [f(3, 2)], x => ops.slice(x, [[2, 1]])),
  row('slice', 'everything', [f(3)], x => ops.slice(x, [[0, 3]])),
  row('slice', 'uint8', [uint8(6)], x => ops.slice(x, [[1, 6, 2]])),
  row('pad', '', [f(2, 3)], x =>
    ops.pad(x, [
      [1, 2],
      [0, 1],
    ]),
  ),
  row('pad', 'a value, the last axis', [f(2, 3)], x => ops.pad(x, [[2, 1]], { value: -0.5 })),
  row('pad', 'int32', [int(3)], x => ops.pad(x, [[1, 1]], { value: 7 })),
  row('pad', 'nothing', [f(2)], x => ops.pad(x, [[0, 0]])),
  row('pad', 'an empty tensor', [f(0, 2)], x =>
    ops.pad(x, [
      [1, 1],
      [0, 0],
    ]),
  ),
  ...(['reflect', 'replicate', 'circular'] as const).map(mode =>
    row('pad', mode, [f(2, 3, 4)], x =>
      ops.pad(
        x,
        [
          [2, 1],
          [1, 3],
        ],
        { mode },
      ),
    ),
  ),
  row('concat', '', [f(2, 3), f(1, 3), f(4, 3)], (...xs) => ops.concat(xs)),
  row('concat', 'the last axis, one empty', [f(2, 3), f(2, 0), f(2, 1)], (...xs) => ops.concat(xs, -1)),
  row('concat', 'one tensor twice', [f(2, 2)], x => ops.concat([x, x], 1)),
  row('concat', 'a single tensor', [f(2)], x => ops.concat([x])),
  row('concat', 'int32', [int(2), int(3)], (...xs) => ops.concat(xs)),
  row('stack', '', [f(2, 3), f(2, 3)], (...xs) => ops.stack(xs)),
  row('stack', 'a new last axis', [f(2, 3), f(2, 3), f(2, 3)], (...xs) => ops.stack(xs, -1)),
  row('split', 'equal parts', [f(2, 6)], x => ops.split(x, 3, 1)),
  row('split', 'given sizes, one of them 0', [f(5, 2)], x => ops.split(x, [2, 0, 3])),
  row('tile', '', [f(2, 3)], x => ops.tile(x, [2, 3])),
  row('tile', 'none', [f(2, 3)], x => ops.tile(x, [0, 1])),
];
