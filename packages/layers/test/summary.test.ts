import { ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { add, batchNorm, formatSummary, graph, linear, relu, summary } from '../src/index.js';
import { convnetjsCifar10, lenet5, resnetCifar10, vgg16 } from './models.js';

describe('summary', () => {
  it('counts LeNet-5 by hand', () => {
    const { layers, ...sums } = summary(lenet5(), [1, 28, 28]);
    expect(layers.map(({ path, outputShape, parameters, flops }) => [path, outputShape, parameters, flops])).toEqual([
      // Outputs × (2 × taps + 1 for the bias); one per relu; one per element of each pooling window.
      ['conv1', [6, 28, 28], 6 * 25 + 6, 4704 * 51],
      ['relu1', [6, 28, 28], 0, 4704],
      ['pool1', [6, 14, 14], 0, 1176 * 4],
      ['conv2', [16, 10, 10], 16 * 150 + 16, 1600 * 301],
      ['relu2', [16, 10, 10], 0, 1600],
      ['pool2', [16, 5, 5], 0, 400 * 4],
      ['flat', [400], 0, 0],
      ['fc1', [120], 400 * 120 + 120, 120 * 801],
      ['relu3', [120], 0, 120],
      ['fc2', [84], 120 * 84 + 84, 84 * 241],
      ['relu4', [84], 0, 84],
      ['fc3', [10], 84 * 10 + 10, 10 * 169],
    ]);
    expect(layers[0]).toMatchObject({ type: 'conv2d', state: 0, memory: 4704 * 4 });
    expect(sums).toEqual({
      inputShapes: [[1, 28, 28]],
      outputShapes: [[10]],
      parameters: 61_706,
      state: 0,
      flops: layers.reduce((total, layer) => total + layer.flops, 0),
      memory: 4 * (4704 + 4704 + 1176 + 1600 + 1600 + 400 + 400 + 120 + 120 + 84 + 84 + 10),
    });
  });

  it('counts the ConvNetJS CIFAR-10 network by hand', () => {
    const { parameters, layers } = summary(convnetjsCifar10(), [3, 32, 32]);
    expect(parameters).toBe(3 * 25 * 16 + 16 + (16 * 25 * 20 + 20) + (20 * 25 * 20 + 20) + (20 * 16 * 10 + 10));
    expect(layers.at(-1)!.outputShape).toEqual([10]);
  });

  it('counts VGG-16 within a second and without its 553 MB of weights', () => {
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    const { parameters, flops } = summary(vgg16(), [3, 224, 224]);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6);
    expect(parameters).toBe(138_357_544);
    // 15,470,264,320 multiply-adds, as published; a bias and a relu per output, but for the last relu; 4 per pool output.
    const convOutputs = 13_547_520;
    const pooled = 6_121_472;
    expect(flops).toBe(2 * 15_470_264_320 + 2 * convOutputs + (4096 + 4096) * 2 + 1000 + pooled);
  });

  it('counts ResNet-20, running statistics apart', () => {
    const { parameters, state } = summary(resnetCifar10(3), [3, 32, 32]);
    expect(parameters).toBe(269_722);
    // 19 batch norms, a mean and a variance per channel.
    expect(state).toBe(2 * (7 * 16 + 6 * 32 + 6 * 64));
  });

  it('takes a single layer and several inputs, and refuses what does not fit', () => {
    expect(summary(linear({ units: 2 }), [3]).parameters).toBe(8);
    const two = graph({ inputs: ['a', 'b'], nodes: [{ name: 'sum', layer: add(), inputs: ['a', 'b'] }], outputs: ['sum'] });
    expect(summary(two, [[3], [3]])).toMatchObject({ inputShapes: [[3], [3]], flops: 3 });
    expect(() => summary(lenet5(), [1, 4, 4])).toThrow(ShapeError);
    expect(() => summary(lenet5(), [1, 4, 4])).toThrow(/layer 'conv2' \(conv2d\)/);
  });
});

describe('formatSummary', () => {
  it('is a table', () => {
    const model = graph({
      inputs: ['x'],
      nodes: [
        { name: 'fc', layer: linear({ units: 100 }), inputs: ['x'] },
        { name: 'norm', layer: batchNorm(), inputs: ['fc'] },
        { name: 'relu', layer: relu(), inputs: ['norm'] },
      ],
      outputs: ['relu'],
    });
    const text = formatSummary(summary(model, [1000]));
    const lines = text.split('\n');
    expect(lines[0]).toBe('layer  type       output  parameters  state    flops  memory (bytes)');
    expect(lines[2]).toBe('       input      [1000]');
    expect(lines[3]).toBe('fc     linear     [100]      100,100      0  200,100             400');
    expect(lines[5]).toBe('relu   relu       [100]            0      0      100             400');
    // The norm: three ops per number, and per channel an add, a root and a product.
    expect(lines.at(-1)).toBe('total                        100,300    200  200,800           1,200');
    expect(lines[1]).toBe('-'.repeat(lines[0]!.length));
  });
});
