import { type AxisAttrs, type SoftmaxCrossEntropyAttrs, type Spec, sizeOf } from '@cnn/tensor';
import { rowsWorth } from './grain.js';
import type { WasmKernel } from './kernel.js';

/** An element of a softmax takes some times the effort of an elementwise function. */
const WORK = 4;

const kernel =
  (name: 'softmax' | 'logSoftmax'): WasmKernel<AxisAttrs> =>
  (runtime, inputs, { axis }, outputs) => {
    const x = inputs[0]!;
    if (x.dtype !== 'float32') return undefined;
    const n = x.shape[axis]!;
    let inner = 1;
    for (let i = axis + 1; i < x.shape.length; i++) inner *= x.shape[i]!;
    const outer = n * inner === 0 ? 0 : sizeOf(x.shape) / (n * inner);
    const y = runtime.allocate(outputs[0]!);
    const [from, to] = [x.buffer.pointer, y.pointer];
    const step = 4 * inner;
    if (inner === 1) {
      runtime.over(outer, rowsWorth(n, WORK), `${name}Rows`, (first, count) => [
        count,
        n,
        from + 4 * n * first,
        to + 4 * n * first,
      ]);
    } else if (outer === 1) {
      runtime.over(inner, rowsWorth(n, WORK), `${name}Columns`, (first, count) => [
        1,
        n,
        count,
        step,
        from + 4 * first,
        to + 4 * first,
      ]);
    } else {
      runtime.over(outer, rowsWorth(n * inner, WORK), `${name}Columns`, (first, count) => {
        const offset = n * step * first;
        return [count, n, inner, step, from + offset, to + offset];
      });
    }
    return [y];
  };

/** The kernel's name is that of the targets: an int32 label a row, or a weight for each logit. */
const targetsOf = ({ dtype, shape }: Spec) =>
  dtype === 'int32' ? { kind: 'Labels' as const, size: 1 } : { kind: 'Targets' as const, size: shape[1]! };

const softmaxCrossEntropy: WasmKernel<SoftmaxCrossEntropyAttrs> = (runtime, inputs, { labelSmoothing }, outputs) => {
  const logits = inputs[0]!;
  const targets = inputs[1]!;
  if (logits.dtype !== 'float32') return undefined;
  const [rows, n] = logits.shape as [number, number];
  const { kind, size } = targetsOf(targets);
  const loss = runtime.allocate(outputs[0]!);
  runtime.over(rows, rowsWorth(n, WORK), `crossEntropy${kind}`, (first, count) => [
    count,
    n,
    logits.buffer.pointer + 4 * n * first,
    targets.buffer.pointer + 4 * size * first,
    labelSmoothing,
    loss.pointer + 4 * first,
  ]);
  return [loss];
};

const softmaxCrossEntropyGrad: WasmKernel<SoftmaxCrossEntropyAttrs> = (runtime, inputs, { labelSmoothing }, outputs) => {
  const dy = inputs[0]!;
  const logits = inputs[1]!;
  const targets = inputs[2]!;
  if (logits.dtype !== 'float32') return undefined;
  const [rows, n] = logits.shape as [number, number];
  const { kind, size } = targetsOf(targets);
  const dx = runtime.allocate(outputs[0]!);
  runtime.over(rows, rowsWorth(n, WORK), `crossEntropy${kind}Grad`, (first, count) => [
    count,
    n,
    dy.buffer.pointer + 4 * first,
    logits.buffer.pointer + 4 * n * first,
    targets.buffer.pointer + 4 * size * first,
    labelSmoothing,
    dx.pointer + 4 * n * first,
  ]);
  return [dx];
};

/** Softmax and its cross-entropy, in float32. */
export const softmax = {
  softmax: kernel('softmax'),
  logSoftmax: kernel('logSoftmax'),
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
};
