import { cpuReference } from '@cnn/backend-cpu';
import { OptionError, ops, option, ShapeError, type Tensor, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import * as layers from '../src/index.js';
import {
  defineLayer,
  graph,
  initialise,
  initialisers,
  modelFromJSON,
  modelToJSON,
  sequential,
  standardLayers,
} from '../src/index.js';
import { expectClose, thrownBy } from './helpers.js';

const backend = cpuReference({ poison: true });

describe('options of the standard layers', () => {
  const refused: [what: string, make: () => unknown, message: string][] = [
    [
      'an unknown option',
      () => layers.conv2d({ filters: 1, kernelSize: 3, strides: 2 } as never),
      "conv2d: option 'strides' is 2; allowed: no option of this name; known: filters,",
    ],
    [
      'an option where there is none',
      () => layers.relu({ inplace: true } as never),
      "relu: option 'inplace' is true; allowed: no option of this name; known: none",
    ],
    [
      'a missing option',
      () => layers.conv2d({ kernelSize: 3 } as never),
      "conv2d: option 'filters' is undefined; allowed: a whole number >= 1",
    ],
    ['a missing size', () => layers.maxPool2d({} as never), "maxPool2d: option 'kernelSize' is undefined"],
    ['a missing output size', () => layers.adaptiveAvgPool2d({} as never), "adaptiveAvgPool2d: option 'outputSize' is undefined"],
    ['NaN', () => layers.linear({ units: Number.NaN }), "linear: option 'units' is NaN; allowed: a whole number >= 1"],
    ['a negative number', () => layers.linear({ units: -3 }), "linear: option 'units' is -3"],
    ['zero', () => layers.conv2d({ filters: 0, kernelSize: 3 }), "conv2d: option 'filters' is 0"],
    ['a fraction', () => layers.conv2d({ filters: 1, kernelSize: 2.5 }), "conv2d: option 'kernelSize' is 2.5"],
    ['text', () => layers.linear({ units: '10' as never }), "linear: option 'units' is '10'"],
    ['three sizes', () => layers.conv2d({ filters: 1, kernelSize: [1, 2, 3] }), "option 'kernelSize' is [1,2,3]"],
    ['a negative padding', () => layers.conv2d({ filters: 1, kernelSize: 3, padding: -1 }), "option 'padding' is -1"],
    ['an unknown padding', () => layers.avgPool2d({ kernelSize: 3, padding: 'full' as never }), "option 'padding' is 'full'"],
    [
      'same padding of a transposed convolution',
      () => layers.convTranspose2d({ filters: 1, kernelSize: 3, padding: 'same' as never }),
      "convTranspose2d: option 'padding' is 'same'",
    ],
    [
      'an unknown padding mode',
      () => layers.conv2d({ filters: 1, kernelSize: 3, paddingMode: 'wrap' as never }),
      "option 'paddingMode' is 'wrap'; allowed: 'zeros', 'reflect', 'replicate', 'circular'",
    ],
    ['a rate of 1', () => layers.dropout({ rate: 1 }), "dropout: option 'rate' is 1; allowed: a number in [0, 1)"],
    ['a negative rate', () => layers.dropout({ rate: -0.1 }), "dropout: option 'rate' is -0.1"],
    ['an epsilon of 0', () => layers.batchNorm({ epsilon: 0 }), "batchNorm: option 'epsilon' is 0; allowed: a number > 0"],
    ['a momentum above 1', () => layers.batchNorm({ momentum: 1.1 }), "batchNorm: option 'momentum' is 1.1"],
    [
      'a number for a switch',
      () => layers.linear({ units: 1, bias: 0 as never }),
      "linear: option 'bias' is 0; allowed: true or false",
    ],
    [
      'an infinite slope',
      () => layers.leakyRelu({ negativeSlope: Number.POSITIVE_INFINITY }),
      "leakyRelu: option 'negativeSlope' is Infinity",
    ],
    ['a fractional axis', () => layers.softmax({ axis: 0.5 }), "softmax: option 'axis' is 0.5"],
  ];
  it.each(refused)('refuse %s', (_, make, message) => {
    const error = thrownBy(make);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(message);
  });

  it('pass where they are undefined', () => {
    expect(() => layers.linear({ units: 1, bias: undefined } as never)).not.toThrow();
  });
});

describe('layers that do not fit', () => {
  const start = (model: layers.Graph | layers.Layer, input: readonly number[]) =>
    thrownBy(() => initialise(model, { backend, input }));

  it.each([
    [
      'a window',
      sequential({ conv: layers.conv2d({ filters: 1, kernelSize: 9 }) }),
      [1, 7, 7],
      "layer 'conv' (conv2d): conv2d: ",
    ],
    [
      'a vector for images',
      sequential([layers.relu(), layers.conv2d({ filters: 1, kernelSize: 3 })]),
      [10],
      "layer '1' (conv2d): conv2d: each input is [10]; it takes images [c, h, w]",
    ],
    [
      'images for a vector',
      sequential([layers.linear({ units: 2 })]),
      [1, 7, 7],
      "layer '0' (linear): linear: each input is [1, 7, 7]; it takes vectors: put a flatten layer before it",
    ],
    [
      'groups',
      layers.conv2d({ filters: 4, kernelSize: 1, groups: 2 }),
      [3, 7, 7],
      "layer '0' (conv2d): conv2d: 3 channels and 4 filters cannot be cut into 2 groups",
    ],
    ['a scalar', layers.batchNorm(), [], "layer '0' (batchNorm): batchNorm: each input is []; it takes [c] or [c, ...]"],
  ])('are refused by path: %s', (_, model, input, message) => {
    const error = start(model, input);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toContain(message);
  });

  it('are refused by path for an initialiser that does not exist', () => {
    const error = start(sequential({ last: layers.linear({ units: 2, weightInitialiser: 'he' }) }), [3]);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain("layer 'last' (linear): linear.weightInitialiser: option 'type' is 'he'; allowed: zeros");
  });
});

describe('a layer of a plugin', () => {
  /** y = weight[c] x + shift, where the sum of all x so far is state. */
  const scale = defineLayer({
    type: 'acme/scale',
    options: { shift: option.number },
    init: (_: { readonly shift?: number }, [channels], { param, state }) => ({
      weight: param([channels!, 1, 1], initialisers.ones),
      sum: state([], initialisers.zeros),
    }),
    forward: (x, { weight, sum }, { shift = 0 }, { training, update }) => {
      if (training) update('sum', ops.add(sum, ops.sum(x)));
      return ops.add(ops.mul(x, weight), shift);
    },
  });
  const bare = defineLayer({ type: 'acme/bare', forward: (x: Tensor) => ops.neg(x) });
  const two = defineLayer<Record<string, never>, Record<never, never>, readonly Tensor[]>({
    type: 'acme/two',
    tuple: true,
    forward: ([a, b]) => ops.sub(a!, b!),
  });

  it('works in a model and in a model file', async () => {
    const model = sequential({ scale: scale({ shift: 2 }), bare: bare() });
    const list = [...standardLayers, scale, bare];
    const read = modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model))), list);
    expect(read).toEqual(model);
    const net = initialise(read, { backend, input: [2, 1, 1] });
    expect(net.parameters.map(v => [v.name, v.value.shape])).toEqual([['scale.weight', [2, 1, 1]]]);
    expect(net.state.map(v => v.name)).toEqual(['scale.sum']);
    const x = tensor(backend, [3, 4], { shape: [1, 2, 1, 1] });
    const y = net.apply(x, { training: true, update: (name, next) => net.variable(name).assign(next) });
    expectClose(await y.data(), [-5, -6]);
    expectClose(await net.variable('scale.sum').value.data(), [7]);
    for (const t of [x, y, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('may take several inputs', async () => {
    const model = graph({ inputs: ['a', 'b'], nodes: [{ name: 'minus', layer: two(), inputs: ['a', 'b'] }], outputs: ['minus'] });
    const net = initialise(model, { backend, input: [[2], [2]] });
    const [a, b] = [tensor(backend, [[5, 6]]), tensor(backend, [[1, 2]])];
    const y = net.apply([a, b]) as Tensor;
    expect([...(await y.data())]).toEqual([4, 4]);
    for (const t of [a, b, y, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('takes no options unless it has rules for them', () => {
    expect(() => bare({ scale: 2 } as never)).toThrow(
      "acme/bare: option 'scale' is 2; allowed: no option of this name; known: none",
    );
    expect(() => scale({ shift: Number.NaN })).toThrow("acme/scale: option 'shift' is NaN; allowed: a finite number");
  });
});
