/** Activations where their formula changes, and for numbers that are none. Golden numbers hold the rest. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, OptionError, ops, type Tensor, tensor } from '@cnn/tensor';
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
  ['celu', (x: Tensor) => ops.celu(x, 0.5), 0, 1],
  ['celu', (x: Tensor) => ops.celu(x, 0.5), 1000, 1],
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

test.each(['elu', 'celu', 'selu', 'leakyRelu', 'relu6', 'silu', 'mish', 'softsign', 'hardSigmoid', 'hardSwish', 'gelu'] as const)(
  '%s of NaN is NaN',
  name => {
    expect(ops[name](tensor(backend, Number.NaN)).dataSync()[0]).toBeNaN();
  },
);

test('celu', () => {
  const x = tensor(backend, [-4, -1, -0.25, 0, 0.5, 3], { dtype: 'float64' });
  const { loss, aux, grads } = grad(() => {
    const y = ops.celu(x, 1.5);
    return { loss: ops.sum(y), y };
  }, [x]);
  // torch.nn.functional.celu(x, alpha=1.5) of PyTorch 1.13 in float64, and the gradient of its sum.
  expect([...aux.y.dataSync()]).toEqual(
    [-1.3957748231657976, -0.729874321451112, -0.2302774126640788, 0.0, 0.5, 3.0].map(value => expect.closeTo(value, 12)),
  );
  expect([...grads[0]!.dataSync()]).toEqual(
    [0.06948345122280154, 0.513417119032592, 0.8464817248906141, 1.0, 1.0, 1.0].map(value => expect.closeTo(value, 12)),
  );
  for (const t of [x, loss, aux.y, ...grads]) t.dispose();
});

test.each([0, -1, Number.NaN])('celu refuses alpha %d', alpha => {
  const x = tensor(backend, 1);
  expect(() => ops.celu(x, alpha)).toThrow(OptionError);
  expect(() => ops.celu(x, alpha)).toThrow(/celu: option 'alpha' is .*; allowed: a number > 0/);
});
