import { cpuReference } from '@cnn/backend-cpu';
import { checkOptimizer } from '@cnn/backend-testkit/plugins';
import { tensor, Variable } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { definition } from '../src/definition.js';
import { pluginName } from '../src/index.js';

/** Options, slots, progress on a quadratic loss, the way through a checkpoint, and buffers. */
test('keeps the rules of optimizers', () => checkOptimizer(definition));

test('computes two steps as by hand', async () => {
  const backend = cpuReference();
  const parameter = new Variable('p', tensor(backend, [1, 1, 1]));
  const optimizer = pluginName({ learningRate: 0.25, beta: 0.5 }).init([parameter]);
  // m = [1, -1, 0], so p = [1 - 1/4, 1 + 1/4, 1].
  optimizer.step([tensor(backend, [2, -2, 0])]);
  expect([...(await parameter.value.data())]).toEqual([0.75, 1.25, 1]);
  // m = [1/2 - 2, -1/2 - 1/2, 0 + 1], so p goes up, up and down.
  optimizer.step([tensor(backend, [-4, -1, 2])]);
  expect([...(await parameter.value.data())]).toEqual([1, 1.5, 0.75]);
});

test('refuses a β that is no share', () => {
  expect(() => pluginName({ beta: 2 })).toThrow("pluginType: option 'beta' is 2; allowed: a number in [0, 1]");
});
