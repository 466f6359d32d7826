import { cpuReference } from '@cnn/backend-cpu';
import { checkLayer } from '@cnn/backend-testkit/plugins';
import { grad, gradientCheck, ops, tensor } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { pluginName, pluginNameLayer } from '../src/index.js';

const backend = cpuReference();
const numbers = () => tensor(backend, [-2, -0.5, 0, 0.3, 4], { dtype: 'float64' });

test('computes x / √(1 + αx²)', async () => {
  // With α = 1/4: -4 / √5, 0 and 1 / √(5/4), by a calculator.
  const y = await pluginName(tensor(backend, [-4, 0, 1], { dtype: 'float64' }), 0.25).data();
  for (const [i, expected] of [-1.788854382, 0, 0.894427191].entries()) expect(y[i]).toBeCloseTo(expected, 8);
});

test('has the gradient of finite differences', async () => {
  const { passed } = await gradientCheck(x => ops.sum(ops.square(pluginName(x!, 0.7))), [numbers()]);
  expect(passed).toBe(true);
});

test('has the second gradient of finite differences', async () => {
  const slopes = (x: Parameters<typeof pluginName>[0]) => grad(() => ops.sum(pluginName(x, 0.7)), [x]).grads[0]!;
  const { passed } = await gradientCheck(x => ops.sum(ops.square(slopes(x!))), [numbers()]);
  expect(passed).toBe(true);
});

test('refuses what is wrong', () => {
  expect(() => pluginName(numbers(), 0)).toThrow("pluginName: option 'alpha' is 0; allowed: a number > 0");
  expect(() => pluginName(tensor(backend, [1, 2], { dtype: 'int32' }))).toThrow('pluginName');
});

/** Options, the way through a model file, shapes, gradients, float32 and buffers. */
test('its layer keeps the rules of layers', () => checkLayer(pluginNameLayer, { alpha: 0.7 }, [3, 4, 5]));
