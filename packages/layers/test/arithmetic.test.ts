/** The arithmetic that lectures do: sizes, numbers of parameters, where gradients of pools go. Numbers from the CS231n notes. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, type Shape, type Tensor, tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, it } from 'vitest';
import {
  avgPool2d,
  conv1d,
  conv2d,
  initialise,
  type Layer,
  locallyConnected2d,
  lpPool2d,
  maxPool2d,
  relu,
  sequential,
  summary,
} from '../src/index.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const shapes = (layers: readonly Layer[], input: Shape): readonly Shape[] =>
  summary(sequential(layers), input).layers.map(({ outputShape }) => outputShape);

describe('sizes and parameters', () => {
  it('ten 5x5 filters with padding 2 keep 32x32 and have 760 parameters', () => {
    const { outputShapes, parameters } = summary(conv2d({ filters: 10, kernelSize: 5, padding: 2 }), [3, 32, 32]);
    expect(outputShapes).toEqual([[10, 32, 32]]);
    expect(parameters).toBe(760);
  });

  it('six 5x5 filters make 28x28 and have 456 parameters, 76 each', () => {
    const { outputShapes, parameters } = summary(conv2d({ filters: 6, kernelSize: 5 }), [3, 32, 32]);
    expect(outputShapes).toEqual([[6, 28, 28]]);
    expect(parameters).toBe(456);
    expect(summary(conv2d({ filters: 1, kernelSize: 5 }), [3, 32, 32]).parameters).toBe(76);
  });

  it('without padding images shrink: 32, 28, 24', () => {
    const layers = [conv2d({ filters: 6, kernelSize: 5 }), conv2d({ filters: 10, kernelSize: 5 })];
    expect(shapes(layers, [3, 32, 32])).toEqual([
      [6, 28, 28],
      [10, 24, 24],
    ]);
  });

  it.each([
    [3, 1],
    [5, 2],
    [7, 3],
  ])('a filter of %i keeps the size with padding %i', (kernelSize, padding) => {
    expect(shapes([conv2d({ filters: 1, kernelSize, padding })], [1, 7, 7])).toEqual([[1, 7, 7]]);
  });

  it('a locally connected layer has a filter for each place: 10 * 28 * 28 of 76 parameters', () => {
    const layer = locallyConnected2d({ filters: 10, kernelSize: 5 });
    expect(summary(layer, [3, 32, 32]).parameters).toBe(10 * 28 * 28 * 76);
  });
});

describe('fit', () => {
  const fitted = (fit: 'floor' | 'exact', stride: number): Layer => conv2d({ filters: 1, kernelSize: 3, stride, fit });

  it.each([
    [1, 5],
    [2, 3],
  ])('3x3 at stride %i on 7x7 gives %i, exactly', (stride, size) => {
    expect(shapes([fitted('exact', stride)], [1, 7, 7])).toEqual([[1, size, size]]);
  });

  it('3x3 at stride 3 on 7x7 would give 2.33: an error if it must fit, otherwise 2', () => {
    expect(() => summary(fitted('exact', 3), [1, 7, 7])).toThrow(
      "layer '0' (conv2d): conv2d: the windows do not fit exactly: (7 + padding 0 + 0 - dilation 1 * (kernel 3 - 1) - 1) / stride 3 + 1 = 2.33",
    );
    expect(shapes([fitted('floor', 3)], [1, 7, 7])).toEqual([[1, 2, 2]]);
    expect(shapes([conv2d({ filters: 1, kernelSize: 3, stride: 3 })], [1, 7, 7])).toEqual([[1, 2, 2]]);
  });

  it('holds for convolutions that run together with relu', () => {
    expect(() => summary(sequential([fitted('exact', 3), relu()]), [1, 7, 7])).toThrow('= 2.33');
  });

  it('holds for the other layers with windows; a pool goes by its own size', () => {
    const refused: Record<string, [Layer, Shape]> = {
      maxPool2d: [maxPool2d({ kernelSize: 2, fit: 'exact' }), [1, 7, 7]],
      avgPool2d: [avgPool2d({ kernelSize: 2, fit: 'exact' }), [1, 7, 7]],
      lpPool2d: [lpPool2d({ kernelSize: 2, fit: 'exact' }), [1, 7, 7]],
      conv1d: [conv1d({ filters: 1, kernelSize: 3, stride: 3, fit: 'exact' }), [1, 7]],
      locallyConnected2d: [locallyConnected2d({ filters: 1, kernelSize: 3, stride: 3, fit: 'exact' }), [1, 7, 7]],
    };
    for (const [name, [layer, input]] of Object.entries(refused))
      expect(() => summary(layer, input)).toThrow(`${name}: the windows do not fit exactly`);
    expect(shapes([maxPool2d({ kernelSize: 2, fit: 'exact' })], [1, 8, 6])).toEqual([[1, 4, 3]]);
    expect(shapes([maxPool2d({ kernelSize: 3, stride: 2, fit: 'exact' })], [1, 7, 7])).toEqual([[1, 3, 3]]);
  });
});

describe('pools', () => {
  const image = [
    [1, 2, 2, 0],
    [5, 7, 0, 3],
    [6, 0, 2, 5],
    [9, 1, 0, 1],
  ].flat();
  const upstream = [55, 41, 90, 95];

  /** The output of a pool and the gradient of its input. */
  const pooled = (layer: Layer): { y: number[]; dx: number[] } => {
    const net = initialise(layer, { backend, input: [1, 4, 4], dtype: 'float64' });
    return tidy(() => {
      const x = tensor(backend, image, { shape: [1, 1, 4, 4], dtype: 'float64' });
      const dy = tensor(backend, upstream, { shape: [1, 1, 2, 2], dtype: 'float64' });
      const run = (): Tensor => net.apply(x);
      const { grads } = grad(() => ops.sum(ops.mul(run(), dy)), [x]);
      return { y: [...run().dataSync()], dx: [...grads[0]!.dataSync()] };
    });
  };

  it('max pooling hands each gradient to the pixel that won, and to no other', () => {
    const { y, dx } = pooled(maxPool2d({ kernelSize: 2 }));
    expect(y).toEqual([7, 3, 9, 5]);
    expect(dx).toEqual(
      [
        [0, 0, 0, 0],
        [0, 55, 0, 41],
        [0, 0, 0, 95],
        [90, 0, 0, 0],
      ].flat(),
    );
  });

  it('average pooling gives 3.75, 1.25, 4 and 2, and a quarter of each gradient to each pixel', () => {
    const { y, dx } = pooled(avgPool2d({ kernelSize: 2 }));
    expect(y).toEqual([3.75, 1.25, 4, 2]);
    const [a, b, c, d] = upstream.map(g => g / 4);
    expect(dx).toEqual([a, a, b, b, a, a, b, b, c, c, d, d, c, c, d, d]);
  });
});
