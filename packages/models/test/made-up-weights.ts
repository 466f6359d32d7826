/** Weights and images of made-up numbers, the same as in `fixtures/from-torchvision.py`. */
import { loadWeights, type Net, type SafetensorsTensor } from '@cnn/layers';
import { sizeOf } from '@cnn/tensor';

/**
 * Gives a net weights by names in PyTorch's order. Strict: each name has its variable, and each variable its name.
 *
 * @param rename - The net's name for a variable of PyTorch.
 * @param around - What the numbers of a variable of one axis are around.
 */
export function makeUpWeights(
  net: Net,
  variables: readonly string[],
  { rename, around }: { rename: (name: string) => string; around: (name: string) => number },
): void {
  const tensors = variables.map((variable, stream): [string, SafetensorsTensor] => {
    const { shape } = net.variable(rename(variable)).value;
    const numbers = noise(sizeOf(shape), stream);
    const factor = Math.fround(Math.sqrt(24 / sizeOf(shape.slice(1))));
    const data = numbers.map(value => (shape.length > 1 ? value * factor : value + around(variable)));
    return [variable, { dtype: 'float32', shape, data }];
  });
  loadWeights(net, { source: 'PyTorch', tensors: new Map(tensors), metadata: {} }, { rename });
}

/** Numbers in [-0.5, 0.5), of a stream. */
export function noise(length: number, stream: number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) {
    let i = (index + stream * 97) >>> 0;
    i = Math.imul(i ^ (i >>> 16), 0x7feb352d);
    i = Math.imul(i ^ (i >>> 15), 0x846ca68b);
    values[index] = ((i ^ (i >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  }
  return values;
}
