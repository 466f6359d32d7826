/** A network's text as a model, with mistakes at their line. */
import { type Graph, type ModelDetails, modelFromJSON, type Summary, standardLayers, summary } from '@cnn/layers';
import { CnnError, OptionError, type Shape, showShape } from '@cnn/tensor';
import { type JsonLines, parseJsonLines, TextError } from '../text/json-lines.js';

/** A model that fits a dataset. */
export interface ReadModel extends Pick<ModelDetails, 'normalise'> {
  readonly model: Graph;
  readonly summary: Summary;
}

const SOURCE = 'network';

/**
 * Reads a network for images of a shape, sorted into some classes.
 *
 * @throws {TextError} with the line of what is wrong: no JSON, an unknown layer or option, or shapes that do not fit.
 */
export function readModel(text: string, input: Shape, classes: number): ReadModel {
  const json = parseJsonLines(text);
  const file = json.value as Partial<ModelDetails> & { readonly model?: unknown };
  const model = inLine(json, () => modelFromJSON(json.value, standardLayers, SOURCE));
  if (file.input && showShape(file.input) !== showShape(input))
    throw new TextError(`the input is ${showShape(file.input)}; the images are ${showShape(input)}`, json.lineOf('input'));
  const { normalise } = file;
  if (normalise && normalise.mean.length !== input[0])
    throw new TextError(
      `normalise has ${normalise.mean.length} means; the images have ${input[0]} channels`,
      json.lineOf('normalise'),
    );
  const whole = inLine(json, () => summary(model, input));
  const output = whole.outputShapes[0]!;
  if (whole.outputShapes.length !== 1 || showShape(output) !== showShape([classes])) {
    const last = whole.layers.at(-1);
    throw new TextError(
      `the network gives ${whole.outputShapes.map(showShape).join(' and ')}; ${classes} classes need [${classes}]`,
      json.lineOf(last ? placeOf(file.model, last.path) : 'model'),
    );
  }
  return { model, summary: whole, ...(normalise && { normalise }) };
}

/** Runs something that reads the model, and finds the line that its error means. */
function inLine<T>(json: JsonLines, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CnnError)) throw error;
    throw new TextError(error.message.replace(`${SOURCE}: `, ''), json.lineOf(placeIn(error, json)));
  }
}

/** The place in the file that an error's message names: by itself, or by a layer's path. */
function placeIn(error: CnnError, json: JsonLines): string {
  const layer = /layer '([^']+)'/.exec(error.message)?.[1];
  const named = new RegExp(`^${SOURCE}: ([^:\\s]+): `).exec(error.message)?.[1];
  const place = named ?? (layer === undefined ? 'model' : placeOf((json.value as { model: unknown }).model, layer));
  return error instanceof OptionError ? `${place}.${error.option}` : place;
}

/** Where in the file the layer of a path stands, as `model.layers.conv1` for `conv1`. */
function placeOf(model: unknown, path: string): string {
  let place = 'model';
  let part = model as Readonly<Record<string, unknown>> | undefined;
  for (const name of path.split('.')) {
    if (part?.type === 'graph') {
      const index = (part.nodes as { readonly name: string }[]).findIndex(node => node.name === name);
      place += `.nodes.${index}.layer`;
      part = (part.nodes as { readonly layer: typeof part }[])[index]?.layer;
    } else if (part?.type === 'residual') {
      place += `.${name}`;
      part = part[name] as typeof part;
    } else if (part && 'layers' in part) {
      place += `.layers.${name}`;
      part = (part.layers as Readonly<Record<string, typeof part>>)[name];
    }
  }
  return place;
}
