/** What is published of each architecture, from shapes alone. */
import { modelFromJSON, modelToJSON, standardLayers } from '@cnn/layers';
import { type Shape, sizeOf } from '@cnn/tensor';
import { describe, expect, it, test } from 'vitest';
import * as models from '../src/index.js';
import { cifarResnet, convnet, mlp, standardModels } from '../src/index.js';
import { sizesOf } from './sizes.js';

const sizes = (name: string) => sizesOf(standardModels[name]!.build({}), standardModels[name]!.input);

describe('numbers of parameters', () => {
  it.each([
    // 6 (25 + 1) + 16 (6 x 25 + 1) + 120 (400 + 1) + 84 (120 + 1) + 10 (84 + 1)
    ['lenet5', 61706],
    // The paper's 60,000, and a linear layer of ten units in place of fixed ones, 10 (84 + 1).
    ['lenet5-1998', 60850],
    // 16 (75 + 1) + 20 (400 + 1) + 20 (500 + 1) + 10 (320 + 1)
    ['convnetjs-cifar10', 22466],
    // 128 (784 + 1) + 10 (128 + 1)
    ['mlp', 101770],
    // 300 (784 + 1) + 10 (300 + 1), and 300 (784 + 1) + 100 (300 + 1) + 10 (100 + 1)
    ['mlp-300', 238510],
    ['mlp-300-100', 266610],
    // 32 (27 + 1) + 32 (288 + 1) + 64 (288 + 1) + 64 (576 + 1) + 128 (4096 + 1) + 10 (128 + 1)
    ['convnet', 591274],
    // 24 (25 + 1) + 24 (600 + 1) + 10 (600 + 1)
    ['neocognitron', 21058],
    // As Caffe's reference model has them: groups halve the weights of the second, fourth and fifth convolution.
    ['alexnet-two-tower', 60965224],
    // 96 (147 + 1) + 256 (2400 + 1) + 384 (2304 + 1) + 384 (3456 + 1) + 256 (3456 + 1) + 4096 (9216 + 1) + 4096 (4096 + 1) + 1000 (4096 + 1)
    ['zfnet', 62357608],
    // As Keras documents its model, but for the statistics that are not trained.
    ['mobilenet-v1', 4231976],
    // 464 before the blocks, 650 after; with n blocks a stage 4672 n, 18560 n - 4608 and 73984 n - 18432.
    ['cifar-resnet20', 269722],
    ['cifar-resnet32', 464154],
    ['cifar-resnet44', 658586],
    ['cifar-resnet56', 853018],
    ['cifar-resnet110', 1727962],
    // Page, 2018.
    ['resnet9', 6573120],
    // Down 64 ... 1024 channels 18,842,048; up 12,188,480; scores 2 (64 + 1).
    ['unet', 31030658],
    // VGG-16's convolutions 14,714,688; 4096 (25088 + 1) + 4096 (4096 + 1); scores 21 (4096 + 1 + 512 + 1 + 256 + 1); enlarging 21² (16 + 16 + 256).
    ['fcn', 134489759],
  ])('%s has %i', (name, parameters) => {
    expect(sizes(name).parameters).toBe(parameters);
  });

  it('3072-100-10 has 308,200 weights', () => {
    const { layers } = sizesOf(mlp({ hidden: [100] }), [3, 32, 32]);
    expect(layers.reduce((sum, { slots }) => sum + sizeOf(slots.weight?.shape ?? [0]), 0)).toBe(308200);
  });
});

describe('multiply-adds', () => {
  it.each([
    // 55² x 34848 + 27² x 307200 + 13² (884736 + 663552 + 442368) + 58621952
    ['alexnet-two-tower', 724406816],
    // 110² x 14112 + 26² x 614400 + 13² (884736 + 1327104 + 884736) + 58621952
    ['zfnet', 1168032896],
    // The paper says 569 million (table 4).
    ['mobilenet-v1', 568740352],
    // The blocks of ResNet-20: 1024 (432 + 6 x 2304) + 256 (4608 + 5 x 9216) + 64 (18432 + 5 x 36864) + 640; the paper's 40.8 million have other shortcuts.
    ['cifar-resnet20', 40551040],
  ])('%s has %i', (name, multiplyAdds) => {
    expect(sizes(name).multiplyAdds).toBe(multiplyAdds);
  });
});

describe('shapes', () => {
  /** The output of the layers with these paths. */
  const shapesAt = (name: string, paths: readonly string[]): (Shape | undefined)[] => {
    const { layers } = sizes(name);
    return paths.map(path => layers.find(layer => layer.path === path)?.outputShape);
  };

  it("LeNet-5 has the layers of the paper's figure 2, and their parameters", () => {
    const { layers } = sizes('lenet5-1998');
    const parametersOf = (path: RegExp): number =>
      layers
        .filter(layer => path.test(layer.path))
        .flatMap(layer => Object.values(layer.slots))
        .reduce((sum, slot) => sum + sizeOf(slot!.shape), 0);
    const paths = [/^map\d\.c1$/, /^map\d\.s2\.scale$/, /^c3_\d$/, /^rest\.s4\.scale$/, /^rest\.c5$/, /^rest\.f6$/];
    expect(paths.map(parametersOf)).toEqual([156, 12, 1516, 32, 48120, 10164]);
    expect(shapesAt('lenet5-1998', ['map0.c1', 'map0.s2.scale', 'c3', 'rest.s4.scale', 'rest.c5', 'rest.f6'])).toEqual([
      [1, 28, 28],
      [1, 14, 14],
      [16, 10, 10],
      [16, 5, 5],
      [120, 1, 1],
      [84],
    ]);
  });

  it("LeNet-5's C3 reads each map of S2 in ten of its sixteen, as the columns of table I say", () => {
    const { nodes } = standardModels['lenet5-1998']!.build({});
    const reads = nodes.filter(({ name }) => /^maps\d$/.test(name)).flatMap(({ inputs }) => inputs);
    expect([0, 1, 2, 3, 4, 5].map(map => reads.filter(name => name === `map${map}`).length)).toEqual([10, 10, 10, 10, 10, 10]);
  });

  it.each<[string, Record<string, Shape>]>([
    // Krizhevsky et al., 2012, figure 2, both towers together.
    [
      'alexnet-two-tower',
      {
        conv1: [96, 55, 55],
        conv2: [256, 27, 27],
        conv3: [384, 13, 13],
        conv4: [384, 13, 13],
        conv5: [256, 13, 13],
        fc6: [4096],
      },
    ],
    // Zeiler and Fergus, 2013, figure 3.
    [
      'zfnet',
      {
        conv1: [96, 110, 110],
        pool1: [96, 55, 55],
        conv2: [256, 26, 26],
        pool2: [256, 13, 13],
        conv5: [256, 13, 13],
        pool5: [256, 6, 6],
      },
    ],
    // Szegedy et al., 2014, table 1; a module's output is what joins its branches.
    [
      'googlenet',
      {
        maxpool1: [64, 56, 56],
        maxpool2: [192, 28, 28],
        'inception3a.joined': [256, 28, 28],
        'inception3b.joined': [480, 28, 28],
        'inception4a.joined': [512, 14, 14],
        'inception4d.joined': [528, 14, 14],
        'inception4e.joined': [832, 14, 14],
        'inception5b.joined': [1024, 7, 7],
      },
    ],
    // Szegedy et al., 2015, table 1.
    [
      'inception-v3',
      {
        maxpool1: [64, 73, 73],
        maxpool2: [192, 35, 35],
        'Mixed_5d.joined': [288, 35, 35],
        'Mixed_6e.joined': [768, 17, 17],
        'Mixed_7a.joined': [1280, 8, 8],
        'Mixed_7c.joined': [2048, 8, 8],
      },
    ],
    // Ronneberger et al., 2015, figure 1.
    [
      'unet',
      {
        'down1.conv2': [64, 568, 568],
        'down2.conv2': [128, 280, 280],
        'down3.conv2': [256, 136, 136],
        'down4.conv2': [512, 64, 64],
        'bottom.conv2': [1024, 28, 28],
        join4: [1024, 56, 56],
        'up4.conv2': [512, 52, 52],
        join3: [512, 104, 104],
        join2: [256, 200, 200],
        join1: [128, 392, 392],
        'up1.conv2': [64, 388, 388],
        scores: [2, 388, 388],
      },
    ],
    // Fukushima, 1980, figure 2.
    ['neocognitron', { s1: [24, 16, 16], c1: [24, 10, 10], s2: [24, 8, 8], c2: [24, 6, 6], s3: [10, 2, 2], c3: [10, 1, 1] }],
  ])('%s has those of its paper', (name, shapes) => {
    expect(shapesAt(name, Object.keys(shapes))).toEqual(Object.values(shapes));
  });

  it('every model gives a score a class, each auxiliary classifier, too, and a segmenter for each pixel', () => {
    for (const [name, { build, input }] of Object.entries(standardModels)) {
      const heads: Record<string, number> = { 'googlenet-aux': 3, 'inception-v3-aux': 2 };
      const pixels: Record<string, number[]> = { unet: [388, 388], fcn: [224, 224] };
      const outputs = Array.from({ length: heads[name] ?? 1 }, () => [7, ...(pixels[name] ?? [])]);
      expect(sizesOf(build({ classes: 7 }), input).outputs, name).toEqual(outputs);
    }
  });
});

it.each(Object.keys(standardModels))('%s comes back from JSON text', name => {
  const model = standardModels[name]!.build({ classes: 7 });
  expect(modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model))), standardLayers)).toEqual(model);
});

test.each(Object.entries(models).filter(([, value]) => typeof value === 'function'))(
  '%s refuses options that it does not have',
  (name, build) => {
    const model = (options: unknown) => () => (build as (options: never) => unknown)(options as never);
    const depth = name === 'cifarResnet' ? { depth: 20 } : {};
    expect(model({ ...depth, class: 7 })).toThrow(/option 'class' is 7; allowed: no option of this name; known: .*classes/);
    expect(model(7)).toThrow(/the options are 7; they must be an object/);
    expect(model({ ...depth, classes: 0 })).toThrow(/option 'classes' is 0; allowed: a whole number >= 1/);
  },
);

it('the pattern is what its lists say', () => {
  const { nodes } = convnet({ blocks: [[8], [16, 16]], hidden: [] });
  const types = nodes.map(({ layer }) => (layer.kind === 'layer' ? layer.definition.type : 'graph'));
  expect(types.join(' ')).toBe('conv2d relu maxPool2d conv2d relu conv2d relu maxPool2d flatten linear');
  expect(sizesOf(mlp({ classes: 7, hidden: [20, 30] }), [1, 28, 28]).layers.map(({ outputShape }) => outputShape)).toEqual([
    [784],
    [20],
    [20],
    [30],
    [30],
    [7],
  ]);
});

it.each([2, 18, 21])('a CIFAR ResNet of %i layers does not exist', depth => {
  expect(() => cifarResnet({ depth })).toThrow(`option 'depth' is ${depth}; allowed: 6 n + 2, as 20, 32, 44, 56 and 110`);
});
