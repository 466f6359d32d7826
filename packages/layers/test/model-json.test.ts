import { FormatError, OptionError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  branches,
  conv2d,
  graph,
  type LayerFactory,
  modelFromJSON,
  modelToJSON,
  relu,
  residual,
  sequential,
  standardLayers,
} from '../src/index.js';
import { thrownBy } from './helpers.js';
import { convnetjsCifar10, lenet5, resnetCifar10, zeroPaddedShortcut } from './models.js';

const roundTrip = (model: Parameters<typeof modelToJSON>[0], layers: readonly LayerFactory<never>[] = standardLayers) =>
  modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model))), layers);
const file = (model: unknown, more: object = {}) => ({ format: 'cnn-model', version: 1, ...more, model });

describe('modelToJSON', () => {
  it('writes the form that is documented', () => {
    const model = sequential({ conv: conv2d({ filters: 8, kernelSize: 3 }), act: relu() });
    const details = { input: [1, 28, 28], classes: ['a', 'b'], normalise: { mean: [0.5], deviation: [0.25] } };
    expect(modelToJSON(model, details)).toEqual({
      format: 'cnn-model',
      version: 1,
      ...details,
      model: { type: 'sequential', layers: { conv: { type: 'conv2d', filters: 8, kernelSize: 3 }, act: { type: 'relu' } } },
    });
    expect(modelToJSON(sequential([relu()])).model).toEqual({ type: 'sequential', layers: [{ type: 'relu' }] });
  });

  it('comes back as the same model', () => {
    for (const model of [lenet5(), convnetjsCifar10(), sequential([]), residual(relu()), branches([relu(), relu()])])
      expect(roundTrip(model)).toEqual(model);
    const resnet = resnetCifar10(2);
    expect(roundTrip(resnet, [...standardLayers, zeroPaddedShortcut])).toEqual(resnet);
    expect(roundTrip(relu())).toEqual(sequential([relu()]));
  });

  it('keeps the order of a chain whose names look like numbers', () => {
    const chain = graph({
      inputs: ['input'],
      nodes: [
        { name: 'b', layer: relu(), inputs: ['input'] },
        { name: '1', layer: conv2d({ filters: 1, kernelSize: 1 }), inputs: ['b'] },
        { name: '0', layer: relu(), inputs: ['1'] },
      ],
      outputs: ['0'],
    });
    expect(roundTrip(chain)).toEqual(chain);
  });
});

describe('modelFromJSON', () => {
  it('reads the shorthands', () => {
    const layer = { type: 'relu' };
    expect(modelFromJSON(file({ type: 'residual', body: layer, shortcut: layer }), standardLayers)).toEqual(
      residual(relu(), relu()),
    );
    expect(modelFromJSON(file({ type: 'branches', layers: { a: layer, b: layer } }), standardLayers)).toEqual(
      branches({ a: relu(), b: relu() }),
    );
    expect(modelFromJSON(file(layer), standardLayers)).toEqual(sequential([relu()]));
  });

  const chain = (...layers: unknown[]) => file({ type: 'sequential', layers });
  const net = (parts: object) => file({ type: 'graph', inputs: ['x'], nodes: [], outputs: ['x'], ...parts });
  it.each([
    ['no object', 5, 'm.json: format: is 5'],
    ['null', null, 'm.json: format: is null'],
    ['another format', { format: 'onnx' }, "m.json: format: is 'onnx', not 'cnn-model'"],
    ['a newer version', { ...chain(), version: 2 }, 'm.json: version: is 2; this release reads version 1'],
    ['a version as text', { ...chain(), version: '1' }, "m.json: version: is '1'"],
    ['an unknown field', { ...chain(), weights: 1 }, 'm.json: weights: no field of this name; known: format, version, input'],
    ['an impossible input', { ...chain(), input: [1, 0, 28] }, 'm.json: input: is [1,0,28], not a shape'],
    ['classes that are numbers', { ...chain(), classes: [1] }, 'm.json: classes: is [1], not a list of names'],
    [
      'a deviation of 0',
      { ...chain(), normalise: { mean: [0], deviation: [0] } },
      'm.json: normalise: is {"mean":[0],"deviation":[0]}',
    ],
    [
      'more means than deviations',
      { ...chain(), normalise: { mean: [0, 0], deviation: [1] } },
      'm.json: normalise: is {"mean":[0,0],"deviation":[1]}, not { mean: [...], deviation: [...] }',
    ],
    [
      'means for another number of channels',
      { ...chain(), input: [3, 4, 4], normalise: { mean: [0], deviation: [1] } },
      'm.json: normalise: has 1 means; the input [3,4,4] has 3 channels',
    ],
    ['no model', { format: 'cnn-model', version: 1 }, 'm.json: model: is undefined, not a layer { "type": … }'],
    ['a layer that is text', chain('relu'), "m.json: model.layers.0: is 'relu', not a layer"],
    ['a layer without a type', chain({ filters: 3 }), 'm.json: model.layers.0: is {"filters":3}, not a layer'],
    [
      'an unknown layer',
      chain({ type: 'relu' }, { type: 'deformConv2d' }),
      "m.json: model.layers.1.type: unknown layer 'deformConv2d'; known: adaptiveAvgPool2d",
    ],
    ['a layer of the prototype', chain({ type: 'constructor' }), "m.json: model.layers.0.type: unknown layer 'constructor'"],
    ['no layers', file({ type: 'sequential' }), 'm.json: model.layers: is missing'],
    ['layers as text', file({ type: 'sequential', layers: 'relu' }), "m.json: model.layers: is 'relu', not a list of layers"],
    [
      'an unknown field of a chain',
      file({ type: 'sequential', layers: [], names: [] }),
      'm.json: model.names: a sequential has no such field; it has layers',
    ],
    [
      'a name with a dot',
      file({ type: 'sequential', layers: { 'a.b': { type: 'relu' } } }),
      "m.json: model: graph: 'a.b' cannot name a node",
    ],
    ['a residual without a body', file({ type: 'residual' }), 'm.json: model.body: is missing'],
    ['nodes that are no list', net({ nodes: {} }), 'm.json: model.nodes: is {}, not a list'],
    ['inputs that are no list', net({ inputs: 'x' }), "m.json: model.inputs: is 'x', not a list of names"],
    ['a node without a name', net({ nodes: [{ layer: { type: 'relu' }, inputs: ['x'] }] }), 'm.json: model.nodes.0: is {"layer"'],
    [
      'an unknown field of a node',
      net({ nodes: [{ name: 'a', layer: { type: 'relu' }, inputs: ['x'], input: 1 }] }),
      'm.json: model.nodes.0.input: a node has no such field; it has name, layer, inputs',
    ],
    [
      'a node fed by nothing',
      net({ nodes: [{ name: 'a', layer: { type: 'relu' }, inputs: ['y'] }] }),
      "m.json: model: graph: node 'a' is fed by 'y', which is not defined before it",
    ],
    ['an unknown output', net({ outputs: ['y'] }), "m.json: model: graph: there is no node 'y' to be an output"],
  ])('refuses %s', (_, json, message) => {
    const error = thrownBy(() => modelFromJSON(json, standardLayers, 'm.json'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
  });

  it('refuses an option by its place', () => {
    const fails = (layer: object) =>
      thrownBy(() =>
        modelFromJSON(
          file({ type: 'sequential', layers: { first: { type: 'sequential', layers: [layer] } } }),
          standardLayers,
          'm.json',
        ),
      );
    const unknown = fails({ type: 'linear', units: 3, unit: 4 });
    expect(unknown).toBeInstanceOf(OptionError);
    expect(unknown.message).toBe(
      "m.json: model.layers.first.layers.0: linear: option 'unit' is 4; allowed: no option of this name; known: units, bias, weightInitialiser, biasInitialiser",
    );
    expect(fails({ type: 'linear', units: -3 }).message).toContain(
      "m.json: model.layers.first.layers.0: linear: option 'units' is -3",
    );
    expect(fails({ type: 'linear' }).message).toContain("linear: option 'units' is undefined");
  });

  it('refuses a file that is nested without end', () => {
    const depth = 100_000;
    const text = JSON.stringify(chain()).replace(
      '[]',
      `${'[{"type":"sequential","layers":'.repeat(depth)}[]${'}]'.repeat(depth)}`,
    );
    const error = thrownBy(() => modelFromJSON(JSON.parse(text), standardLayers, 'm.json'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^m\.json: model\.layers\.0\..*: is nested more than 100 deep$/);
  });

  it('refuses two layers of one type', () => {
    expect(() => modelFromJSON(chain(), [...standardLayers, relu])).toThrow("two layers are called 'relu'");
  });
});
