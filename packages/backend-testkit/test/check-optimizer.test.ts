/** Every standard rule passes; each kind of mistake in an optimizer is named. */
import type { OptimizerDefinition } from '@cnn/optim';
import { ops, option, step, type Tensor, type Variable } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { checkOptimizer } from '../src/plugins.js';

interface MomentumConfig {
  readonly momentum: number;
}

/** The momentum method, with ops that anybody may use. */
const momentum: OptimizerDefinition<MomentumConfig> = {
  type: 'acme/momentum',
  options: { momentum: option.between(0, 1) },
  defaults: { learningRate: 0.01, momentum: 0.9 },
  slots: () => ['velocity'],
  step(parameter, [velocity], gradient, { learningRate, momentum: share }) {
    velocity!.assign(ops.add(ops.mul(velocity!.value, share), gradient));
    parameter.assign(ops.sub(parameter.value, ops.mul(velocity!.value, learningRate)));
  },
};

test('a rule made of ops', () => checkOptimizer(momentum));

test('a rule with a step op', () =>
  checkOptimizer<MomentumConfig>({
    ...momentum,
    step: (parameter, slots, gradient, { learningRate, momentum: share }) =>
      step(ops.sgdStepOp, [parameter, ...slots], [gradient], {
        learningRate,
        momentum: share,
        dampening: 0,
        nesterov: false,
        weightDecay: 0,
        first: false,
      }),
  }));

describe('an optimizer with a mistake', () => {
  type Mistake = readonly [change: Partial<OptimizerDefinition<MomentumConfig>>, message: string];
  const move = (parameter: Variable, by: Tensor): void => parameter.assign(ops.sub(parameter.value, by));
  const steps: unknown[] = [];
  const mistakes: Readonly<Record<string, Mistake>> = {
    'an option that may be NaN': [
      { options: { momentum: { allowed: 'a number', accepts: value => typeof value === 'number' } } },
      "option 'momentum' may be NaN",
    ],
    'an option that JSON does not keep': [
      { defaults: { learningRate: 0.01, momentum: Number.POSITIVE_INFINITY } },
      'allowed: a number in [0, 1]',
    ],
    'a step uphill': [
      { step: (parameter, _, gradient, { learningRate }) => move(parameter, ops.mul(gradient, -learningRate)) },
      'steps on a quadratic loss lead from',
    ],
    'a step of its own size': [
      { step: (parameter, _, gradient) => move(parameter, ops.mul(gradient, 0.01)) },
      'with a learning rate of 0',
    ],
    'a memory that is no slot': [
      {
        step: (parameter, _, gradient, { learningRate }) => {
          steps.push(gradient);
          move(parameter, ops.mul(gradient, learningRate * (1 + (steps.length % 5))));
        },
      },
      'parameter 0',
    ],
  };
  test.each(Object.entries(mistakes))('%s', async (_, [change, message]) => {
    await expect(checkOptimizer({ ...momentum, ...change })).rejects.toThrow(message);
  });
});
