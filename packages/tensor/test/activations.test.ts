/** Activations where their formula changes, and for numbers that are none. Golden numbers hold the rest. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, type Tensor, tensor } from '@cnn/tensor';
import { expect, test } from 'vitest';

const backend = cpuReference({ poison: true });

/** The derivative at a number. */
function slope(fn: (x: Tensor) => Tensor, at: number): number {
  const x = tensor(backend, at, { dtype: 'float64' });
  return grad(() => fn(x), [x]).grads[0]!.dataSync()[0]!;
}

// The derivatives that PyTorch's backward formulas give there.
test.each([
  ['elu', (x: Tensor) => ops.elu(x, 0.5), 0, 0.5],
  ['selu', ops.selu, 0, 1.0507009873554805 * 1.6732632423543772],
  ['leakyRelu', (x: Tensor) => ops.leakyRelu(x, 0.2), 0, 0.2],
  ['relu6', ops.relu6, 0, 0],
  ['relu6', ops.relu6, 6, 0],
  ['softsign', ops.softsign, 0, 1],
  ['hardSigmoid', ops.hardSigmoid, -3, 0],
  ['hardSigmoid', ops.hardSigmoid, 3, 0],
  ['hardSwish', ops.hardSwish, -3, -0.5],
  ['hardSwish', ops.hardSwish, 3, 1.5],
  ['elu', (x: Tensor) => ops.elu(x), 1000, 1],
])('the derivative of %s at %3$d', (_, fn, at, derivative) => {
  expect(slope(fn, at)).toBeCloseTo(derivative, 12);
});

test.each(['elu', 'selu', 'leakyRelu', 'relu6', 'silu', 'mish', 'softsign', 'hardSigmoid', 'hardSwish', 'gelu'] as const)(
  '%s of NaN is NaN',
  name => {
    expect(ops[name](tensor(backend, Number.NaN)).dataSync()[0]).toBeNaN();
  },
);
