/** The engine in Node: training, changes in the middle of it, and what it shows of a network. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../src/engine/engine.js';
import type { EngineEvent, GlassBox, TrainingSettings } from '../src/protocol.js';

const settings: TrainingSettings = {
  optimizer: 'sgd',
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 0,
  batchSize: 32,
  augmentation: [],
};

const small = JSON.stringify({
  format: 'cnn-model',
  version: 1,
  model: {
    type: 'sequential',
    layers: {
      conv: { type: 'conv2d', filters: 3, kernelSize: 3, stride: 2, padding: 1 },
      act: { type: 'relu' },
      pool: { type: 'maxPool2d', kernelSize: 2 },
      flatten: { type: 'flatten' },
      fc: { type: 'linear', units: 10 },
    },
  },
});
const [CONV, ACT, POOL, , FC] = [0, 1, 2, 3, 4];

/** Waits until something has been told. */
async function told(events: readonly EngineEvent[], enough: () => boolean): Promise<void> {
  while (!enough()) await new Promise(resolve => setTimeout(resolve, 5));
  expect(events.filter(({ type }) => type === 'fault')).toEqual([]);
}

describe('an engine', () => {
  const events: EngineEvent[] = [];
  const engine = new Engine(event => events.push(event));
  const steps = () => events.flatMap(event => (event.type === 'progress' ? event.progress.points : []));
  beforeAll(async () => {
    await engine.ask('openDigits');
    await engine.ask('configure', settings);
    await engine.ask('build', small, 1);
  });
  afterAll(() => engine.dispose());

  test('trains, pauses, steps, and takes new settings while it runs', async () => {
    await engine.ask('start');
    await told(events, () => steps().length >= 40);
    await engine.ask('configure', {
      ...settings,
      optimizer: 'adam',
      learningRate: 0.002,
      batchSize: 16,
      augmentation: ['shift', 'erase'],
    });
    const before = steps().length;
    await told(events, () => steps().length >= before + 20);
    await engine.ask('pause');
    const paused = steps().length;
    await engine.ask('step');
    expect(steps()).toHaveLength(paused + 1);
    expect(steps().map(({ step }) => step)).toEqual(Array.from({ length: paused + 1 }, (_, i) => i + 1));
    const mean = (points: readonly { loss: number }[]) => points.reduce((sum, { loss }) => sum + loss, 0) / points.length;
    expect(mean(steps().slice(-10))).toBeLessThan(0.8 * mean(steps().slice(0, 10)));
    await engine.ask('configure', settings);
  });

  test('refuses a learning rate that is no number, and goes on with the one before', async () => {
    await expect(engine.ask('configure', { ...settings, learningRate: Number.NaN })).rejects.toThrow(
      "option 'learningRate' is NaN",
    );
    await engine.ask('step');
  });

  test('keeps nothing on the device beside the network, the optimizer and its captured step', async () => {
    const before = engine.live;
    await engine.ask('inspect', 1);
    await engine.ask('glassBox', 1, CONV, 5);
    await engine.ask('predictions', 0, 3);
    await engine.ask('evaluate');
    await engine.ask('setWeight', 'conv.weight', 0, 0.25);
    expect(engine.live).toBe(before);
  });

  test('draws the pictures from the live tensors: a weight that is changed changes them', async () => {
    const before = await engine.ask('inspect', 2);
    await engine.ask('setWeight', 'conv.weight', 4, 3);
    const after = await engine.ask('inspect', 2);
    expect(after.layers[CONV]!.filters!.values[4]).toBe(3);
    expect(await engine.ask('weightAt', 'conv.weight', 4)).toBe(3);
    const size = 14 * 14;
    const [first, firstAfter] = [before, after].map(({ layers }) => layers[CONV]!.activations.values.subarray(0, size));
    expect(firstAfter).not.toEqual(first);
    // The other filters have nothing to do with that weight.
    const [others, othersAfter] = [before, after].map(({ layers }) => layers[CONV]!.activations.values.subarray(size));
    expect(othersAfter).toEqual(others);
  });

  test('has gradients as finite differences find them', async () => {
    const { layers } = await engine.ask('inspect', 3);
    const index = layers[FC]!.filterGradients!.values.findIndex(gradient => Math.abs(gradient) > 0.05);
    const gradient = layers[FC]!.filterGradients!.values[index]!;
    const value = await engine.ask('weightAt', 'fc.weight', index);
    const lossAt = async (weight: number): Promise<number> => {
      await engine.ask('setWeight', 'fc.weight', index, weight);
      return (await engine.ask('inspect', 3)).loss;
    };
    const difference = ((await lossAt(value + 0.01)) - (await lossAt(value - 0.01))) / 0.02;
    await engine.ask('setWeight', 'fc.weight', index, value);
    expect(difference / gradient).toBeCloseTo(1, 1);
  });

  describe('a glass box', () => {
    const sum = ({ terms, bias = 0 }: GlassBox) => terms.reduce((total, { product }) => total + product, bias);

    test('of a convolution names the window, its weights and the bias, which add up to the pixel', async () => {
      const { layers, prediction } = await engine.ask('inspect', 4);
      const [map, y, x] = [1, 7, 6] as const;
      const unit = (map * 14 + y) * 14 + x;
      const box = await engine.ask('glassBox', 4, CONV, unit);
      // Stride 2 and padding 1: the window of row 7 begins at row 13.
      const window = [13, 14, 15].flatMap(row => [11, 12, 13].map(column => [0, row, column]));
      expect(box).toMatchObject({ kind: 'sum', place: [map, y, x], sources: ['image'] });
      expect(box.terms.map(({ place }) => place)).toEqual(window);
      const weights = layers[CONV]!.filters!.values.subarray(9 * map, 9 * map + 9);
      expect(box.terms.map(({ weight }) => weight)).toEqual([...weights]);
      // An image's values are scaled alike, so they are ordered as its bytes are.
      const bytes = window.map(([, row, column]) => prediction.pixels[row! * 28 + column!]!);
      expect(box.terms.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
        [...box.terms.keys()].sort((a, b) => bytes[a]! - bytes[b]!).map(i => box.terms[i]!.value),
      );
      expect(box.bias).toBe(await engine.ask('weightAt', 'conv.bias', map));
      expect(box.value).toBe(layers[CONV]!.activations.values[unit]);
      expect(sum(box)).toBeCloseTo(box.value, 5);
      expect(box.gradient).toBe(layers[CONV]!.activationGradients.values[unit]);
      for (const { gradient, weight } of box.terms) expect(gradient).toBeCloseTo(box.gradient * weight, 6);
    });

    test('of a convolution keeps inputs whose weight is 0', async () => {
      await engine.ask('setWeight', 'conv.weight', 9 + 2, 0);
      const { terms } = await engine.ask('glassBox', 4, CONV, (1 * 14 + 7) * 14 + 6);
      expect(terms).toHaveLength(9);
      expect(terms[2]!.weight).toBe(0);
      expect(terms[2]!.product).toBeCloseTo(0);
    });

    test('of a pool sends the whole gradient to the largest number', async () => {
      const box = await engine.ask('glassBox', 4, POOL, (2 * 7 + 3) * 7 + 3);
      expect(box).toMatchObject({ kind: 'maximum', sources: ['act'] });
      expect(box.terms.map(({ place }) => place)).toEqual([6, 7].flatMap(row => [6, 7].map(column => [2, row, column])));
      expect(box.value).toBe(Math.max(...box.terms.map(({ value }) => value)));
      const receiving = box.terms.filter(({ weight }) => weight !== 0);
      expect(receiving).toHaveLength(1);
      expect(receiving[0]!.value).toBe(box.value);
    });

    test('of a linear layer adds up all products and the bias', async () => {
      const box = await engine.ask('glassBox', 4, FC, 7);
      expect(box).toMatchObject({ kind: 'sum', sources: ['flatten'], place: [7] });
      expect(box.terms).toHaveLength(3 * 7 * 7);
      expect(sum(box)).toBeCloseTo(box.value, 4);
    });

    test('of relu shows the one number that it cuts', async () => {
      const box = await engine.ask('glassBox', 4, ACT, (1 * 14 + 7) * 14 + 6);
      expect(box.kind).toBe('function');
      expect(box.terms.map(({ place }) => place)).toEqual([[1, 7, 6]]);
      expect(box.value).toBe(Math.max(0, box.terms[0]!.value));
    });
  });

  test('finds the worst mistakes and counts them in the confusion matrix', async () => {
    const { confusion, worst, accuracy, images } = await engine.ask('evaluate');
    const right = confusion.reduce((total, row, i) => total + row[i]!, 0);
    expect(images).toBe(1000);
    expect(accuracy).toBe(right / 1000);
    const surest = worst.map(({ probabilities }) => Math.max(...probabilities));
    expect(surest).toEqual([...surest].sort((a, b) => b - a));
    for (const { label, probabilities } of worst) expect(probabilities[label]).toBeLessThan(Math.max(...probabilities));
  });

  test('moves to another backend in the middle of a run with weights and optimizer', async () => {
    await engine.ask('build', small, 5);
    for (let i = 0; i < 3; i++) await engine.ask('step');
    await engine.ask('useBackend', { kind: 'cpu', threads: 2 });
    for (let i = 0; i < 3; i++) await engine.ask('step');
    const moved = steps().slice(-6);
    await engine.ask('useBackend', { kind: 'cpu', threads: 1 });
    await engine.ask('build', small, 5);
    for (let i = 0; i < 6; i++) await engine.ask('step');
    expect(steps().slice(-6)).toEqual(moved);
  });

  test('gives a file and takes it back', async () => {
    const { model, weights } = await engine.ask('exportNet');
    expect(JSON.parse(model)).toMatchObject({ input: [1, 28, 28], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] });
    const before = await engine.ask('predictions', 0, 4);
    await engine.ask('build', small, 77);
    expect(await engine.ask('predictions', 0, 4)).not.toEqual(before);
    await engine.ask('importNet', weights, 'a file');
    expect(await engine.ask('predictions', 0, 4)).toEqual(before);
    await expect(engine.ask('importNet', weights.subarray(0, 100), 'a file')).rejects.toThrow('a file');
    expect(await engine.ask('predictions', 0, 4)).toEqual(before);
  });

  test('says where the numbers ran away, and stops', async () => {
    await engine.ask('configure', { ...settings, learningRate: 1e30 });
    await engine.ask('build', small, 1);
    await engine.ask('start');
    while (!events.some(({ type }) => type === 'fault')) await new Promise(resolve => setTimeout(resolve, 5));
    expect(events.find(event => event.type === 'fault')).toMatchObject({
      message: expect.stringMatching(/the loss is (NaN|Infinity) at step \d/),
    });
    expect(events.filter(event => event.type === 'running').at(-1)).toEqual({ type: 'running', running: false });
  });
});
