/** Finding models: by name, in a model file, or in the folder of a training run. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { initialise, loadWeights, type Net, type Summary, summary } from '@cnn/layers';
import { type ModelFile, readModel, readWeights } from '@cnn/layers/node';
import { standardModels } from '@cnn/models';
import { type AnyBackend, FormatError, OptionError, type Shape, ShapeError, showShape } from '@cnn/tensor';
import type { Registry } from './plugins.js';

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/**
 * The model of a name, a `.json` file, or a folder with a model.json.
 *
 * @param classes - For a model that goes by a name: how many classes it shall tell apart.
 * @throws {OptionError} if there is no such model. @throws {FormatError} for a damaged file.
 */
export async function findModel(name: string, registry: Registry, classes?: number): Promise<ModelFile> {
  const entry = Object.hasOwn(standardModels, name) ? standardModels[name] : undefined;
  if (entry) return { model: entry.build(classes === undefined ? {} : { classes }), input: entry.input };
  const file = name.endsWith('.json') ? name : join(name, 'model.json');
  if (!(await isFile(file))) {
    throw new OptionError(
      'cnn',
      'model',
      name,
      `${Object.keys(standardModels).join(', ')}, a model file (.json) or the folder of a run`,
    );
  }
  return readModel(file, registry.layers);
}

/** A trained net and what one must know to use it. */
export interface TrainedNet {
  readonly net: Net;
  readonly input: readonly [number, number, number];
  readonly classes: readonly string[];
  readonly normalise: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/**
 * The trained net in the folder of a run.
 *
 * @throws {OptionError} if there is no run. @throws {FileError | FormatError | ShapeError} if something is missing in it or damaged.
 */
export async function openTrained(folder: string, registry: Registry, backend: AnyBackend): Promise<TrainedNet> {
  const modelFile = join(folder, 'model.json');
  if (!(await isFile(modelFile))) throw new OptionError('cnn', '--model', folder, 'the folder of a training run');
  const { model, input, classes, normalise } = await readModel(modelFile, registry.layers);
  if (!input || !classes || !normalise) {
    const missing = Object.entries({ input, classes, normalise }).flatMap(([field, value]) => (value ? [] : [field]));
    throw new FormatError(modelFile, `it has no ${missing.join(', no ')}, so it is not the model of a training run`);
  }
  const weights = join(folder, 'model.safetensors');
  if (!(await isFile(weights))) throw new FormatError(folder, 'it has no model.safetensors; the run is not finished');
  checkOutput(summary(model, input), classes);
  const net = initialise(model, { backend, input });
  loadWeights(net, await readWeights(weights));
  return { net, input: imageShape(input), classes, normalise };
}

/** @throws {ShapeError} unless a model gives one number a class. */
export function checkOutput({ outputShapes }: Summary, classes: readonly string[]): void {
  const given = outputShapes.map(showShape).join(' and ');
  if (given !== showShape([classes.length]))
    throw new ShapeError(`the model gives ${given} for an image; ${classes.length} classes need [${classes.length}]`);
}

/** A shape as that of an image. @throws {FormatError} if it is not one. */
export function imageShape(input: Shape): readonly [number, number, number] {
  if (input.length !== 3)
    throw new FormatError('model.json', `input [${input.join(', ')}] is not an image [channels, height, width]`);
  return input as readonly [number, number, number];
}
