/** How activations and gradients spread from layer to layer, to see whether first weights are of a good size. */
import { checkOptions, grad, option, randomKey, type Tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import type { Net } from './net.js';
import { forwardLayer, inLayer } from './plan.js';

/** Options of {@link activationStatistics}. */
export interface ActivationStatisticsOptions {
  /** The scalar whose gradients are meant, from the net's first output [n, ...]. Default: the sum. */
  readonly loss?: (output: Tensor) => Tensor;
  /** How many bars a histogram has. Default 20. */
  readonly bins?: number;
}

/** Statistics of the numbers of one layer over a batch. */
export interface ValueStatistics {
  readonly mean: number;
  /** The root of the mean squared distance from the mean. */
  readonly deviation: number;
  readonly lowest: number;
  readonly highest: number;
  /** How many numbers lie in each of equal parts of the way from `lowest` to `highest`. */
  readonly histogram: readonly number[];
  /** The share of units that are exactly 0 for every example of the batch. */
  readonly dead: number;
}

/** What one layer gives, and how the loss depends on it. */
export interface LayerStatistics {
  /** Where it is in the model, as `block1.conv`. */
  readonly path: string;
  readonly type: string;
  readonly outputs: ValueStatistics;
  /** Of the gradients of the loss for the outputs. */
  readonly gradients: ValueStatistics;
}

/**
 * Mean, deviation, histogram and dead share of every layer's outputs and of the loss's gradients for them, in a pass as of training.
 * With weights of a good size the deviations stay alike from layer to layer (Glorot and Bengio, 2010; He et al., 2015). Nothing of the
 * net changes.
 *
 * @param batch - [n, ...input]; a list for a net with several inputs.
 * @returns One entry a layer, in the order in which they run.
 * @throws {ShapeError} where the batch does not fit, or the loss is no scalar.
 */
export async function activationStatistics(
  net: Net,
  batch: Tensor | readonly Tensor[],
  options: ActivationStatisticsOptions = {},
): Promise<LayerStatistics[]> {
  checkOptions('activationStatistics', options, { loss: option.function, bins: option.count });
  const { loss: lossOf = (output: Tensor) => ops.sum(output), bins = 20 } = options;
  const { layers } = net.plan;
  const { outputs, gradients } = tidy(() => {
    // The gradient for a number is that for what is added to it.
    const inputs = [batch].flat() as Tensor[];
    const shifts = layers.map(({ outputShape }) => ops.zeros(net.backend, [inputs[0]!.shape[0]!, ...outputShape], net.dtype));
    const { aux, grads } = grad(() => {
      const outputs = shiftedOutputs(net, inputs, shifts);
      return { loss: lossOf(outputs[net.plan.outputs[0]!]!), outputs };
    }, shifts);
    return { outputs: aux.outputs, gradients: grads };
  });
  try {
    const statistics = async (values: Tensor): Promise<ValueStatistics> =>
      statisticsOf(await values.data(), values.shape[0]!, bins);
    const found: LayerStatistics[] = [];
    for (const [i, { path, layer }] of layers.entries()) {
      const [of, by] = [await statistics(outputs[i]!), await statistics(gradients[i]!)];
      found.push({ path, type: layer.definition.type, outputs: of, gradients: by });
    }
    return found;
  } finally {
    for (const each of [...outputs, ...gradients]) each.dispose();
  }
}

/** The output of every layer, with something added to each. */
function shiftedOutputs(net: Net, inputs: readonly Tensor[], shifts: readonly Tensor[]): Tensor[] {
  const outputs: Tensor[] = [];
  net.plan.layers.forEach(({ path, layer, slots, inputs: sources }, i) => {
    const tensors = Object.fromEntries(
      Object.entries(slots).map(([key, slot]) => [key, slot && net.variable(`${path}.${key}`).value]),
    );
    const fed = sources.map(source => (source < 0 ? inputs[-1 - source]! : outputs[source]!));
    const context = { training: true, key: randomKey(net.seed, path, 0), update: () => {} };
    outputs.push(
      ops.add(
        inLayer(path, layer, () => forwardLayer(layer, fed, tensors, context)),
        shifts[i]!,
      ),
    );
  });
  return outputs;
}

function statisticsOf(values: ArrayLike<number>, examples: number, bins: number): ValueStatistics {
  // #region statistics
  const numbers = Float64Array.from(values);
  const mean = numbers.reduce((total, x) => total + x, 0) / numbers.length;
  const deviation = Math.sqrt(numbers.reduce((total, x) => total + (x - mean) ** 2, 0) / numbers.length);
  // #endregion statistics
  const lowest = numbers.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY);
  const highest = numbers.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const histogram = new Array<number>(bins).fill(0);
  // The highest number belongs to the last bar.
  const width = (highest - lowest) / bins || 1;
  for (const x of numbers) histogram[Math.min(bins - 1, Math.floor((x - lowest) / width))]!++;
  const units = numbers.length / examples;
  let dead = 0;
  for (let unit = 0; unit < units; unit++) {
    let isDead = true;
    for (let example = 0; isDead && example < examples; example++) isDead = numbers[example * units + unit] === 0;
    if (isDead) dead++;
  }
  return { mean, deviation, lowest, highest, histogram, dead: dead / units };
}
