import { ops } from '@cnn/tensor';
import { f, index, type OpCase, row } from './op-case.js';

/** Ways to pool an image of 7 by 6 by windows of 3 by 2. */
const poolings: Readonly<Record<string, ops.AvgPoolOptions>> = {
  'its own stride': {},
  'stride 1': { stride: 1 },
  padding: { padding: [1, 0], stride: 2 },
  'padding per side': {
    padding: [
      [0, 2],
      [1, 0],
    ],
    stride: 2,
  },
  same: { padding: 'same', stride: 2 },
  dilation: { dilation: 2, stride: 1 },
  'ceil mode': { stride: 2, ceilMode: true },
  'ceil mode with padding': { stride: [3, 2], padding: 1, ceilMode: true },
  'ceil mode where the last window would start in the padding': {
    stride: [5, 3],
    padding: [
      [1, 2],
      [0, 1],
    ],
    ceilMode: true,
  },
  'ceil mode with dilation': { stride: 2, dilation: 2, padding: 1, ceilMode: true },
};

/** Pooling and resizing. */
export const pools: readonly OpCase[] = [
  ...Object.entries(poolings).flatMap(([what, options]) => [
    row('maxPool2d', what, [f(2, 2, 7, 6)], x => ops.maxPool2d(x, [3, 2], options)),
    row('maxPool2dWithIndices', what, [f(1, 2, 7, 6)], x => Object.values(ops.maxPool2dWithIndices(x, [3, 2], options))),
    row('avgPool2d', what, [f(2, 2, 7, 6)], x => ops.avgPool2d(x, [3, 2], options)),
    row('avgPool2d', `${what}, the padding not counted`, [f(1, 2, 7, 6)], x =>
      ops.avgPool2d(x, [3, 2], { ...options, countIncludePad: false }),
    ),
  ]),
  row('maxPool2d', 'ceil mode where no whole window fits', [f(1, 1, 2, 2)], x =>
    ops.maxPool2d(x, 3, { stride: 2, ceilMode: true }),
  ),
  row('avgPool2d', 'ceil mode where no whole window fits', [f(1, 1, 2, 2)], x =>
    ops.avgPool2d(x, 3, { stride: 2, ceilMode: true }),
  ),
  row('maxPool2d', 'no images', [f(0, 2, 4, 4)], x => ops.maxPool2d(x, 2)),
  row('globalAvgPool2d', '', [f(2, 3, 3, 2)], ops.globalAvgPool2d),
  row('globalMaxPool2d', '', [f(2, 3, 3, 2)], ops.globalMaxPool2d),
  ...(
    [
      [3, 2],
      [7, 6],
      [5, 1],
      [9, 8],
    ] as const
  ).flatMap(size => [
    row('adaptiveAvgPool2d', `7 by 6 to ${size.join(' by ')}`, [f(1, 2, 7, 6)], x => ops.adaptiveAvgPool2d(x, size)),
    row('adaptiveMaxPool2d', `7 by 6 to ${size.join(' by ')}`, [f(1, 2, 7, 6)], x => ops.adaptiveMaxPool2d(x, size)),
  ]),
  row('adaptiveAvgPool2d', 'one size for both axes', [f(1, 2, 5, 4)], x => ops.adaptiveAvgPool2d(x, 2)),
  ...(
    [
      [5, 7],
      [2, 2],
      [3, 4],
      [1, 1],
    ] as const
  ).flatMap(size => [
    row('resize', `nearest, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x => ops.resize(x, size)),
    row('resize', `bilinear, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x => ops.resize(x, size, { mode: 'bilinear' })),
    row('resize', `bilinear with aligned corners, 3 by 4 to ${size.join(' by ')}`, [f(1, 2, 3, 4)], x =>
      ops.resize(x, size, { mode: 'bilinear', alignCorners: true }),
    ),
  ]),
  row('lpPool2d', '', [f(2, 2, 4, 6)], x => ops.lpPool2d(x, 2)),
  row('lpPool2d', 'an odd norm, stride and padding', [f(1, 2, 5, 4)], x =>
    ops.lpPool2d(x, [3, 2], { norm: 3, stride: 2, padding: 1 }),
  ),
  row('fractionalMaxPool2d', '', [f(2, 2, 7, 6)], x => ops.fractionalMaxPool2d(x, 2, { outputSize: [5, 4], offset: [0.3, 0.8] })),
  row('fractionalMaxPool2d', 'one window', [f(1, 2, 4, 3)], x =>
    ops.fractionalMaxPool2d(x, [3, 2], { outputSize: 1, offset: [0, 0] }),
  ),
  row('maxUnpool2d', '', [f(2, 2, 2, 3), index(24, 2, 2, 2, 3)], (x, indices) => ops.maxUnpool2d(x, indices, [4, 6])),
  row('pixelShuffle', '', [f(2, 8, 2, 3)], x => ops.pixelShuffle(x, 2)),
];
