import { type AxisAttrs, type SoftmaxCrossEntropyAttrs, sizeOf } from '@cnn/tensor';
import type { WasmKernel } from './kernel.js';

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
    if (inner === 1) runtime.exports[`${name}Rows`](outer, n, x.buffer.pointer, y.pointer);
    else runtime.exports[`${name}Columns`](outer, n, inner, x.buffer.pointer, y.pointer);
    return [y];
  };

const softmaxCrossEntropy: WasmKernel<SoftmaxCrossEntropyAttrs> = (runtime, inputs, { labelSmoothing }, outputs) => {
  const logits = inputs[0]!;
  const targets = inputs[1]!;
  if (logits.dtype !== 'float32') return undefined;
  const loss = runtime.allocate(outputs[0]!);
  const run = targets.dtype === 'int32' ? runtime.exports.crossEntropyLabels : runtime.exports.crossEntropyTargets;
  run(logits.shape[0]!, logits.shape[1]!, logits.buffer.pointer, targets.buffer.pointer, labelSmoothing, loss.pointer);
  return [loss];
};

const softmaxCrossEntropyGrad: WasmKernel<SoftmaxCrossEntropyAttrs> = (runtime, inputs, { labelSmoothing }, outputs) => {
  const dy = inputs[0]!;
  const logits = inputs[1]!;
  const targets = inputs[2]!;
  if (logits.dtype !== 'float32') return undefined;
  const dx = runtime.allocate(outputs[0]!);
  const run = targets.dtype === 'int32' ? runtime.exports.crossEntropyLabelsGrad : runtime.exports.crossEntropyTargetsGrad;
  run(
    logits.shape[0]!,
    logits.shape[1]!,
    dy.buffer.pointer,
    logits.buffer.pointer,
    targets.buffer.pointer,
    labelSmoothing,
    dx.pointer,
  );
  return [dx];
};

/** Softmax and its cross-entropy, in float32. */
export const softmax = {
  softmax: kernel('softmax'),
  logSoftmax: kernel('logSoftmax'),
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
};
