/** Model and weight files on disk. */
import { FormatError } from '@cnn/tensor';
import { readFileBytes, writeFileAtomic } from '@cnn/tensor/node';
import type { Graph } from './graph.js';
import type { Layer, LayerFactory } from './layer.js';
import { type ModelDetails, type ModelJSON, modelFromJSON, modelToJSON } from './model-json.js';
import type { Net } from './net.js';
import { parseSafetensors, type Safetensors } from './safetensors.js';
import { netToSafetensors } from './weights.js';

/** What a model file holds. */
export interface ModelFile extends ModelDetails {
  readonly model: Graph;
}

/**
 * Reads a safetensors file, for `loadWeights`.
 *
 * @throws {FileError} if it cannot be read. @throws {FormatError} as `parseSafetensors`.
 */
export async function readWeights(path: string): Promise<Safetensors> {
  return parseSafetensors(await readFileBytes(path), path);
}

/**
 * Writes a net's weights and its model as a safetensors file, see `netToSafetensors`. The file is whole or as it was before.
 *
 * @throws {FileError} if it cannot be written.
 */
export async function writeWeights(path: string, net: Net, metadata?: Readonly<Record<string, string>>): Promise<void> {
  await writeFileAtomic(path, await netToSafetensors(net, metadata));
}

/**
 * Reads a model file.
 *
 * @param layers - The layers that it may use, as `[...standardLayers, myLayer]`.
 * @throws {FileError} if it cannot be read. @throws {FormatError | OptionError} as `modelFromJSON`.
 */
export async function readModel(path: string, layers: readonly LayerFactory<never>[]): Promise<ModelFile> {
  const bytes = await readFileBytes(path);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError(path, `is not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
  const model = modelFromJSON(json, layers, path);
  const { format: _, version: __, model: ___, ...details } = json as ModelJSON;
  return { model, ...details };
}

/**
 * Writes a model file. The file is whole or as it was before.
 *
 * @param details - The input's shape, class names and normalisation.
 * @throws {FileError} if it cannot be written.
 */
export async function writeModel(path: string, model: Graph | Layer, details?: ModelDetails): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(modelToJSON(model, details), null, 2)}\n`);
}
