/** A model laid out as a list of layers with known shapes. No weights are made. */
import {
  CnnError,
  costs,
  flopsOf,
  type ObservedOp,
  type Shape,
  ShapeError,
  shapesBackend,
  showShape,
  type Tensor,
  tidy,
  withLabel,
} from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import type { Graph } from './graph.js';
import type { Layer, LayerContext, Slot } from './layer.js';

/** One layer of a model in its place. */
export interface PlannedLayer {
  /** Where it is in the model, as `block1.conv`. */
  readonly path: string;
  readonly layer: Layer;
  /** The values that feed it: -1 - i is the model's input i, otherwise the index of a planned layer. */
  readonly inputs: readonly number[];
  readonly slots: Readonly<Record<string, Slot | undefined>>;
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** Floating-point operations for one example; a multiply-add counts as two. */
  readonly flops: number;
}

/** A model in the order in which it runs. */
export interface Plan {
  /** Shapes of the inputs without the batch axis. */
  readonly inputShapes: readonly Shape[];
  readonly layers: readonly PlannedLayer[];
  /** The values that come out, numbered as in {@link PlannedLayer}. */
  readonly outputs: readonly number[];
  /** Their shapes without the batch axis. */
  readonly outputShapes: readonly Shape[];
  /** How often each value is read, by layers and as an output. */
  readonly readers: ReadonlyMap<number, number>;
  /** Layers that run together with the one that follows them: that one's index, by the first's. */
  readonly followers: ReadonlyMap<number, number>;
}

/** A list of input shapes, where one or a list was given. */
export const shapesOf = (input: Shape | readonly Shape[]): readonly Shape[] =>
  (input.length > 0 && Array.isArray(input[0]) ? input : [input]) as readonly Shape[];

/** Runs a layer under its path, and puts path and type before the message of an error that it threw. */
export function inLayer<T>(path: string, layer: Layer, run: () => T): T {
  try {
    return withLabel(path, run);
  } catch (error) {
    if (error instanceof CnnError) error.message = `layer '${path}' (${layer.definition.type}): ${error.message}`;
    throw error;
  }
}

function readersOf(layers: readonly PlannedLayer[], outputs: readonly number[]): Map<number, number> {
  const readers = new Map<number, number>();
  for (const value of [...layers.flatMap(layer => layer.inputs), ...outputs]) readers.set(value, (readers.get(value) ?? 0) + 1);
  return readers;
}

/** Pairs of layers that run as one, from the last: relu joins the pool that follows it rather than the convolution before. */
function followersOf(layers: readonly PlannedLayer[], readers: ReadonlyMap<number, number>): Map<number, number> {
  const followers = new Map<number, number>();
  for (let second = layers.length - 1; second > 0; second--) {
    const { layer, inputs } = layers[second]!;
    const [first] = inputs;
    if (inputs.length !== 1 || first === undefined || first < 0 || readers.get(first) !== 1) continue;
    if (followers.has(second) || !Object.hasOwn(layers[first]!.layer.definition.followedBy ?? {}, layer.definition.type))
      continue;
    followers.set(first, second);
  }
  return followers;
}

/** Feeds a layer and the one that follows it. */
export function forwardPair({ definition, config }: Layer, next: Layer, inputs: readonly Tensor[], tensors: object): Tensor {
  const run = definition.followedBy![next.definition.type]!;
  return run((definition.tuple ? inputs : inputs[0]) as never, tensors as never, config, next.config);
}

/** Feeds a layer: one tensor, or a list where its definition takes one. @throws {ShapeError} for several inputs where it takes one. */
export function forwardLayer(layer: Layer, inputs: readonly Tensor[], tensors: object, context: LayerContext): Tensor {
  const { forward, tuple } = layer.definition;
  if (!tuple && inputs.length !== 1) throw new ShapeError(`it takes one input and has ${inputs.length}`);
  return forward((tuple ? inputs : inputs[0]) as never, tensors as never, layer.config, context);
}

/**
 * Lays a model out for inputs of given shapes, without the batch axis. Shapes are worked out by running every layer on the
 * shapes-only backend, so that no layer writes a shape function.
 *
 * @throws {ShapeError | OptionError} where a layer does not fit, with the layer's path.
 */
export function planModel(model: Graph, inputShapes: readonly Shape[]): Plan {
  if (inputShapes.length !== model.inputs.length) {
    throw new ShapeError(
      `the model has ${model.inputs.length} inputs (${model.inputs.join(', ')}); got shapes for ${inputShapes.length}`,
    );
  }
  const layers: PlannedLayer[] = [];
  let flops = 0;
  const observe = (op: ObservedOp): void => {
    flops += flopsOf(op)!;
  };
  // A plugin's op runs as the ops it is composed of, whose costs are known.
  const backend = shapesBackend({ observe, runs: name => Object.hasOwn(costs, name) });
  const tensorOf = new Map<number, Tensor>();

  const place = (path: string, layer: Layer, inputs: readonly number[]): number =>
    inLayer(path, layer, () => {
      const given = inputs.map(value => tensorOf.get(value)!);
      const slots = layer.definition.init?.(layer.config, given[0]!.shape.slice(1), {
        param: (shape, initialiser) => ({ kind: 'parameter', shape, initialiser }),
        state: (shape, initialiser) => ({ kind: 'state', shape, initialiser }),
      });
      const tensors: Record<string, Tensor | undefined> = {};
      for (const [name, slot] of Object.entries(slots ?? {})) tensors[name] = slot && ops.zeros(backend, slot.shape);
      flops = 0;
      const output = forwardLayer(layer, given, tensors, { training: false, key: [0, 0], update: () => {} });
      const value = layers.length;
      tensorOf.set(value, output);
      layers.push({ path, layer, inputs, slots: slots ?? {}, outputShape: output.shape.slice(1), flops });
      return value;
    });

  const placeGraph = (prefix: string, graph: Graph, inputs: readonly number[]): number[] => {
    const values = new Map(graph.inputs.map((name, i) => [name, inputs[i]!]));
    for (const { name, layer, inputs: sources } of graph.nodes) {
      const path = `${prefix}${name}`;
      const fed = sources.map(source => values.get(source)!);
      if (layer.kind === 'layer') values.set(name, place(path, layer, fed));
      else {
        if (fed.length !== layer.inputs.length)
          throw new ShapeError(`graph '${path}' has ${layer.inputs.length} inputs and is fed ${fed.length}`);
        const results = placeGraph(`${path}.`, layer, fed);
        if (results.length !== 1)
          throw new ShapeError(`graph '${path}' has ${results.length} outputs; inside a model it may have one`);
        values.set(name, results[0]!);
      }
    }
    return graph.outputs.map(name => values.get(name)!);
  };

  return tidy(() => {
    inputShapes.forEach((shape, i) => {
      if (shape.some(n => !Number.isSafeInteger(n) || n < 1))
        throw new ShapeError(`input '${model.inputs[i]}' is ${showShape(shape)}; sizes are whole numbers >= 1`);
      tensorOf.set(-1 - i, ops.zeros(backend, [1, ...shape]));
    });
    const outputs = placeGraph(
      '',
      model,
      inputShapes.map((_, i) => -1 - i),
    );
    const outputShapes = outputs.map(value => tensorOf.get(value)!.shape.slice(1));
    const readers = readersOf(layers, outputs);
    return { inputShapes, layers, outputs, outputShapes, readers, followers: followersOf(layers, readers) };
  }, 'planModel');
}
