/** Pictures of what each layer does with an image, drawn from the live tensors. */
import type { Net, PlannedLayer } from '@cnn/layers';
import { type Shape, type Tensor, type TypedArray, tidy } from '@cnn/tensor';
import type { LayerInfo, LayerPictures, Maps } from '../protocol.js';
import { passThrough } from './layer-by-layer.js';
import { statisticsOf } from './statistics.js';

/** More are not told apart on a screen. */
const MOST_MAPS = 64;
const MOST_FILTERS = 24;
const MOST_CHANNELS = 24;

/** What one image brings about: its loss and what each layer makes of it. */
export interface Pictures {
  readonly loss: number;
  readonly logits: TypedArray;
  readonly layers: readonly LayerPictures[];
}

/**
 * Sends an image through the net and its loss back.
 *
 * @param image - [1, c, h, w]. @param label - [1], int32.
 */
export async function picturesOf(net: Net, image: Tensor, label: Tensor): Promise<Pictures> {
  const { layers } = net.plan;
  const { outputs, grads, loss } = tidy(() => {
    const { loss, aux, grads } = passThrough(net, image, label);
    return { loss, outputs: aux.outputs, grads };
  });
  try {
    const pictures: LayerPictures[] = [];
    for (const [i, planned] of layers.entries()) {
      const name = `${planned.path}.weight`;
      const place = net.parameters.findIndex(parameter => parameter.name === name);
      const from = layers[planned.inputs[0]!];
      // The features of a linear layer after a flatten layer are pixels of maps.
      const flattened = from?.layer.definition.type === 'flatten' ? shapeOf(net, from.inputs[0]!) : undefined;
      pictures.push({
        ...layerInfo(planned),
        activations: imageMaps(await outputs[i]!.data(), planned.outputShape),
        activationGradients: imageMaps(await grads[i]!.data(), planned.outputShape),
        ...(place >= 0 && {
          weight: name,
          filters: filterMaps(await net.parameters[place]!.value.data(), net.parameters[place]!.value.shape, flattened),
          filterGradients: filterMaps(await grads[layers.length + place]!.data(), net.parameters[place]!.value.shape, flattened),
        }),
      });
    }
    const logits = await outputs[net.plan.outputs[0]!]!.data();
    return { loss: await loss.item(), logits, layers: pictures };
  } finally {
    for (const held of [loss, ...outputs, ...grads]) held.dispose();
  }
}

/** What a layer is, without its pictures. */
export const layerInfo = ({ path, layer, outputShape, slots }: PlannedLayer): LayerInfo => ({
  path,
  type: layer.definition.type,
  outputShape,
  parameters: Object.values(slots).reduce(
    (total, slot) => total + (slot?.kind === 'parameter' ? slot.shape.reduce((size, n) => size * n, 1) : 0),
    0,
  ),
});

/** The shape of a value of the plan, without the batch axis. */
const shapeOf = ({ plan }: Net, value: number): Shape =>
  value < 0 ? plan.inputShapes[-1 - value]! : plan.layers[value]!.outputShape;

/** [c, h, w] as c pictures; a vector as one row. */
function imageMaps(values: TypedArray, shape: Shape): Maps {
  const [height, width] = shape.length >= 2 ? [shape.at(-2)!, shape.at(-1)!] : [1, shape[0]!];
  return maps(values, height, width, values.length / (height * width));
}

/** Filters [f, c, kh, kw] as pictures, a filter a row; of colour images' first layer and of features each as it is. */
function filterMaps(values: TypedArray, shape: Shape, flattened: Shape | undefined): Maps {
  if (shape.length === 2 && flattened?.length === 3) return filterMaps(values, [shape[0]!, ...flattened], undefined);
  if (shape.length !== 4) return imageMaps(values, shape);
  const [filters, channels, height, width] = shape as [number, number, number, number];
  const [rows, columns] = [Math.min(filters, MOST_FILTERS), Math.min(channels, MOST_CHANNELS)];
  if (channels === 1) return maps(values, height, width, filters);
  const size = height * width;
  const shown = new Float32Array(rows * columns * size);
  for (let row = 0; row < rows; row++) {
    const start = row * channels * size;
    shown.set(values.subarray(start, start + columns * size), row * columns * size);
  }
  return {
    shape: [rows * columns, height, width],
    values: shown,
    rows: { pictures: columns, numbers: channels * size },
    statistics: statisticsOf(values),
  };
}

function maps(values: TypedArray, height: number, width: number, count: number): Maps {
  const shown = Math.min(count, MOST_MAPS);
  return {
    shape: [shown, height, width],
    values: Float32Array.from(values.subarray(0, shown * height * width)),
    statistics: statisticsOf(values),
  };
}
