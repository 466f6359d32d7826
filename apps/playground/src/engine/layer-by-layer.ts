/** A net run one layer at a time, so that what is between the layers can be looked at. */
import type { Net, PlannedLayer } from '@cnn/layers';
import { type Gradients, grad, type Tensor } from '@cnn/tensor';
import { add, zeros } from '@cnn/tensor/ops';
import { lossOf } from './trainer.js';

/** The output of one layer, as in use after training. `tensors` may replace its own. */
export function runLayer(
  net: Net,
  { path, layer, slots }: PlannedLayer,
  inputs: readonly Tensor[],
  tensors: Readonly<Record<string, Tensor | undefined>> = variablesOf(net, { path, slots }),
): Tensor {
  const { forward, tuple } = layer.definition;
  // A net in use draws no random numbers and learns nothing of its images.
  const context = { training: false, key: [0, 0] as const, update: () => {} };
  return forward((tuple ? inputs : inputs[0]) as never, tensors as never, layer.config, context);
}

/** The tensors of a layer by the names that it gave them. */
export function variablesOf(net: Net, { path, slots }: Pick<PlannedLayer, 'path' | 'slots'>): Record<string, Tensor | undefined> {
  return Object.fromEntries(Object.keys(slots).map(key => [key, slots[key] && net.variable(`${path}.${key}`).value]));
}

/** The tensors that feed a layer, where -1 - i is the net's input i. */
export const inputsOf = ({ inputs }: PlannedLayer, images: Tensor, outputs: readonly Tensor[]): Tensor[] =>
  inputs.map(source => (source < 0 ? images : outputs[source]!));

/** What an image's way through the net and back gives; `grads` are of the layers' outputs, then of the parameters. */
export type Passed = Gradients<{ readonly loss: Tensor; readonly outputs: Tensor[] }>;

/** Every layer's output for some images, and the gradients of their loss. To be run in a scope. */
export function passThrough(net: Net, images: Tensor, labels: Tensor): Passed {
  // The gradient for a number is that for what is added to it.
  const shifts = net.plan.layers.map(({ outputShape }) => zeros(net.backend, [images.shape[0]!, ...outputShape]));
  const result = grad(() => {
    const outputs: Tensor[] = [];
    net.plan.layers.forEach((planned, i) => {
      outputs.push(add(runLayer(net, planned, inputsOf(planned, images, outputs)), shifts[i]!));
    });
    return { loss: lossOf(outputs[net.plan.outputs[0]!]!, labels), outputs };
  }, [...shifts, ...net.parameters.map(({ value }) => value)]);
  return result as Passed;
}
