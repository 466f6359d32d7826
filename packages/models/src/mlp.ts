import { flatten, type Graph, type Layer, linear, relu, sequential } from '@cnn/layers';
import { checkOptions, option } from '@cnn/tensor';

/** A multilayer perceptron: the pixels as one vector, hidden layers with relu (default one of 128 units), and a layer of class scores. */
export function mlp(options: { classes?: number; hidden?: readonly number[] } = {}): Graph {
  checkOptions('mlp', options, { classes: option.count, hidden: option.list(option.count) });
  const { classes = 10, hidden = [128] } = options;
  const layers: Record<string, Layer> = { flatten: flatten() };
  hidden.forEach((units, i) => {
    layers[`fc${i + 1}`] = linear({ units });
    layers[`relu${i + 1}`] = relu();
  });
  layers[`fc${hidden.length + 1}`] = linear({ units: classes });
  return sequential(layers);
}
