import { ops } from '@cnn/tensor';
import { given, index, type OpCase, pos, row, special, wide } from './op-case.js';

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
  ...Object.entries({ softmax: ops.softmax, logSoftmax: ops.logSoftmax }).map(([op, run]) =>
    row(op, 'far apart', [given('float', [1000, 0, -1000, 999, -1000, -1001], [2, 3])], x => run(x)),
  ),
  row('softmaxCrossEntropy', 'logits far apart', [given('float', [500, 0, -500, -500, 500, 499], [2, 3]), index(3, 2)], (z, t) =>
    ops.mul(ops.softmaxCrossEntropy(z, t, { reduction: 'none' }), 1e-3),
  ),
  special('softmaxCrossEntropy', 'a label out of range is NaN', [wide(3, 3), given('int32', [1, 3, -1])], (z, t) =>
    ops.softmaxCrossEntropy(z, t, { reduction: 'none' }),
  ),
];
