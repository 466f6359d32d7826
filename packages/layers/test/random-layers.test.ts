/** What layers that are random in training do there: which numbers they drop or change together, and how many. */
import { cpuReference } from '@cnn/backend-cpu';
import { tensor, tidy } from '@cnn/tensor';
import { afterEach, describe, expect, it } from 'vitest';
import {
  dropConnect,
  fractionalMaxPool2d,
  gaussianNoise,
  graph,
  initialise,
  type Layer,
  maxPool2d,
  maxUnpool2d,
  spatialDropout,
  stochasticDepth,
} from '../src/index.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

/** The output of a layer for a batch [n, ...]. */
function outputOf(
  layer: Layer,
  numbers: readonly number[],
  shape: readonly number[],
  { training = true, step = 0 } = {},
): number[] {
  const net = initialise(layer, { backend, input: shape.slice(1), dtype: 'float64', seed: 1 });
  for (const { name, value } of net.parameters.filter(({ name }) => name.endsWith('weight')))
    net.variable(name).assign(tensor(backend, new Float64Array(value.size).fill(1), { shape: value.shape, dtype: 'float64' }));
  const y = tidy(() => [...net.apply(tensor(backend, numbers, { shape, dtype: 'float64' }), { training, step }).dataSync()]);
  net.dispose();
  return y;
}

const ones = (length: number): number[] => Array.from({ length }, () => 1);
const parts = (numbers: readonly number[], size: number): number[][] =>
  Array.from({ length: numbers.length / size }, (_, i) => numbers.slice(i * size, (i + 1) * size));
const share = <T>(items: readonly T[], is: (item: T) => boolean): number => items.filter(is).length / items.length;

describe('spatialDropout', () => {
  it('drops whole channels, about the share it says, and scales the rest', () => {
    const channels = parts(outputOf(spatialDropout({ rate: 0.25 }), ones(20 * 50 * 4), [20, 50, 2, 2]), 4);
    for (const channel of channels) expect([[0, 0, 0, 0], Array(4).fill(4 / 3)]).toContainEqual(channel);
    // 1000 channels: four standard errors are 0.055.
    expect(Math.abs(share(channels, ([first]) => first === 0) - 0.25)).toBeLessThan(0.055);
  });
});

describe('stochasticDepth', () => {
  it('drops whole examples, about the share it says, and scales the rest', () => {
    const examples = parts(outputOf(stochasticDepth({ rate: 0.2 }), ones(1000 * 6), [1000, 2, 3]), 6);
    for (const example of examples) expect([Array(6).fill(0), Array(6).fill(1.25)]).toContainEqual(example);
    // Four standard errors are 0.051.
    expect(Math.abs(share(examples, ([first]) => first === 0) - 0.2)).toBeLessThan(0.051);
  });
});

describe('dropConnect', () => {
  it('drops weights, about the share it says, the same ones for the whole batch, and scales the rest', () => {
    // The rows of the identity, twice, show the weights.
    const identity = Array.from({ length: 40 * 20 }, (_, i) => (Math.floor(i / 20) % 20 === i % 20 ? 1 : 0));
    const [first, second] = parts(outputOf(dropConnect({ units: 50, rate: 0.2 }), identity, [40, 20]), 1000);
    expect(new Set(first)).toEqual(new Set([0, 1.25]));
    expect(second).toEqual(first);
    // 1000 weights: four standard errors are 0.051.
    expect(Math.abs(share(first!, weight => weight === 0) - 0.2)).toBeLessThan(0.051);
  });
});

describe('gaussianNoise', () => {
  it('adds noise of mean 0 and its deviation', () => {
    const noise = outputOf(gaussianNoise({ deviation: 0.5 }), Array(10_000).fill(3), [10, 1000]).map(y => y - 3);
    const mean = noise.reduce((a, b) => a + b) / noise.length;
    const deviation = Math.sqrt(noise.reduce((total, x) => total + (x - mean) ** 2, 0) / noise.length);
    // Four standard errors: 0.02 of the mean, and 0.0142 of the deviation.
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.0142);
  });
});

describe('fractionalMaxPool2d', () => {
  const image = Array.from({ length: 100 }, (_, i) => i);
  const at = (options: { training?: boolean; step?: number }): number[] =>
    outputOf(fractionalMaxPool2d({ outputRatio: 0.7 }), image, [1, 1, 10, 10], options);

  it('takes other windows in another step of training, the same outside', () => {
    const steps = Array.from({ length: 10 }, (_, step) => at({ step }).join());
    expect(new Set(steps).size).toBeGreaterThan(1);
    expect(at({ step: 3 }).join()).toBe(steps[3]);
    expect(at({ training: false, step: 1 })).toEqual(at({ training: false, step: 2 }));
  });

  it('covers the image from its first to its last pixel, at most two apart', () => {
    for (let step = 0; step < 10; step++) {
      // The largest of each window of two by two is its last pixel.
      const rows = parts(at({ step }), 7).map(([first]) => Math.floor(first! / 10));
      expect(rows[0]).toBe(1);
      expect(rows.at(-1)).toBe(9);
      for (let i = 1; i < 7; i++) expect([1, 2]).toContain(rows[i]! - rows[i - 1]!);
    }
  });
});

describe('maxUnpool2d', () => {
  it('puts what a pool gave back to its places', () => {
    const model = graph({
      inputs: ['image'],
      nodes: [
        { name: 'pool', layer: maxPool2d({ kernelSize: 2 }), inputs: ['image'] },
        { name: 'back', layer: maxUnpool2d({ kernelSize: 2 }), inputs: ['pool', 'image'] },
      ],
      outputs: ['back'],
    });
    const net = initialise(model, { backend, input: [1, 2, 4], dtype: 'float64' });
    const y = tidy(() => {
      const x = tensor(backend, [1, 5, 3, 2, 4, 0, -1, 8], { shape: [1, 1, 2, 4], dtype: 'float64' });
      return [...net.apply(x).dataSync()];
    });
    expect(y).toEqual([0, 5, 0, 0, 0, 0, 0, 8]);
  });

  it('needs two inputs', () => {
    expect(() => initialise(maxUnpool2d({ kernelSize: 2 }), { backend, input: [1, 2, 2] })).toThrow(
      'it takes two inputs and has 1',
    );
  });
});
