/** Weights of a net to and from safetensors. */
import { DTypeError, FormatError, isFloat, ShapeError, sameShape, showShape, tensor, tidy, UsageError } from '@cnn/tensor';
import { modelToJSON } from './model-json.js';
import type { Net } from './net.js';
import { formatSafetensors, type Safetensors, type SafetensorsTensor } from './safetensors.js';

/** The metadata key under which a weight file holds its model, as the text of a model file. */
export const MODEL_KEY = 'cnn.model';

/**
 * A net's parameters and state as the bytes of a safetensors file, by the names of its variables. They depend on the arguments
 * only. The model stands in the metadata under `cnn.model`, as JSON.
 *
 * @param metadata - More text for the file; one under `cnn.model` replaces the model, as with class names added.
 */
export async function netToSafetensors(net: Net, metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  const [input, ...others] = net.plan.inputShapes;
  const model = modelToJSON(net.model, input && others.length === 0 ? { input } : {});
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, value } of net.variables)
    tensors.set(name, { dtype: value.dtype, shape: value.shape, data: await value.data() });
  return formatSafetensors(tensors, { [MODEL_KEY]: JSON.stringify(model), ...metadata });
}

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /**
   * The variable's name for a tensor's name in the file: a function, or a record for those that differ. Undefined leaves the
   * tensor out on purpose. Default: the same names.
   */
  readonly rename?: ((name: string) => string | undefined) | Readonly<Record<string, string | undefined>>;
  /** Whether every variable must be in the file, and every tensor of the file in the net. Default true. */
  readonly strict?: boolean;
}

/** What {@link loadWeights} did. */
export interface LoadedWeights {
  /** Variables that were assigned. */
  readonly loaded: readonly string[];
  /** Variables that the file does not have. */
  readonly missing: readonly string[];
  /** Tensors of the file that the net has no variable for, by their names in the file. */
  readonly leftOver: readonly string[];
}

/**
 * Assigns the tensors of a file to a net's variables of the same names. Either all fit, or nothing is assigned. float32 and
 * float64 are cast to the net's dtype.
 *
 * @throws {FormatError} if names are missing or left over, all of them listed, unless `strict` is false.
 * @throws {ShapeError} for another shape. @throws {DTypeError} for whole numbers, or a number too large for float32.
 * @throws {UsageError} if two tensors are renamed to one variable.
 */
export function loadWeights(net: Net, file: Safetensors, { rename = {}, strict = true }: LoadWeightsOptions = {}): LoadedWeights {
  const nameOf = (name: string): string | undefined =>
    typeof rename === 'function' ? rename(name) : Object.hasOwn(rename, name) ? rename[name] : name;
  const variables = new Map(net.variables.map(variable => [variable.name, variable]));
  const sources = new Map<string, string>();
  const leftOver: string[] = [];
  for (const name of file.tensors.keys()) {
    const target = nameOf(name);
    if (target === undefined) continue;
    if (!variables.has(target)) leftOver.push(name);
    else if (sources.has(target))
      throw new UsageError(`loadWeights: '${sources.get(target)}' and '${name}' of ${file.source} are both '${target}'`);
    else sources.set(target, name);
  }
  const missing = [...variables.keys()].filter(name => !sources.has(name));
  if (strict && (missing.length > 0 || leftOver.length > 0)) {
    throw new FormatError(
      file.source,
      `not the weights of this model; missing: ${missing.join(', ') || 'none'}; left over: ${leftOver.join(', ') || 'none'}`,
    );
  }
  tidy(() => {
    const next = [...sources].map(([target, name]) => {
      const variable = variables.get(target)!;
      const place = `${file.source}: tensor '${name}'${name === target ? '' : ` for '${target}'`}`;
      return { variable, value: tensorFor(net, variable.value.shape, file.tensors.get(name)!, place) };
    });
    for (const { variable, value } of next) variable.assign(value);
  }, 'loadWeights');
  return { loaded: [...sources.keys()], missing, leftOver };
}

function tensorFor(net: Net, shape: readonly number[], found: SafetensorsTensor, place: string) {
  if (!sameShape(found.shape, shape))
    throw new ShapeError(`${place} is ${showShape(found.shape)}; the model has ${showShape(shape)}`);
  if (!isFloat(found.dtype)) throw new DTypeError(`${place} is ${found.dtype}; weights are float32 or float64`);
  const data = net.dtype === 'float32' ? Float32Array.from(found.data) : Float64Array.from(found.data);
  const large = data.findIndex((x, i) => !Number.isFinite(x) && Number.isFinite(found.data[i]));
  if (large >= 0) throw new DTypeError(`${place} holds ${found.data[large]} at index ${large}, too large for ${net.dtype}`);
  return tensor(net.backend, data, { shape, dtype: net.dtype });
}
