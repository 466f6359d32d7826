import { type NormAttrs, type Shape, sizeOf } from '@cnn/tensor';
import { coordinates } from '../indexing.js';
import type { DeviceKernels } from '../program.js';
import { foldUp, total } from './fold-up.js';

/** The channels of [n, c, ...]: each has `count` numbers, of which `at` finds number `n` of channel `g`. */
function channels([images, c, ...spatial]: Shape) {
  const inner = sizeOf(spatial);
  const size = c!;
  return {
    groups: { size, count: images! * inner },
    at: `${coordinates('n', [images!, inner], ['image', 'i'])}\nconst at = (image * ${size} + g) * ${inner} + i;`,
    channel: coordinates('t', [images!, size, inner], ['image', 'g', 'i']),
  };
}

const scalars = ({ epsilon }: NormAttrs) => ({ epsilon });
const key = () => 0;

/** Batch normalisation. The variance is that of the differences from the mean, so that a large mean does not hide it. */
export const normalization: DeviceKernels<'batchNorm' | 'batchNormGrad' | 'batchNormInference'> = {
  batchNorm: {
    plan: (launch, [x]) => {
      const { groups, at, channel } = channels(x!.shape);
      const sum = foldUp(launch, total, groups, { x: 0 }, `${at}\nconst v = x[at];`);
      const mean = launch(groups.size, { sum }, `return sum[t] / ${groups.count};`);
      const squares = foldUp(launch, total, groups, { x: 0, mean }, `${at}\nconst d = x[at] - mean[g];\nconst v = d * d;`);
      const variance = launch(groups.size, { squares }, `return squares[t] / ${groups.count};`);
      const body = `${channel}\nreturn (x[t] - mean[g]) / Math.sqrt(variance[g] + epsilon) * weight[g] + bias[g];`;
      return [launch(sizeOf(x!.shape), { x: 0, mean, variance, weight: 1, bias: 2 }, body), mean, variance];
    },
    scalars,
    key,
  },
  batchNormGrad: {
    plan: (launch, [, x]) => {
      const { groups, at, channel } = channels(x!.shape);
      const normal = (index: string): string => `(x[${index}] - mean[g]) / Math.sqrt(variance[g] + epsilon)`;
      const arrays = { dy: 0, x: 1, mean: 3, variance: 4 };
      const dWeight = foldUp(launch, total, groups, arrays, `${at}\nconst v = dy[at] * ${normal('at')};`);
      const dBias = foldUp(launch, total, groups, { dy: 0 }, `${at}\nconst v = dy[at];`);
      const body = `${channel}
const inner = dy[t] - (dBias[g] + ${normal('t')} * dWeight[g]) / ${groups.count};
return inner / Math.sqrt(variance[g] + epsilon) * weight[g];`;
      return [launch(sizeOf(x!.shape), { ...arrays, weight: 2, dWeight, dBias }, body), dWeight, dBias];
    },
    scalars,
    key,
  },
  batchNormInference: {
    plan: (launch, [x]) => {
      const body = `${channels(x!.shape).channel}\nreturn (x[t] - mean[g]) / Math.sqrt(variance[g] + epsilon) * weight[g] + bias[g];`;
      return [launch(sizeOf(x!.shape), { x: 0, weight: 1, bias: 2, mean: 3, variance: 4 }, body)];
    },
    scalars,
    key,
  },
};
