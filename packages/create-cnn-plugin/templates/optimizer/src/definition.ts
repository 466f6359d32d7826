import type { OptimizerDefinition } from '@cnn/optim';
import { ops, option } from '@cnn/tensor';

/** Options of the optimizer. */
export interface PluginNameOptions {
  /** β: how much of the running average stays. Default 0.9. */
  readonly beta: number;
}

/** The rule of the optimizer. It is apart from the factory so that the test can check it. */
export const definition: OptimizerDefinition<PluginNameOptions> = {
  type: 'pluginType',
  options: { beta: option.between(0, 1) },
  defaults: { learningRate: 0.001, beta: 0.9 },
  // Tensors that it keeps for each parameter, zeros at first.
  slots: () => ['average'],
  // One step of one parameter.
  step(parameter, [average], gradient, { learningRate, beta }) {
    average!.assign(ops.add(ops.mul(average!.value, beta), ops.mul(gradient, 1 - beta)));
    parameter.assign(ops.sub(parameter.value, ops.mul(ops.sign(average!.value), learningRate)));
  },
};
