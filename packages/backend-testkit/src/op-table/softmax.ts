import { ops } from '@cnn/tensor';
import { index, type OpCase, pos, row, wide } from './op-case.js';

/** Softmax and cross-entropy. */
export const softmaxes: readonly OpCase[] = [
  ...Object.entries({ softmax: ops.softmax, logSoftmax: ops.logSoftmax }).flatMap(([op, run]) => [
    row(op, '', [wide(3, 4)], x => run(x)),
    row(op, 'the middle axis', [wide(2, 3, 2)], x => run(x, 1)),
    row(op, 'an axis of 1', [wide(2, 1)], x => run(x)),
    row(op, 'no rows', [wide(0, 3)], x => run(x)),
  ]),
  row('softmaxCrossEntropy', 'labels', [wide(3, 4), index(4, 3)], (z, t) => ops.softmaxCrossEntropy(z, t)),
  row('softmaxCrossEntropy', 'labels, smoothed, summed', [wide(3, 4), index(4, 3)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.2, reduction: 'sum' }),
  ),
  row('softmaxCrossEntropy', 'labels, not reduced', [wide(3, 4), index(4, 3)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { reduction: 'none' }),
  ),
  row('softmaxCrossEntropy', 'soft targets that sum to anything', [wide(3, 4), pos(3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t),
  ),
  row('softmaxCrossEntropy', 'soft targets, smoothed', [wide(3, 4), pos(3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.1 }),
  ),
  row('softmaxCrossEntropy', 'labels over pixels', [wide(2, 3, 2, 2), index(3, 2, 2, 2)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { reduction: 'none' }),
  ),
  row('softmaxCrossEntropy', 'soft targets over pixels', [wide(2, 3, 4), pos(2, 3, 4)], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { labelSmoothing: 0.1 }),
  ),
];
