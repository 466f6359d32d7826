import { type Graph, type PlannedLayer, planModel } from '@cnn/layers';
import { type Shape, sizeOf } from '@cnn/tensor';

/** What a model has and costs, from shapes alone. */
export interface Sizes {
  readonly parameters: number;
  /** Multiply-adds of convolutions and linear layers for one example, as papers count them. */
  readonly multiplyAdds: number;
  readonly outputs: readonly Shape[];
  readonly layers: readonly PlannedLayer[];
}

export function sizesOf(model: Graph, input: Shape): Sizes {
  const { layers, outputShapes } = planModel(model, [input]);
  const shapeBefore = (value: number): Shape => (value < 0 ? input : layers[value]!.outputShape);
  let parameters = 0;
  let multiplyAdds = 0;
  for (const { layer, slots, inputs, outputShape } of layers) {
    for (const slot of Object.values(slots)) if (slot?.kind === 'parameter') parameters += sizeOf(slot.shape);
    // A weight is used once for each pixel of what a convolution writes, or of what a transposed one reads.
    const { type } = layer.definition;
    const pixels = type === 'convTranspose2d' ? shapeBefore(inputs[0]!) : outputShape;
    if (type === 'conv2d' || type === 'convTranspose2d' || type === 'linear')
      multiplyAdds += sizeOf(slots.weight!.shape) * sizeOf(pixels.slice(1));
  }
  return { parameters, multiplyAdds, outputs: outputShapes, layers };
}
