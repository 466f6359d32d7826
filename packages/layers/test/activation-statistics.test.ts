/** Statistics by hand, and the lectures' experiment: how the size of first weights decides what reaches the last layer. */
import { cpu, cpuReference } from '@cnn/backend-cpu';
import { grad, OptionError, ops, randomKey, randomNormal, ShapeError, type Tensor, tensor, tidy } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  activationStatistics,
  batchNorm,
  flatten,
  type InitialiserConfig,
  initialise,
  type LayerStatistics,
  linear,
  relu,
  residual,
  sequential,
  tanh,
} from '../src/index.js';
import { expectClose } from './helpers.js';

describe('by hand', () => {
  const backend = cpuReference({ poison: true });

  it('gives mean, deviation, histogram and dead share of outputs and gradients', async () => {
    const net = initialise(sequential({ head: linear({ units: 2, bias: false }), act: relu() }), {
      backend,
      input: [1],
      dtype: 'float64',
    });
    net.variable('head.weight').assign(tensor(backend, [2, -1], { shape: [2, 1], dtype: 'float64' }));
    const batch = tensor(backend, [1, 3], { shape: [2, 1], dtype: 'float64' });
    const [head, act] = await activationStatistics(net, batch, { bins: 3 });
    // x W is [2, -1] and [6, -3], relu makes [2, 0] and [6, 0] of it; the gradients of the sum are [1, 0] twice.
    expect(head).toMatchObject({ path: 'head', type: 'linear' });
    expect(head!.outputs).toMatchObject({ mean: 1, lowest: -3, highest: 6, histogram: [2, 1, 1], dead: 0 });
    expectClose([head!.outputs.deviation], [Math.sqrt((1 + 4 + 25 + 16) / 4)]);
    expect(head!.gradients).toMatchObject({ mean: 0.5, deviation: 0.5, histogram: [2, 0, 2], dead: 0.5 });
    expect(act!.outputs).toMatchObject({ mean: 2, histogram: [2, 1, 1], dead: 0.5 });
    expect(act!.gradients).toMatchObject({ mean: 1, deviation: 0, histogram: [4, 0, 0], dead: 0 });

    // The gradient of Σ y² / 2 is y.
    const [, squared] = await activationStatistics(net, batch, { loss: y => ops.mul(ops.sum(ops.square(y)), 0.5) });
    expect(squared!.gradients).toMatchObject({ mean: 2, highest: 6, dead: 0.5 });
    for (const each of [net, batch]) each.dispose();
    expect(backend.live()).toBe(0);
  });

  it('follows graphs, takes the batch to normalise, and changes nothing', async () => {
    const net = initialise(sequential({ norm: batchNorm(), block: residual(tanh()), flat: flatten() }), {
      backend,
      input: [2],
      dtype: 'float64',
    });
    const batch = tensor(backend, [1, 1, 3, 5], { shape: [2, 2], dtype: 'float64' });
    const before = net.variables.map(({ value }) => [...value.dataSync()]);
    const found = await activationStatistics(net, batch);
    expect(found.map(({ path }) => path)).toEqual(['norm', 'block.body', 'block.sum', 'flat']);
    // Each column is -1 and 1 after it, but for epsilon.
    expectClose([found[0]!.outputs.mean, found[0]!.outputs.deviation], [0, 1], 1e-5);
    // d/dx (x + tanh x) = 2 - tanh² x, the same for all four.
    expectClose([found[0]!.gradients.mean, found[0]!.gradients.deviation], [2 - Math.tanh(1) ** 2, 0], 1e-5);
    expect(net.variables.map(({ value }) => [...value.dataSync()])).toEqual(before);
    for (const each of [net, batch]) each.dispose();
    expect(backend.live()).toBe(0);
  });

  it('refuses a loss that is no scalar, a batch that does not fit, and wrong options', async () => {
    const net = initialise(linear({ units: 2 }), { backend, input: [3] });
    const batch = tensor(backend, [1, 2, 3, 4], { shape: [2, 2] });
    await expect(activationStatistics(net, batch)).rejects.toBeInstanceOf(ShapeError);
    const right = tensor(backend, [1, 2, 3], { shape: [1, 3] });
    await expect(activationStatistics(net, right, { loss: y => y })).rejects.toBeInstanceOf(ShapeError);
    await expect(activationStatistics(net, right, { bins: 0 })).rejects.toBeInstanceOf(OptionError);
    for (const each of [net, batch, right]) each.dispose();
    expect(backend.live()).toBe(0);
  });
});

// Ten layers of 500 units, 50 examples of normal numbers, as in the CS231n notes on setting up a network.
describe('the experiment of the lectures', async () => {
  const backend = await cpu();

  /** The activations of each of ten layers. */
  async function activations(act: 'tanh' | 'relu', weightInitialiser: InitialiserConfig): Promise<LayerStatistics[]> {
    const layers = Array.from({ length: 10 }, () => [
      linear({ units: 500, bias: false, weightInitialiser }),
      act === 'tanh' ? tanh() : relu(),
    ]).flat();
    const net = initialise(sequential(layers), { backend, input: [500], seed: 3 });
    const batch: Tensor = tensor(backend, Float32Array.from(randomNormal(50 * 500, randomKey('batch'))), { shape: [50, 500] });
    const found = await activationStatistics(net, batch);
    for (const each of [net, batch]) each.dispose();
    return found.filter(({ type }) => type === act);
  }
  const deviations = (found: readonly LayerStatistics[]): number[] => found.map(({ outputs }) => outputs.deviation);
  const small = { type: 'normal', deviation: 0.01 };

  it('tanh with weights of 0.01: all activations go to 0, by √500 / 100 a layer, and so do the gradients', async () => {
    const found = await activations('tanh', small);
    const spread = deviations(found);
    expect(spread[0]).toBeGreaterThan(0.2);
    // tanh(x) is x for small x: 0.2236 a layer, 6e-7 after ten from 0.21 in the first.
    expect(spread[9]).toBeLessThan(1e-6);
    expect(spread[9]! / spread[8]!).toBeCloseTo(Math.sqrt(500) / 100, 1);
    expect(found[0]!.gradients.deviation).toBeLessThan(1e-5);
  });

  it('tanh with weights of 1: almost all units are at -1 or 1', async () => {
    const { histogram } = (await activations('tanh', { type: 'normal', deviation: 1 }))[9]!.outputs;
    const ends = histogram[0]! + histogram.at(-1)!;
    expect(ends / (50 * 500)).toBeGreaterThan(0.9);
  });

  it("tanh with Xavier's weights: the deviations stay", async () => {
    const spread = deviations(await activations('tanh', 'xavierNormal'));
    expect(spread[0]).toBeGreaterThan(0.6);
    expect(spread[9]).toBeGreaterThan(0.2);
  });

  it("relu with Xavier's weights: the mean square halves in each layer", async () => {
    const found = await activations('relu', 'xavierNormal');
    const squares = found.map(({ outputs: { mean, deviation } }) => mean ** 2 + deviation ** 2);
    // 1/2 of 1 in the first layer, and 2^-10 in the tenth; the sample strays by some percent a layer.
    expect(squares[0]).toBeCloseTo(0.5, 1);
    expect(Math.log2(squares[9]! / squares[0]!)).toBeGreaterThan(-10);
    expect(Math.log2(squares[9]! / squares[0]!)).toBeLessThan(-8);
  });

  it("relu with He's weights: the mean square stays", async () => {
    const found = await activations('relu', 'heNormal');
    const squares = found.map(({ outputs: { mean, deviation } }) => mean ** 2 + deviation ** 2);
    expect(squares[0]).toBeCloseTo(1, 1);
    expect(Math.abs(Math.log2(squares[9]! / squares[0]!))).toBeLessThan(1);
  });
});

describe('equal first weights', () => {
  const backend = cpuReference({ poison: true });

  /** The rows of the hidden layer's weight after five steps of gradient descent. */
  function rowsAfterTraining(weightInitialiser: InitialiserConfig): number[][] {
    const model = sequential({
      hidden: linear({ units: 3, weightInitialiser }),
      act: tanh(),
      head: linear({ units: 1, weightInitialiser }),
    });
    const net = initialise(model, { backend, input: [2], dtype: 'float64' });
    const batch = tensor(backend, [1, 2, -1, 0.5], { shape: [2, 2], dtype: 'float64' });
    for (let step = 0; step < 5; step++) {
      const { loss, grads } = grad(() => ops.mean(ops.square(ops.sub(net.apply(batch), 1))), net.parameters);
      net.parameters.forEach((parameter, i) => {
        parameter.assign(tidy(() => ops.sub(parameter.value, ops.mul(grads[i]!, 0.1))));
      });
      for (const each of [loss, ...grads]) each.dispose();
    }
    const numbers = [...net.variable('hidden.weight').value.dataSync()];
    for (const each of [batch, net]) each.dispose();
    expect(backend.live()).toBe(0);
    return [0, 2, 4].map(at => numbers.slice(at, at + 2));
  }

  it('zeros stay zeros', () => {
    expect(rowsAfterTraining('zeros').flat()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a constant is trained, and keeps the units equal; random numbers do not', () => {
    const [first, second, third] = rowsAfterTraining({ type: 'constant', value: 0.5 });
    expect(first).not.toEqual([0.5, 0.5]);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    const [one, other] = rowsAfterTraining('xavierNormal');
    expect(other).not.toEqual(one);
  });
});
