import { type AxisAttrs, type Spec, sizeOf } from '@cnn/tensor';
import { coordinates, linesOf } from '../indexing.js';
import type { DeviceKernel, DeviceKernels, Launch, Ref } from '../program.js';
import { foldUp, largest, total } from './fold-up.js';

/** Of each line along an axis the largest number, and the sum of what e^x is relative to its. */
function statistics(launch: Launch, x: Ref, { shape }: Spec, axis: number): { top: Ref; sum: Ref; line: string } {
  const { length, inner } = linesOf(shape, axis);
  const groups = { size: sizeOf(shape) / length, count: length };
  const at = `${coordinates('g', [groups.size / inner, inner], ['o', 'i'])}\nconst at = (o * ${length} + n) * ${inner} + i;`;
  const top = foldUp(launch, largest, groups, { x }, `${at}\nconst v = x[at];`);
  const sum = foldUp(launch, total, groups, { x, top }, `${at}\nconst v = Math.exp(x[at] - top[g]);`);
  const line = `${coordinates('t', [groups.size / inner, length, inner], ['o', 'j', 'i'])}\nconst g = o * ${inner} + i;`;
  return { top, sum, line };
}

/** Whether a line's softmax is defined: infinity less infinity is NaN, but e to that is anything on some devices. */
const defined = (top: string): string => `Math.abs(${top}) <= 3.4028234663852886e38`;

const alongAxis = (value: string): DeviceKernel<AxisAttrs> => ({
  plan: (launch, [x], { axis }) => {
    const { top, sum, line } = statistics(launch, 0, x!, axis);
    const body = `${line}\nlet r = nan;\nif (${defined('top[g]')}) { r = ${value}; }\nreturn r;`;
    return [launch(sizeOf(x!.shape), { x: 0, top, sum }, body)];
  },
});

/** Softmax, its logarithm, and the cross-entropy of the two. */
export const softmax: DeviceKernels<'softmax' | 'logSoftmax' | 'softmaxCrossEntropy' | 'softmaxCrossEntropyGrad'> = {
  softmax: alongAxis('Math.exp(x[t] - top[g]) / sum[g]'),
  logSoftmax: alongAxis('x[t] - top[g] - Math.log(sum[g])'),
  softmaxCrossEntropy: {
    plan: (launch, [logits, targets]) => {
      const [n, classes] = logits!.shape as [number, number];
      const { top, sum } = statistics(launch, 0, logits!, 1);
      const logProbability = (j: string): string => `logits[t * ${classes} + ${j}] - top[t] - Math.log(sum[t])`;
      const labels = targets!.dtype === 'int32';
      // A label out of range must not look like a right one.
      const body = `let chosen = 0;
let every = 0;
for (let j = 0; j < ${classes}; j++) {
const l = ${logProbability('j')};
every += l;
${labels ? 'if (targets[t] === j) { chosen = l; }' : `chosen += l * targets[t * ${classes} + j];`}
}
${labels ? `if (targets[t] < 0 || targets[t] >= ${classes}) { chosen = nan; }` : ''}
let r = -chosen;
if (!(${defined('top[t]')})) { r = nan; }
else if (smoothing > 0) { r = -(chosen * (1 - smoothing) + every / ${classes} * smoothing); }
return r;`;
      return [launch(n, { logits: 0, targets: 1, top, sum }, body)];
    },
    scalars: ({ labelSmoothing }) => ({ smoothing: labelSmoothing }),
    key: () => 0,
  },
  softmaxCrossEntropyGrad: {
    plan: (launch, [, logits, targets]) => {
      const [n, classes] = logits!.shape as [number, number];
      const { top, sum } = statistics(launch, 1, logits!, 1);
      const place = coordinates('t', [n, classes], ['g', 'j']);
      const end = `const smooth = hard * (1 - smoothing) + smoothing / ${classes};
let r = nan;
if (${defined('top[g]')}) { r = dy[g] * (Math.exp(logits[t] - top[g]) / sum[g] * all - smooth); }
return r;`;
      const arrays = { dy: 0, logits: 1, targets: 2, top, sum };
      if (targets!.dtype === 'int32') {
        const body = `${place}
let hard = 0;
if (targets[g] === j) { hard = 1; }
if (targets[g] < 0 || targets[g] >= ${classes}) { hard = nan; }
const all = 1;
${end}`;
        return [launch(n * classes, arrays, body)];
      }
      // Probabilities need not sum to 1.
      const number = `const v = targets[g * ${classes} + n] * (1 - smoothing) + smoothing / ${classes};`;
      const totals = foldUp(launch, total, { size: n, count: classes }, { targets: 2 }, number);
      return [launch(n * classes, { ...arrays, totals }, `${place}\nconst hard = targets[t];\nconst all = totals[g];\n${end}`)];
    },
    scalars: ({ labelSmoothing }) => ({ smoothing: labelSmoothing }),
    key: () => 0,
  },
};
