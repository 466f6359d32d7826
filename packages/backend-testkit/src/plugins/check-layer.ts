import { cpuReference } from '@cnn/backend-cpu';
import {
  type AnyLayerDefinition,
  graph,
  initialise,
  type Layer,
  type LayerFactory,
  layerOf,
  modelFromJSON,
  modelToJSON,
  type Net,
} from '@cnn/layers';
import { type AnyBackend, grad, isFloat, type OptionRule, ops, type Shape, type Tensor, tensor, tidy } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { spread } from '../numbers.js';
import type { FloatDType } from '../op-table/op-case.js';
import { check } from '../rules/expect.js';
import { compareNumbers } from '../tolerance.js';
import { watch } from '../watch.js';
import { checkRules } from './options.js';
import { checkSlopes } from './slopes.js';

/**
 * Checks a layer of a plugin: that its options are refused where they are wrong, that its config survives JSON, that its shapes are
 * those that were worked out for it, that its gradients are those of finite differences in float64, in training and outside, that the
 * same seed gives the same bits, that nothing is random outside training, that it changes neither its input nor its tensors, that
 * float32 gives the same numbers, and that it leaves no buffer behind.
 *
 * The inputs are numbers in (-1, 1) that look random. A layer whose values lie on a kink for them has no finite differences there.
 *
 * @param layer - What `defineLayer` gave, or the definition.
 * @param config - Options to check it with.
 * @param input - The shape of its input without the batch axis, as [channels, height, width]; of a layer with several inputs a list.
 * @throws {ConformanceError} that says what does not hold. @throws {OptionError | ShapeError} where the layer refuses the config or input.
 */
export async function checkLayer<C extends object>(
  layer: LayerFactory<C> | AnyLayerDefinition,
  config: C,
  input: Shape | readonly Shape[],
): Promise<void> {
  const definition = 'definition' in layer ? layer.definition : layer;
  checkOptionsOf(definition, config);
  const made = throughJSON(definition, config);
  const watched = watch(cpuReference({ poison: true }));
  const subject = new Subject(made, isList(input) ? input : [input], watched.backend);
  await subject.checkShapes();
  await subject.checkPurity();
  await subject.checkGradients(true);
  await subject.checkGradients(false);
  await subject.checkFloat32();
  if (watched.live() > 0) throw new ConformanceError(`${definition.type}: ${watched.live()} buffers were not freed`);
}

const isList = (input: Shape | readonly Shape[]): input is readonly Shape[] => Array.isArray(input[0]);

function checkOptionsOf(definition: AnyLayerDefinition, config: object): void {
  const make = (options: object): Layer => layerOf(definition, options);
  make(config);
  const { type, options = {}, required = [] } = definition;
  checkRules(type, config, options as Readonly<Record<string, OptionRule>>, make);
  for (const name of required) {
    const { [name]: _, ...rest } = config as Record<string, unknown>;
    checkRefused(`${type} without '${name}'`, () => make(rest));
  }
}

function checkRefused(what: string, make: () => unknown): void {
  let refused = false;
  try {
    make();
  } catch {
    refused = true;
  }
  check(refused, `${what} is no error`);
}

/** The layer as it comes back from a model file. */
function throughJSON(definition: AnyLayerDefinition, config: object): Layer {
  const layer = layerOf(definition, config);
  const factory = Object.assign(() => layer, { definition }) as LayerFactory<never>;
  const model = modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(layer))), [factory]);
  const found = model.nodes[0]!.layer as Layer;
  const [before, after] = [layer, found].map(each => JSON.stringify(each.config));
  check(before === after, `${definition.type}: the config ${before} comes back from JSON as ${after}`);
  return found;
}

/** Batches of this many. */
const BATCH = 3;

/** The layer under check, with its inputs. */
class Subject {
  readonly #type: string;
  readonly #model: ReturnType<typeof graph>;

  constructor(
    layer: Layer,
    readonly shapes: readonly Shape[],
    readonly backend: AnyBackend,
  ) {
    const names = shapes.map((_, i) => `input${i}`);
    this.#type = layer.definition.type;
    this.#model = graph({ inputs: names, nodes: [{ name: 'layer', layer, inputs: names }], outputs: ['layer'] });
  }

  #initialise(dtype: FloatDType): Net {
    return initialise(this.#model, { backend: this.backend, input: this.shapes, seed: 1, dtype });
  }

  #inputs(batch: number, dtype: FloatDType): Tensor[] {
    return this.shapes.map((shape, i) => {
      const size = shape.reduce((a, b) => a * b, batch);
      return tensor(this.backend, Float32Array.from(spread(size, i + 1)), { shape: [batch, ...shape], dtype });
    });
  }

  /** Runs something on a new net and inputs, and frees both. */
  async #with<T>(dtype: FloatDType, batch: number, run: (net: Net, inputs: readonly Tensor[]) => Promise<T>): Promise<T> {
    const net = this.#initialise(dtype);
    const inputs = this.#inputs(batch, dtype);
    try {
      return await run(net, inputs);
    } finally {
      net.dispose();
      for (const input of inputs) input.dispose();
    }
  }

  #numbers(dtype: FloatDType, training: boolean, step = 0): Promise<ArrayLike<number>> {
    return this.#with(dtype, BATCH, async (net, inputs) => {
      const y = tidy(() => net.apply(inputs, { training, step }) as Tensor);
      return y.data().finally(() => y.dispose());
    });
  }

  /** The output has the shape that was worked out, for any number of images. */
  async checkShapes(): Promise<void> {
    for (const batch of [1, BATCH])
      await this.#with('float32', batch, async (net, inputs) => {
        const y = tidy(() => net.apply(inputs) as Tensor);
        y.dispose();
        const want = [batch, ...net.outputShape];
        check(`${y.shape}` === `${want}`, `${this.#type}: the output for ${batch} is [${y.shape}], not [${want}]`);
        check(y.dtype === 'float32' || !isFloat(y.dtype), `${this.#type}: the output of float32 is ${y.dtype}`);
      });
  }

  /** The same seed gives the same bits, nothing is random outside training, and no input or tensor is changed. */
  async checkPurity(): Promise<void> {
    for (const training of [true, false]) {
      const mode = training ? 'in training' : 'outside training';
      const first = await this.#numbers('float64', training);
      compareNumbers(`${this.#type} ${mode}, a second time with one seed`, await this.#numbers('float64', training), first, 0);
      if (!training)
        compareNumbers(`${this.#type} ${mode}, at another step`, await this.#numbers('float64', training, 5), first, 0);
      await this.#with('float64', BATCH, async (net, inputs) => {
        const held = [...inputs, ...net.variables.map(({ value }) => value)];
        const before = await Promise.all(held.map(each => each.data()));
        tidy(() => void net.apply(inputs, { training }));
        for (const [i, each] of held.entries())
          compareNumbers(`${this.#type} ${mode}: an input or tensor afterwards`, await each.data(), before[i]!, 0);
      });
    }
  }

  /** Gradients of a random projection of the output, for inputs and parameters, are those of finite differences. */
  checkGradients(training: boolean): Promise<void> {
    return this.#with('float64', BATCH, async (net, inputs) => {
      const lossOf = (given: readonly Tensor[], update?: (name: string, next: Tensor) => void): Tensor => {
        const y = net.apply(given, { training, ...(update && { update }) }) as Tensor;
        const weights = tensor(this.backend, spread(y.size, 40), { shape: y.shape, dtype: y.dtype });
        return ops.sum(ops.mul(weights, ops.add(y, ops.mul(ops.square(y), 0.5))));
      };
      const sources = [
        ...inputs.map((value, i) => ({ name: `input ${i}`, value })),
        ...net.parameters.map(({ name, value }) => ({ name: name.replace('layer.', ''), value })),
      ];
      const { loss, grads, updates } = grad(
        ({ update }) => lossOf(inputs, update),
        sources.map(({ value }) => value),
      );
      loss.dispose();
      try {
        const variables = sources.map((source, i) => ({ ...source, gradient: grads[i]! }));
        await checkSlopes(this.backend, variables, (name, moved) => {
          const i = sources.findIndex(source => source.name === name);
          if (i < inputs.length) return lossOf(inputs.with(i, moved));
          const parameter = net.parameters[i - inputs.length]!;
          const kept = tidy(() => ops.mul(parameter.value, 1));
          parameter.assign(moved);
          const result = lossOf(inputs);
          parameter.assign(kept);
          return result;
        });
        // The trainer does this after each step; a name that is no state of the layer is an error here.
        net.commit(updates);
      } finally {
        for (const gradient of grads) gradient.dispose();
      }
    });
  }

  /** float32 gives the numbers of float64. */
  async checkFloat32(): Promise<void> {
    for (const training of [true, false]) {
      const want = await this.#numbers('float64', training);
      compareNumbers(`${this.#type} in float32`, await this.#numbers('float32', training), want, 1e-3);
    }
  }
}
