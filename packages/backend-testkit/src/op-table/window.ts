import { ops } from '@cnn/tensor';
import { f, int, type OpCase, row } from './op-case.js';

/** Ways in which a window slides over an image of 6 by 5, with a kernel of 3 by 2. */
const slides: Readonly<Record<string, ops.WindowOptions>> = {
  'no options': {},
  'stride 2': { stride: 2 },
  'stride per axis': { stride: [3, 2] },
  padding: { padding: 1 },
  'padding per axis': { padding: [2, 1] },
  'padding per side': {
    padding: [
      [0, 2],
      [1, 0],
    ],
  },
  same: { padding: 'same' },
  'same with stride 2': { padding: 'same', stride: 2 },
  valid: { padding: 'valid' },
  dilation: { dilation: 2 },
  'dilation per axis': { dilation: [1, 3], padding: [0, 1] },
  'stride, padding and dilation': { stride: 2, padding: 2, dilation: 2 },
};

const slidingWindows: readonly OpCase[] = Object.entries(slides).flatMap(([what, options]) => [
  row('unfold', what, [f(2, 2, 6, 5)], x => ops.unfold(x, [3, 2], options)),
  row('conv2d', what, [f(2, 2, 6, 5), f(3, 2, 3, 2), f(3)], (x, w, b) => ops.conv2d(x, w, b, options)),
]);

/** Sliding windows, folds and convolutions. */
export const windows: readonly OpCase[] = [
  ...slidingWindows,

  row('unfold', 'a pad value', [f(1, 2, 3, 3)], x => ops.unfold(x, 2, { padding: 1, padValue: -2 })),
  row('unfold', 'one axis', [f(2, 1, 7)], x => ops.unfold(x, 3, { stride: 2, padding: 1 })),
  row('unfold', 'three axes', [f(1, 1, 3, 4, 3)], x => ops.unfold(x, [2, 3, 2], { stride: [1, 2, 1] })),
  row('unfold', 'int32', [int(1, 1, 3, 3)], x => ops.unfold(x, 2)),
  row('unfold', 'no images', [f(0, 2, 3, 3)], x => ops.unfold(x, 2)),
  row('fold', '', [f(1, 2, 2, 2, 2, 3)], y => ops.fold(y, [3, 4], 2)),
  row('fold', 'stride, padding and dilation', [f(1, 1, 3, 2, 3, 3)], y =>
    ops.fold(y, [5, 5], [3, 2], { stride: 2, padding: 1, dilation: [1, 2] }),
  ),
  row('fold', 'pixels that no window meets', [f(1, 1, 2, 2)], y => ops.fold(y, [6], 2, { stride: 3 })),
  row('fold', 'three axes', [f(1, 1, 2, 2, 2, 1, 2, 1)], y => ops.fold(y, [2, 3, 2], 2)),

  row('conv2d', 'relu', [f(2, 2, 5, 4), f(3, 2, 3, 3)], (x, w) => ops.conv2d(x, w, undefined, { activation: 'relu' })),
  row('conv2d', 'bias and relu', [f(2, 4, 5, 4), f(6, 2, 3, 2), f(6)], (x, w, b) =>
    ops.conv2d(x, w, b, { groups: 2, stride: 2, padding: 1, activation: 'relu' }),
  ),
  row('conv2d', 'no bias', [f(1, 2, 4, 4), f(3, 2, 3, 3)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'a kernel of 1', [f(2, 3, 2, 3), f(2, 3, 1, 1)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'a kernel as large as the image', [f(2, 2, 3, 4), f(2, 2, 3, 4)], (x, w) => ops.conv2d(x, w)),
  row('conv2d', 'groups', [f(2, 4, 4, 4), f(6, 2, 3, 3), f(6)], (x, w, b) => ops.conv2d(x, w, b, { groups: 2, padding: 1 })),
  row('conv2d', 'depthwise', [f(1, 3, 5, 4), f(3, 1, 3, 3), f(3)], (x, w, b) => ops.conv2d(x, w, b, { groups: 3, stride: 2 })),
  row('conv2d', 'depthwise with two filters per channel', [f(1, 2, 4, 4), f(4, 1, 2, 2)], (x, w) =>
    ops.conv2d(x, w, undefined, { groups: 2, dilation: 2 }),
  ),
  row('conv2d', 'no images', [f(0, 2, 4, 4), f(3, 2, 3, 3), f(3)], (x, w, b) => ops.conv2d(x, w, b)),
  ...(['reflect', 'replicate', 'circular'] as const).map(paddingMode =>
    row('conv2d', `${paddingMode} padding`, [f(1, 2, 4, 5), f(2, 2, 3, 3)], (x, w) =>
      ops.conv2d(x, w, undefined, {
        padding: [
          [1, 2],
          [2, 1],
        ],
        paddingMode,
      }),
    ),
  ),
  row('conv1d', '', [f(2, 2, 7), f(3, 2, 3), f(3)], (x, w, b) => ops.conv1d(x, w, b)),
  row('conv1d', 'stride, dilation and padding per side', [f(1, 2, 8), f(2, 2, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: 2, dilation: 2, padding: [[1, 2]] }),
  ),
  row('conv1d', 'same, groups', [f(1, 4, 6), f(4, 2, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: 2, padding: 'same', groups: 2 }),
  ),
  row('conv1d', 'reflect padding, options as lists', [f(1, 1, 6), f(1, 1, 3)], (x, w) =>
    ops.conv1d(x, w, undefined, { stride: [2], padding: [2], paddingMode: 'reflect' }),
  ),
  row('convTranspose2d', '', [f(2, 2, 3, 2), f(2, 3, 3, 2), f(3)], (x, w, b) => ops.convTranspose2d(x, w, b)),
  row('convTranspose2d', 'stride and output padding', [f(1, 2, 3, 2), f(2, 2, 3, 3)], (x, w) =>
    ops.convTranspose2d(x, w, undefined, { stride: [2, 3], padding: 1, outputPadding: [1, 2] }),
  ),
  row('convTranspose2d', 'padding per side and dilation', [f(1, 1, 4, 4), f(1, 2, 2, 3)], (x, w) =>
    ops.convTranspose2d(x, w, undefined, {
      dilation: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
  ),
  row('convTranspose2d', 'groups', [f(1, 4, 3, 3), f(4, 1, 2, 2), f(2)], (x, w, b) =>
    ops.convTranspose2d(x, w, b, { groups: 2, stride: 2 }),
  ),
  row('conv3d', '', [f(2, 2, 3, 4, 3), f(3, 2, 2, 3, 2), f(3)], (x, w, b) => ops.conv3d(x, w, b)),
  row('conv3d', 'groups, stride, dilation and padding per side', [f(1, 4, 4, 5, 4), f(2, 2, 2, 2, 3)], (x, w) =>
    ops.conv3d(x, w, undefined, {
      groups: 2,
      stride: [1, 2, 1],
      dilation: [2, 1, 1],
      padding: [
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    }),
  ),
  row('conv3d', 'reflect padding', [f(1, 1, 3, 3, 4), f(1, 1, 2, 3, 3)], (x, w) =>
    ops.conv3d(x, w, undefined, { padding: 1, paddingMode: 'reflect' }),
  ),
  row('locallyConnected2d', '', [f(2, 2, 4, 3), f(3, 2, 3, 2, 2, 2), f(3, 3, 2)], (x, w, b) => ops.locallyConnected2d(x, w, b)),
  row('locallyConnected2d', 'stride, padding and dilation', [f(1, 2, 5, 4), f(1, 3, 1, 2, 3, 2)], (x, w) =>
    ops.locallyConnected2d(x, w, undefined, {
      stride: 2,
      padding: [
        [1, 0],
        [1, 1],
      ],
      dilation: [2, 1],
    }),
  ),
];
