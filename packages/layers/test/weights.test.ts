import { cpuReference } from '@cnn/backend-cpu';
import { DTypeError, FormatError, grad, ops, ShapeError, type TypedArray, tensor, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  formatSafetensors,
  initialise,
  linear,
  loadWeights,
  MODEL_KEY,
  modelFromJSON,
  type Net,
  netToSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsTensor,
  sequential,
  standardLayers,
} from '../src/index.js';
import { thrownBy } from './helpers.js';

const backend = cpuReference({ poison: true });
const model = sequential({ fc: linear({ units: 2 }), norm: batchNorm({ affine: false }) });
const make = (seed: number, dtype: 'float32' | 'float64' = 'float32') => initialise(model, { backend, input: [3], seed, dtype });
const numbersOf = (net: Net): TypedArray[] => net.variables.map(({ value }) => value.dataSync());

const float32 = (shape: number[], data: number[]): SafetensorsTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
const whole: [string, SafetensorsTensor][] = [
  ['fc.weight', float32([2, 3], [1, 2, 3, 4, 5, 6])],
  ['fc.bias', float32([2], [7, 8])],
  ['norm.runningMean', float32([2], [9, 10])],
  ['norm.runningVar', float32([2], [11, 12])],
];
const file = (entries: readonly [string, SafetensorsTensor][] = whole): Safetensors => ({
  source: 'w.safetensors',
  tensors: new Map(structuredClone(entries)),
  metadata: {},
});
const loadedNumbers = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
  [9, 10],
  [11, 12],
];

describe('netToSafetensors', () => {
  it('writes parameters, state and the model; the bytes depend on the arguments only', async () => {
    const net = make(1);
    const bytes = await netToSafetensors(net, { note: 'x' });
    const again = make(1);
    expect(await netToSafetensors(again, { note: 'x' })).toEqual(bytes);
    const { tensors, metadata } = parseSafetensors(bytes, 'w');
    expect([...tensors.keys()].sort()).toEqual(['fc.bias', 'fc.weight', 'norm.runningMean', 'norm.runningVar']);
    expect(tensors.get('fc.weight')).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: net.variable('fc.weight').value.dataSync(),
    });
    expect(Object.keys(metadata).sort()).toEqual([MODEL_KEY, 'note']);
    expect(MODEL_KEY).toBe('cnn.model');
    const json = JSON.parse(metadata[MODEL_KEY]!);
    expect(json.input).toEqual([3]);
    expect(modelFromJSON(json, standardLayers)).toEqual(model);
    for (const t of [net, again]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('lets its user replace the model, as with class names added', async () => {
    const net = make(1);
    expect(parseSafetensors(await netToSafetensors(net, { 'cnn.model': '{}' }), 'w').metadata).toEqual({ 'cnn.model': '{}' });
    net.dispose();
  });
});

describe('loadWeights', () => {
  it('brings another net to the same numbers, in float32 and float64', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [net, other] = [make(1, dtype), make(2, dtype)];
      const saved = parseSafetensors(await netToSafetensors(net), 'w');
      expect(loadWeights(other, saved)).toEqual({ loaded: [...saved.tensors.keys()], missing: [], leftOver: [] });
      expect(numbersOf(other)).toEqual(numbersOf(net));
      for (const t of [net, other]) t.dispose();
    }
    expect(backend.live()).toBe(0);
  });

  it('casts between floats, and keeps its own numbers when the file goes away', () => {
    const net = make(1, 'float64');
    const source = file();
    loadWeights(net, source);
    (source.tensors.get('fc.bias')!.data as Float32Array).fill(0);
    expect(numbersOf(net).map(list => [...list])).toEqual(loadedNumbers);
    const narrow = make(1);
    loadWeights(narrow, file([['fc.bias', { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, 2) }]]), { strict: false });
    expect([...narrow.variable('fc.bias').value.dataSync()]).toEqual([Math.fround(0.1), 2]);
    for (const t of [net, narrow]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('renames by a function or a record, and leaves out what is renamed to undefined', () => {
    const foreign = file([
      ...whole.map(([name, t]): [string, SafetensorsTensor] => [
        name.replace('fc', 'linear').replace(/running(.)/, (_, c: string) => `running_${c.toLowerCase()}`),
        t,
      ]),
      ['norm.num_batches_tracked', { dtype: 'int32', shape: [], data: Int32Array.of(5) }],
    ]);
    const net = make(1);
    const byFunction = (name: string): string | undefined =>
      name.endsWith('num_batches_tracked')
        ? undefined
        : name.replace('linear', 'fc').replace(/running_(.)/, (_, c: string) => `running${c.toUpperCase()}`);
    expect(loadWeights(net, foreign, { rename: byFunction }).leftOver).toEqual([]);
    expect(numbersOf(net).map(list => [...list])).toEqual(loadedNumbers);
    const record = {
      'linear.weight': 'fc.weight',
      'linear.bias': 'fc.bias',
      'norm.running_mean': 'norm.runningMean',
      'norm.running_var': 'norm.runningVar',
      'norm.num_batches_tracked': undefined,
    };
    expect(loadWeights(net, foreign, { rename: record }).loaded).toEqual(whole.map(([name]) => name));
    expect(loadWeights(net, file(), { rename: { other: 'fc.weight' } }).loaded.length).toBe(4);
    net.dispose();
  });

  const refused: [string, readonly [string, SafetensorsTensor][], new (...args: never[]) => Error, string][] = [
    [
      'missing and left-over names',
      [...whole.slice(1, 3), ['fc.scale', float32([1], [1])], ['a', float32([1], [1])]],
      FormatError,
      'w.safetensors: not the weights of this model; missing: fc.weight, norm.runningVar; left over: fc.scale, a',
    ],
    ['a missing name', whole.slice(1), FormatError, 'missing: fc.weight; left over: none'],
    [
      'another shape',
      [...whole.slice(0, 3), ['norm.runningVar', float32([3], [1, 2, 3])]],
      ShapeError,
      "w.safetensors: tensor 'norm.runningVar' is [3]; the model has [2]",
    ],
    [
      'a transposed shape',
      [['fc.weight', float32([3, 2], [1, 2, 3, 4, 5, 6])], ...whole.slice(1)],
      ShapeError,
      "tensor 'fc.weight' is [3, 2]; the model has [2, 3]",
    ],
    [
      'whole numbers',
      [...whole.slice(0, 3), ['norm.runningVar', { dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) }]],
      DTypeError,
      "tensor 'norm.runningVar' is int32; weights are float32 or float64",
    ],
    [
      'a number too large',
      [...whole.slice(0, 3), ['norm.runningVar', { dtype: 'float64', shape: [2], data: Float64Array.of(1, 1e39) }]],
      DTypeError,
      "tensor 'norm.runningVar' holds 1e+39 at index 1, too large for float32",
    ],
  ];
  it.each(refused)('refuses %s and assigns nothing', (_, entries, type, message) => {
    const net = make(1);
    const before = numbersOf(net);
    const live = backend.live();
    const error = thrownBy(() => loadWeights(net, file(entries)));
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(message);
    expect(numbersOf(net)).toEqual(before);
    expect(backend.live()).toBe(live);
    net.dispose();
  });

  it('reports what is missing and left over where it is not strict, and refuses shapes all the same', () => {
    const net = make(1);
    const before = numbersOf(net);
    const part = file([whole[1]!, ['extra', float32([1], [1])]]);
    expect(loadWeights(net, part, { strict: false })).toEqual({
      loaded: ['fc.bias'],
      missing: ['fc.weight', 'norm.runningMean', 'norm.runningVar'],
      leftOver: ['extra'],
    });
    expect(numbersOf(net)).toEqual([before[0], Float32Array.of(7, 8), before[2], before[3]]);
    expect(() => loadWeights(net, file([['fc.bias', float32([1], [1])]]), { strict: false })).toThrow(ShapeError);
    net.dispose();
  });

  it('refuses two tensors for one variable, and to run inside grad', () => {
    const net = make(1);
    expect(() => loadWeights(net, file(), { rename: { 'norm.runningVar': 'norm.runningMean' } })).toThrow(
      "loadWeights: 'norm.runningMean' and 'norm.runningVar' of w.safetensors are both 'norm.runningMean'",
    );
    const x = tensor(backend, 1);
    const before = numbersOf(net);
    const attempt = () =>
      grad(() => {
        loadWeights(net, file());
        return ops.square(x);
      }, [x]);
    expect(attempt).toThrow(UsageError);
    expect(numbersOf(net)).toEqual(before);
    for (const t of [x, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('reads what formatSafetensors wrote, through bytes', () => {
    const net = make(1);
    loadWeights(net, parseSafetensors(formatSafetensors(new Map(whole)), 'w'));
    expect(numbersOf(net).map(list => [...list])).toEqual(loadedNumbers);
    net.dispose();
  });
});
