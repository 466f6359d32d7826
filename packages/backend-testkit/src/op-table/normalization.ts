import { ops } from '@cnn/tensor';
import { f, type OpCase, pos, row } from './op-case.js';

/** Normalisations. */
export const normalisations: readonly OpCase[] = [
  row('batchNorm', '', [f(3, 2, 2, 2), f(2), f(2)], (x, w, b) => Object.values(ops.batchNorm(x, w, b))),
  row('batchNorm', 'y alone', [f(3, 2, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).y),
  row('batchNorm', 'the mean alone', [f(3, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).mean),
  row('batchNorm', 'the variance alone', [f(3, 2, 2), f(2), f(2)], (x, w, b) => ops.batchNorm(x, w, b).variance),
  row('batchNorm', 'no spatial axes, a large epsilon', [f(4, 3), f(3), f(3)], (x, w, b) =>
    Object.values(ops.batchNorm(x, w, b, { epsilon: 0.1 })),
  ),
  row('batchNormInference', '', [f(2, 3, 2, 2), f(3), f(3), f(3), pos(3)], (x, w, b, mean, variance) =>
    ops.batchNormInference(x, w, b, { mean, variance }),
  ),
  row('batchNormInference', 'no images', [f(0, 3), f(3), f(3), f(3), pos(3)], (x, w, b, mean, variance) =>
    ops.batchNormInference(x, w, b, { mean, variance }, { epsilon: 1e-3 }),
  ),
  row('layerNorm', '', [f(2, 3, 4)], x => ops.layerNorm(x, [4])),
  row('layerNorm', 'two axes, weight and bias', [f(2, 3, 4), f(3, 4), f(3, 4)], (x, w, b) => ops.layerNorm(x, [3, 4], w, b)),
  row('layerNorm', 'bias only', [f(2, 4), f(4)], (x, b) => ops.layerNorm(x, [4], undefined, b, { epsilon: 0.1 })),
  row('groupNorm', '', [f(2, 4, 3), f(4), f(4)], (x, w, b) => ops.groupNorm(x, 2, w, b)),
  row('groupNorm', 'one group, no weight', [f(2, 3, 2, 2)], x => ops.groupNorm(x, 1)),
  row('instanceNorm', '', [f(2, 2, 3, 2), f(2), f(2)], (x, w, b) => ops.instanceNorm(x, w, b)),
  row('localResponseNorm', 'an odd neighbourhood', [f(2, 5, 2, 2)], x =>
    ops.localResponseNorm(x, { size: 3, alpha: 0.5, beta: 0.6, k: 1.2 }),
  ),
  row('localResponseNorm', 'an even neighbourhood, wider than the channels', [f(1, 2, 2, 2)], x =>
    ops.localResponseNorm(x, { size: 4, alpha: 0.5 }),
  ),
];
