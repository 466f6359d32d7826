/** Every standard layer passes; each kind of mistake in a layer is named. */
import * as layers from '@cnn/layers';
import { defineLayer, type LayerDefinition, type LayerFactory } from '@cnn/layers';
import { ops, option, randomUniform, type Shape, type Tensor, tensor } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { checkLayer } from '../src/plugins.js';

describe('the standard layers', () => {
  const configs: Readonly<Record<string, readonly [config: object, input?: Shape | readonly Shape[]]>> = {
    linear: [{ units: 3 }, [4]],
    conv2d: [{ filters: 4, kernelSize: 3, padding: 1 }],
    conv1d: [{ filters: 4, kernelSize: 3 }, [2, 7]],
    convTranspose2d: [{ filters: 2, kernelSize: 3, stride: 2 }],
    conv3d: [{ filters: 2, kernelSize: 2 }, [2, 3, 3, 2]],
    depthwiseConv2d: [{ kernelSize: 3, multiplier: 2 }],
    separableConv2d: [{ filters: 3, kernelSize: 3 }],
    locallyConnected2d: [{ filters: 2, kernelSize: 3 }],
    lpPool2d: [{ kernelSize: 2, norm: 3 }],
    fractionalMaxPool2d: [{ outputRatio: 0.7 }],
    maxUnpool2d: [
      { kernelSize: 2 },
      [
        [2, 3, 2],
        [2, 6, 4],
      ],
    ],
    upsample: [{ scaleFactor: 2, mode: 'bilinear' }],
    pixelShuffle: [{ upscaleFactor: 2 }, [4, 2, 3]],
    dropConnect: [{ units: 3 }, [4]],
    gaussianNoise: [{ deviation: 0.5 }],
    groupNorm: [{ groups: 2 }, [4, 3, 2]],
    localResponseNorm: [{ size: 3 }],
    reshape: [{ shape: [5, -1] }],
    permute: [{ order: [2, 3, 1] }],
    pad2d: [{ padding: 2, paddingMode: 'reflect' }],
    crop2d: [{ cropping: [2, 1] }],
    maxPool2d: [{ kernelSize: 2 }],
    avgPool2d: [{ kernelSize: 2 }],
    adaptiveAvgPool2d: [{ outputSize: 2 }],
    adaptiveMaxPool2d: [{ outputSize: 2 }],
    dropout: [{ rate: 0.4 }],
    add: [
      {},
      [
        [2, 3],
        [2, 3],
      ],
    ],
    concat: [
      {},
      [
        [2, 3],
        [1, 3],
      ],
    ],
    prelu: [{}],
  };
  test.each(layers.standardLayers.map(layer => [layer.definition.type, layer] as const))('%s', async (type, layer) => {
    const [config, input = [2, 6, 5]] = configs[type] ?? [{}];
    await checkLayer(layer as LayerFactory<object>, config, input);
  });
});

describe('a layer with a mistake', () => {
  const scale: LayerDefinition<{ factor?: number }, Record<never, never>> = {
    type: 'acme/scale',
    options: { factor: option.positive },
    forward: (x, _, { factor = 2 }) => ops.mul(x, factor),
  };
  const mistakes: Readonly<Record<string, readonly [layer: LayerFactory<{ factor?: number }>, message: string]>> = {
    'an option that may be NaN': [
      defineLayer({ ...scale, options: { factor: { allowed: 'a number', accepts: value => typeof value === 'number' } } }),
      "option 'factor' may be NaN",
    ],
    'a gradient that is cut': [
      defineLayer({ ...scale, forward: x => ops.mul(ops.stopGradient(x), x) }),
      'the gradient of input 0 says that the slope is',
    ],
    'a shape that depends on the number of images': [
      defineLayer({ ...scale, forward: x => (x.shape[0] === 1 ? ops.concat([x, x], 1) : x) }),
      'not [3,4]',
    ],
    'random numbers outside training': [
      defineLayer({
        ...scale,
        forward: (x, _, __, { key }) =>
          ops.mul(x, tensor(x.backend, randomUniform(x.size, key), { shape: x.shape, dtype: x.dtype })),
      }),
      'at another step',
    ],
    'a memory of its own': [defineLayer({ ...scale, forward: countsItsRuns() }), 'a second time with one seed'],
    'an update of what is no state': [
      defineLayer({
        ...scale,
        forward: (x, _, __, { update }) => {
          update('mean', ops.mean(x));
          return x;
        },
      }),
      "no variable 'layer.mean'",
    ],
  };
  test.each(Object.entries(mistakes))('%s', async (_, [layer, message]) => {
    await expect(checkLayer(layer, {}, [2])).rejects.toThrow(message);
  });

  test('the layer without a mistake', () => checkLayer(defineLayer(scale), { factor: 3 }, [2]));

  function countsItsRuns(): (x: Tensor) => Tensor {
    let runs = 0;
    return x => ops.add(x, ++runs);
  }
});
