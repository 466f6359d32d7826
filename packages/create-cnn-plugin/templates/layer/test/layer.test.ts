import { cpuReference } from '@cnn/backend-cpu';
import { checkLayer } from '@cnn/backend-testkit/plugins';
import { initialise, sequential } from '@cnn/layers';
import { tensor, tidy } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { pluginName } from '../src/index.js';

/** Options, the way through a model file, shapes, gradients by finite differences, seeds, float32 and buffers. */
test('keeps the rules of layers', async () => {
  await checkLayer(pluginName, { beta: 0.5 }, [3, 4, 5]);
  await checkLayer(pluginName, {}, [6]);
});

test('computes x σ(βx)', async () => {
  const backend = cpuReference();
  const net = initialise(sequential([pluginName({ beta: 2 })]), { backend, input: [1, 1, 3] });
  const y = tidy(() => net.apply(tensor(backend, [[[[-1, 0, 1]]]])));
  // -1 / (1 + e²), 0 and 1 / (1 + e⁻²), by a calculator.
  const expected = [-0.1192029, 0, 0.8807971];
  for (const [i, number] of (await y.data()).entries()) expect(number).toBeCloseTo(expected[i]!, 6);
});

test('refuses what is wrong', () => {
  expect(() => pluginName({ beta: Number.NaN })).toThrow("pluginType: option 'beta' is NaN; allowed: a finite number");
  expect(() => initialise(sequential([pluginName()]), { backend: cpuReference(), input: [] })).toThrow('it takes [c]');
});
