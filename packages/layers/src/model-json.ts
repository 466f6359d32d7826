/** Models as JSON: `{ "format": "cnn-model", "version": 1, "model": … }`. */
import { CnnError, FormatError, OptionError, type Shape, show } from '@cnn/tensor';
import { branches, type Graph, graph, residual, sequential } from './graph.js';
import { type AnyLayerDefinition, type Layer, type LayerFactory, layerOf } from './layer.js';

/** A layer in JSON, with its config; or a graph or one of its shorthands. */
export interface LayerJSON {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How pixels become a model's input: (x / 255 - mean) / deviation, per channel. */
export interface NormaliseJSON {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** A model file. */
export interface ModelJSON {
  readonly format: 'cnn-model';
  readonly version: 1;
  /** The input's shape without the batch axis. */
  readonly input?: Shape;
  /** What the outputs stand for, in order. */
  readonly classes?: readonly string[];
  readonly normalise?: NormaliseJSON;
  readonly model: LayerJSON;
}

/** What a model file says beside its layers. */
export type ModelDetails = Pick<ModelJSON, 'input' | 'classes' | 'normalise'>;

const version = 1;
/** Of layers in layers. Nobody builds that deep, and the stack would not hold what a hostile file can ask for. */
const deepest = 100;
const knownFields = ['format', 'version', 'input', 'classes', 'normalise', 'model'];

/** A model as JSON, with what else a user of it must know. */
export const modelToJSON = (model: Graph | Layer, details: ModelDetails = {}): ModelJSON => ({
  format: 'cnn-model',
  version,
  ...details,
  model: layerToJSON(model),
});

function layerToJSON(layer: Layer | Graph): LayerJSON {
  if (layer.kind === 'layer') return { type: layer.definition.type, ...layer.config };
  const { inputs, nodes, outputs } = layer;
  // JavaScript moves keys that look like numbers to the front of an object.
  const keepsOrder = Object.keys(Object.fromEntries(nodes.map(({ name }) => [name, 0]))).every(
    (key, i) => key === nodes[i]!.name,
  );
  const isChain =
    nodes.length > 0 &&
    keepsOrder &&
    inputs.join() === 'input' &&
    outputs.join() === nodes.at(-1)!.name &&
    nodes.every((node, i) => node.inputs.join() === (i === 0 ? 'input' : nodes[i - 1]!.name));
  if (!isChain)
    return { type: 'graph', inputs, nodes: nodes.map(node => ({ ...node, layer: layerToJSON(node.layer) })), outputs };
  const layers = nodes.map(node => layerToJSON(node.layer));
  if (nodes.every((node, i) => node.name === String(i))) return { type: 'sequential', layers };
  return { type: 'sequential', layers: Object.fromEntries(nodes.map((node, i) => [node.name, layers[i]])) };
}

/**
 * The model of a model file. Layer types are looked up in an explicit list, which may hold a plugin's.
 *
 * @param source - What errors call the file.
 * @throws {FormatError} for another format, a newer version, an unknown field or layer type, with the place in the file.
 * @throws {OptionError} for a layer's option that is unknown or impossible, likewise.
 */
export function modelFromJSON(json: unknown, layers: readonly LayerFactory<never>[], source = 'model'): Graph {
  const fail = (place: string, problem: string): never => {
    throw new FormatError(source, `${place}: ${problem}`);
  };
  if (!isRecord(json) || json.format !== 'cnn-model')
    return fail('format', `is ${show(isRecord(json) ? json.format : json)}, not 'cnn-model'`);
  if (json.version !== version) return fail('version', `is ${show(json.version)}; this release reads version ${version}`);
  const odd = Object.keys(json).find(field => !knownFields.includes(field));
  if (odd) return fail(odd, `no field of this name; known: ${knownFields.join(', ')}`);
  const { input, classes, normalise } = json;
  if (input !== undefined && !isShape(input)) fail('input', `is ${show(input)}, not a shape`);
  if (classes !== undefined && !isListOf(classes, name => typeof name === 'string'))
    fail('classes', `is ${show(classes)}, not a list of names`);
  if (normalise !== undefined && !isNormalise(normalise))
    return fail('normalise', `is ${show(normalise)}, not { mean: [...], deviation: [...] }`);
  if (normalise && isShape(input) && input.length === 3 && input[0] !== normalise.mean.length)
    fail('normalise', `has ${normalise.mean.length} means; the input ${show(input)} has ${input[0]} channels`);

  // Says where in the file it was that a part could not be made.
  const build = <T>(place: string, make: () => T): T => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof CnnError)) throw error;
      if (!(error instanceof OptionError))
        throw new FormatError(source, `${place}: ${error.message}`, undefined, { cause: error });
      error.message = `${source}: ${place}: ${error.message}`;
      throw error;
    }
  };

  const definitions = new Map<string, AnyLayerDefinition>();
  for (const { definition } of layers) {
    if (definitions.has(definition.type)) throw new FormatError(source, `two layers are called '${definition.type}'`);
    definitions.set(definition.type, definition);
  }

  const read = (value: unknown, place: string, depth: number): Layer | Graph => {
    if (depth > deepest) return fail(place, `is nested more than ${deepest} deep`);
    if (!isRecord(value) || typeof value.type !== 'string') return fail(place, `is ${show(value)}, not a layer { "type": … }`);
    const { type, ...rest } = value;
    const only = (...fields: string[]): void => {
      const other = Object.keys(rest).find(field => !fields.includes(field));
      if (other) fail(`${place}.${other}`, `a ${type} has no such field; it has ${fields.join(', ')}`);
    };
    const given = (field: string): unknown => rest[field] ?? fail(`${place}.${field}`, 'is missing');
    const readAll = (parts: unknown, at: string): readonly (Layer | Graph)[] | Record<string, Layer | Graph> => {
      if (Array.isArray(parts)) return parts.map((part, i) => read(part, `${at}.${i}`, depth + 1));
      if (isRecord(parts))
        return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, read(part, `${at}.${name}`, depth + 1)]));
      return fail(at, `is ${show(parts)}, not a list of layers`);
    };
    switch (type) {
      case 'sequential':
      case 'branches': {
        only('layers');
        const parts = readAll(given('layers'), `${place}.layers`);
        return build(place, () => (type === 'sequential' ? sequential(parts) : branches(parts)));
      }
      case 'residual':
        only('body', 'shortcut');
        return residual(
          read(given('body'), `${place}.body`, depth + 1),
          rest.shortcut === undefined ? undefined : read(rest.shortcut, `${place}.shortcut`, depth + 1),
        );
      case 'graph':
        only('inputs', 'nodes', 'outputs');
        return readGraph(rest, place, depth);
      default: {
        const definition = definitions.get(type);
        if (!definition) return fail(`${place}.type`, `unknown layer '${type}'; known: ${[...definitions.keys()].join(', ')}`);
        return build(place, () => layerOf(definition, rest));
      }
    }
  };

  const readGraph = ({ inputs, nodes, outputs }: Record<string, unknown>, place: string, depth: number): Graph => {
    const names = (value: unknown, at: string): string[] =>
      isListOf(value, name => typeof name === 'string')
        ? (value as string[])
        : fail(at, `is ${show(value)}, not a list of names`);
    if (!Array.isArray(nodes)) return fail(`${place}.nodes`, `is ${show(nodes)}, not a list`);
    const parts = {
      inputs: names(inputs, `${place}.inputs`),
      outputs: names(outputs, `${place}.outputs`),
      nodes: nodes.map((node, i) => {
        const at = `${place}.nodes.${i}`;
        if (!isRecord(node) || typeof node.name !== 'string') return fail(at, `is ${show(node)}, not { name, layer, inputs }`);
        const odd = Object.keys(node).find(field => !['name', 'layer', 'inputs'].includes(field));
        if (odd) fail(`${at}.${odd}`, 'a node has no such field; it has name, layer, inputs');
        return { name: node.name, layer: read(node.layer, `${at}.layer`, depth + 1), inputs: names(node.inputs, `${at}.inputs`) };
      }),
    };
    return build(place, () => graph(parts));
  };

  const model = read(json.model, 'model', 0);
  return model.kind === 'graph' ? model : sequential([model]);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, accepts: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(accepts);
const isShape = (value: unknown): value is Shape => isListOf(value, n => Number.isSafeInteger(n) && (n as number) > 0);
const isNormalise = (value: unknown): value is NormaliseJSON =>
  isRecord(value) &&
  isListOf(value.mean, Number.isFinite) &&
  isListOf(value.deviation, n => Number.isFinite(n) && n !== 0) &&
  (value.mean as unknown[]).length === (value.deviation as unknown[]).length;
