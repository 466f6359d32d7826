/** One number of a layer's output taken apart: what it is made of, and where its gradient goes. */
import type { Net, PlannedLayer } from '@cnn/layers';
import { grad, type Shape, sameShape, type Tensor, tensor, tidy } from '@cnn/tensor';
import { add, avgPool2d, fillLike, mul, sum } from '@cnn/tensor/ops';
import type { GlassBox, Term } from '../protocol.js';
import { inputsOf, passThrough, runLayer, variablesOf } from './layer-by-layer.js';

/** Layers whose output is a sum of inputs times numbers that do not depend on them, and a bias. */
const sums = new Set([
  'conv2d',
  'convTranspose2d',
  'depthwiseConv2d',
  'locallyConnected2d',
  'linear',
  'avgPool2d',
  'globalAvgPool2d',
  'adaptiveAvgPool2d',
  'add',
  'concat',
  'flatten',
  'reshape',
  'permute',
  'pad2d',
  'padChannels',
  'crop2d',
  'upsample',
  'pixelShuffle',
  'dropout',
  'spatialDropout',
  'gaussianNoise',
]);
const maxima = new Set(['maxPool2d', 'globalMaxPool2d', 'adaptiveMaxPool2d']);
/** Terms of a function that are shown, by the size of their products. */
const MOST_TERMS = 4096;

/**
 * Takes one output of a layer apart. Which inputs it depends on, and how, is asked of the layer itself: the weight of an input is
 * the derivative for it.
 *
 * @param image - [1, c, h, w]. @param label - [1], int32. @param unit - The index into the layer's output.
 */
export async function glassBoxOf(net: Net, image: Tensor, label: Tensor, layer: number, unit: number): Promise<GlassBox> {
  const planned = net.plan.layers[layer]!;
  const { type } = planned.layer.definition;
  const found = tidy(() => {
    const { aux, grads } = passThrough(net, image, label);
    const inputs = inputsOf(planned, image, aux.outputs);
    const weights = derivatives(inputs, unit, inputs => runLayer(net, planned, inputs));
    return {
      inputs: inputs.map(copy),
      weights,
      reach: reachOf(net, planned, inputs, unit),
      output: copy(aux.outputs[layer]!),
      gradient: copy(grads[layer]!),
    };
  });
  try {
    const value = (await found.output.data())[unit]!;
    const gradient = (await found.gradient.data())[unit]!;
    const terms: Term[] = [];
    for (const [input, x] of found.inputs.entries()) {
      const [values, weights, reach] = [await x.data(), await found.weights[input]!.data(), await found.reach[input]!.data()];
      const shape = x.shape.slice(1);
      // What relu has cut off has no derivative, and is shown all the same.
      const own = sums.has(type) || !sameShape(shape, planned.outputShape) ? -1 : unit;
      for (let i = 0; i < values.length; i++) {
        if (reach[i] === 0 && weights[i] === 0 && i !== own) continue;
        const [value, weight] = [values[i]!, weights[i]!];
        terms.push({ input, place: placeOf(i, shape), value, weight, product: value * weight, gradient: gradient * weight });
      }
    }
    const bias = sums.has(type) ? await biasFor(net, planned, unit) : undefined;
    return {
      path: planned.path,
      type,
      place: placeOf(unit, planned.outputShape),
      value,
      kind: sums.has(type) ? 'sum' : maxima.has(type) ? 'maximum' : 'function',
      terms: terms.length <= MOST_TERMS ? terms : largest(terms),
      ...(bias !== undefined && { bias }),
      gradient,
      sources: planned.inputs.map(source => (source < 0 ? 'image' : net.plan.layers[source]!.path)),
    };
  } finally {
    for (const held of [...found.inputs, ...found.weights, ...found.reach, found.output, found.gradient]) held.dispose();
  }
}

/** The same numbers in a tensor that may leave the scope of what it was made in. */
const copy = (x: Tensor): Tensor => add(x, fillLike(x, 0));

/** The derivatives of one output for each input. */
function derivatives(inputs: readonly Tensor[], unit: number, run: (inputs: readonly Tensor[]) => Tensor): Tensor[] {
  return grad(() => {
    const output = run(inputs);
    const one = new Float32Array(output.size);
    one[unit] = 1;
    return sum(mul(output, tensor(output.backend, one, { shape: output.shape })));
  }, inputs).grads;
}

/** Not 0 for the inputs that an output looks at, be their weights 0 or not: the derivatives with weights of 1, or of the mean for a maximum. */
function reachOf(net: Net, planned: PlannedLayer, inputs: readonly Tensor[], unit: number): Tensor[] {
  const { definition, config } = planned.layer;
  if (definition.type === 'maxPool2d' && !('dilation' in config)) {
    const { kernelSize, fit: _, ...options } = config as { readonly kernelSize: number; readonly fit?: string };
    return derivatives(inputs, unit, ([x]) => avgPool2d(x!, kernelSize, options));
  }
  const tensors = Object.fromEntries(
    Object.entries(variablesOf(net, planned)).map(([key, value]) => [
      key,
      value && key === 'weight' ? fillLike(value, 1) : value,
    ]),
  );
  return derivatives(inputs, unit, inputs => runLayer(net, planned, inputs, tensors));
}

/** What is added to the products: the bias of the output's filter or unit. */
async function biasFor(net: Net, { path, slots, outputShape }: PlannedLayer, unit: number): Promise<number | undefined> {
  if (!slots.bias) return undefined;
  const bias = await net.variable(`${path}.bias`).value.data();
  return bias.length === outputShape.reduce((size, n) => size * n, 1) ? bias[unit]! : bias[placeOf(unit, outputShape)[0]!]!;
}

const largest = (terms: readonly Term[]): Term[] =>
  [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, MOST_TERMS);

/** A flat index as one a axis. */
function placeOf(index: number, shape: Shape): number[] {
  const place: number[] = [];
  let left = index;
  for (const size of [...shape].reverse()) {
    place.unshift(left % size);
    left = Math.floor(left / size);
  }
  return place;
}
