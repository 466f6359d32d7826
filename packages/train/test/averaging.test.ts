import { cpu, cpuReference } from '@cnn/backend-cpu';
import { batchNorm, dropout, flatten, initialise, linear, type Net, sequential } from '@cnn/layers';
import { adam, constant, cosineWarmRestarts, sgd } from '@cnn/optim';
import { FormatError, OptionError, tensor, UsageError } from '@cnn/tensor';
import {
  averageWeights,
  type Callback,
  type FitOptions,
  fit,
  NonFiniteVariableError,
  predict,
  recomputeStatistics,
  snapshots,
} from '@cnn/train';
import { describe, expect, it } from 'vitest';
import { crossEntropy, digitLoaders, smallNet, watch } from './helpers.js';

const backend = await cpu({ poison: true });
// Four steps an epoch.
const { data } = digitLoaders(70, 20);

/** What snapshots are asked about. */
const images = tensor(
  backend,
  Float32Array.from({ length: 2 * 28 * 28 }, (_, i) => Math.sin(i)),
  { shape: [2, 1, 28, 28] },
);
/** Buffers that are no test's. */
const held = backend.live();

type Weights = Readonly<Record<string, readonly number[]>>;
const weightsOf = async (net: Net): Promise<Weights> =>
  Object.fromEntries(
    await Promise.all(net.variables.map(async ({ name, value }) => [name, Array.from(await value.data())] as const)),
  );

/** Trains with a callback; gives the net, and its weights after each step as another callback sees them. */
async function train(callback: Callback, more: Partial<FitOptions> = {}) {
  const net = smallNet(backend);
  const seen: Weights[] = [];
  const record = watch('record', async (event, run) => {
    if (event.type === 'step') seen.push(await weightsOf(run.net));
  });
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await fit({ net, loss: crossEntropy, optimizer, data, epochs: 3, callbacks: [record, callback], ...more });
  return { net, seen };
}

/** Averages by a rule, number by number. */
function combined(all: readonly Weights[], rule: (numbers: readonly number[]) => number): Weights {
  const entries = Object.entries(all[0]!).map(([name, numbers]) => [
    name,
    numbers.map((_, i) => rule(all.map(each => each[name]![i]!))),
  ]);
  return Object.fromEntries(entries);
}
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

function expectWeights(actual: Weights, expected: Weights, what = ''): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, numbers] of Object.entries(expected)) {
    numbers.forEach((number, i) => {
      expect(Math.abs(actual[name]![i]! - number), `${what}${name}[${i}]`).toBeLessThan(1e-5 + 1e-4 * Math.abs(number));
    });
  }
}

describe('averageWeights', () => {
  it('leaves the net with the mean of its weights after all steps', async () => {
    const { net, seen } = await train(averageWeights());
    expect(seen).toHaveLength(12);
    expectWeights(await weightsOf(net), combined(seen, mean));
    net.dispose();
    expect(backend.live()).toBe(held);
  });

  it('with decay with the exponential average', async () => {
    const { net, seen } = await train(averageWeights({ decay: 0.8 }));
    expectWeights(
      await weightsOf(net),
      combined(seen, numbers => numbers.reduce((average, x) => 0.8 * average + 0.2 * x)),
    );
    net.dispose();
  });

  it('once an epoch, after the first ones, with its statistics anew, is SWA', async () => {
    const { net, seen } = await train(averageWeights({ every: 'epoch', startEpoch: 1, data }));
    const averaged = combined([seen[7]!, seen[11]!], mean);
    const { 'norm.runningMean': _, 'norm.runningVar': __, ...parameters } = averaged;
    const { 'norm.runningMean': found, 'norm.runningVar': ___, ...left } = await weightsOf(net);
    expectWeights(left, parameters);
    // The statistics belong to the averaged weights: doing it again changes nothing but rounding.
    await recomputeStatistics(net, data);
    const again = (await weightsOf(net))['norm.runningMean']!;
    found!.forEach((number, i) => {
      expect(Math.abs(again[i]! - number)).toBeLessThan(1e-4);
    });
    expect(found).not.toEqual(averaged['norm.runningMean']);
    net.dispose();
    expect(backend.live()).toBe(held);
  });

  it('keeps the weights of a run that is aborted, or that ends before the first epoch that counts', async () => {
    for (const [startEpoch, abortAt] of [
      [9, 99],
      [0, 5],
    ]) {
      const aborter = new AbortController();
      const stopper: Callback = {
        name: 'stopper',
        onEvent: event => {
          if (event.type === 'step' && event.step === abortAt) aborter.abort();
        },
      };
      const net = smallNet(backend);
      let last: Weights = {};
      const record = watch('record', async (event, run) => {
        if (event.type === 'step') last = await weightsOf(run.net);
      });
      const callbacks = [stopper, record, averageWeights({ startEpoch: startEpoch! })];
      await fit({ net, loss: crossEntropy, optimizer: adam(), data, epochs: 2, callbacks, signal: aborter.signal });
      expect(await weightsOf(net)).toEqual(last);
      net.dispose();
      expect(backend.live()).toBe(held);
    }
  });

  it('leaves no buffer behind when the run fails', async () => {
    const net = smallNet(backend);
    const before = backend.live();
    const optimizer = sgd({ learningRate: 1e30 });
    const run = fit({ net, loss: crossEntropy, optimizer, data, epochs: 2, callbacks: [averageWeights()] });
    await expect(run).rejects.toThrow(NonFiniteVariableError);
    expect(backend.live()).toBe(before);
    net.dispose();
  });

  it.each([{ decay: 1 }, { every: 'batch' as 'step' }, { startEpoch: -1 }, { data: 3 as never }, { beta: 1 }])(
    'refuses %o',
    options => {
      expect(() => averageWeights(options)).toThrow(OptionError);
    },
  );

  it.each([null, {}, { count: -1 }])('refuses to go on from %o', state => {
    expect(() => averageWeights().restore!({ data: state })).toThrow(FormatError);
  });
});

describe('recomputeStatistics', () => {
  it('takes the mean of the batches’ means and unbiased variances', async () => {
    const own = cpuReference({ poison: true });
    const model = sequential({
      norm: batchNorm({ momentum: 0.3 }),
      flatten: flatten(),
      drop: dropout(),
      fc: linear({ units: 10 }),
    });
    const net = initialise(model, { backend: own, input: [1, 28, 28], dtype: 'float64' });
    const means: number[] = [];
    const variances: number[] = [];
    for await (const { images } of data.epoch(0)) {
      const numbers = Array.from(images);
      const average = mean(numbers);
      means.push(average);
      variances.push(numbers.reduce((sum, x) => sum + (x - average) ** 2, 0) / (numbers.length - 1));
    }
    await recomputeStatistics(net, data);
    const weights = await weightsOf(net);
    expect(weights['norm.runningMean']![0]).toBeCloseTo(mean(means), 10);
    expect(weights['norm.runningVar']![0]).toBeCloseTo(mean(variances), 10);
    net.dispose();
    expect(own.live()).toBe(0);
  });

  it('needs batches, and leaves a net without batch norm alone', async () => {
    const none = { ...data, epoch: async function* () {} };
    const net = smallNet(backend);
    await expect(recomputeStatistics(net, none)).rejects.toThrow(UsageError);
    const plain = initialise(sequential({ flatten: flatten(), fc: linear({ units: 10 }) }), { backend, input: [1, 28, 28] });
    const before = await weightsOf(plain);
    await recomputeStatistics(plain, data);
    expect(await weightsOf(plain)).toEqual(before);
    for (const made of [net, plain]) made.dispose();
    expect(backend.live()).toBe(held);
  });
});

describe('snapshots', () => {
  const schedule = cosineWarmRestarts({ learningRate: 0.05, length: 2 });

  /** Trains for six epochs; gives what the net says of the images after each. */
  async function trained(callback: ReturnType<typeof snapshots>) {
    const each: number[][][] = [];
    const rates: number[] = [];
    const record = watch('predict', async (event, run) => {
      if (event.type !== 'epochEnd') return;
      each.push(await predict(run.net, images));
      rates.push(event.learningRate);
    });
    const net = smallNet(backend);
    const options = { net, loss: crossEntropy, optimizer: sgd({ momentum: 0.9 }), data, epochs: 6, schedule };
    await fit({ ...options, callbacks: [callback, record] });
    return { net, each, rates };
  }

  it('average the predictions of the nets at the minima of the schedule', async () => {
    const callback = snapshots({ length: 2 });
    const { net, each, rates } = await trained(callback);
    expect(callback.count).toBe(3);
    // At the last of eight steps of a cycle the rate is near its minimum, 0.05 (1 + cos(7 π / 8)) / 2.
    expect(rates[1]).toBeCloseTo(0.0019030116872178317, 12);
    const before = await weightsOf(net);
    const found = await callback.predict(net, images);
    found.forEach((row, i) => {
      row.forEach((probability, j) => {
        expect(probability).toBeCloseTo(mean([1, 3, 5].map(epoch => each[epoch]![i]![j]!)), 6);
      });
    });
    expect(await weightsOf(net)).toEqual(before);
    net.dispose();
    expect(backend.live()).toBe(held);
  });

  it('keep the last ones, and go on where they were', async () => {
    const callback = snapshots({ length: 2, keep: 2 });
    const { net, each } = await trained(callback);
    const resumed = snapshots({ length: 2, keep: 2 });
    resumed.restore!(await callback.save!());
    for (const ensemble of [callback, resumed]) {
      expect(ensemble.count).toBe(2);
      const [row] = await ensemble.predict(net, images);
      expect(row![0]).toBeCloseTo(mean([each[3]![0]![0]!, each[5]![0]![0]!]), 6);
    }
    net.dispose();
  });

  it('are refused without a cycle, before the first one, and from elsewhere', async () => {
    expect(() => snapshots({} as { length: number })).toThrow(OptionError);
    expect(() => snapshots({ length: 0 })).toThrow(OptionError);
    const net = smallNet(backend);
    await expect(snapshots({ length: 1 }).predict(net, images)).rejects.toThrow(UsageError);
    for (const state of [null, [{ 'fc.bias': [10] }], [{ 'fc.bias': 'x' }]])
      expect(() => snapshots({ length: 1 }).restore!({ data: state })).toThrow(FormatError);
    net.dispose();
  });
});

describe('accumulate', () => {
  /** A net without batch norm and dropout, in float64, trained on batches of some size. */
  async function trainedOn(batchSize: number, accumulate?: number) {
    const own = cpuReference({ poison: true });
    const net = initialise(sequential({ flatten: flatten(), fc: linear({ units: 10 }) }), {
      backend: own,
      input: [1, 28, 28],
      dtype: 'float64',
    });
    await fit({
      net,
      loss: crossEntropy,
      // Unlike Adam, it shows the scale of its gradients; some of them are clipped.
      optimizer: sgd({ momentum: 0.9 }),
      schedule: constant({ learningRate: 0.05 }),
      data: digitLoaders(70, batchSize).data,
      epochs: 2,
      clip: { norm: 2 },
      ...(accumulate && { accumulate }),
    });
    const weights = await weightsOf(net);
    net.dispose();
    expect(own.live()).toBe(0);
    return weights;
  }

  it('makes of small batches the steps of a large one, the last and smaller ones too', async () => {
    // Of 70 images in batches of 6, three a step: 3 steps of 18 and one of 16, the last of its batches with 4.
    const large = await trainedOn(18);
    const small = await trainedOn(6, 3);
    expect(large['fc.weight']!.some(number => Math.abs(number) > 0.01)).toBe(true);
    for (const [name, numbers] of Object.entries(large)) {
      numbers.forEach((number, i) => {
        expect(Math.abs(small[name]![i]! - number), `${name}[${i}]`).toBeLessThan(1e-9);
      });
    }
    const apart = await trainedOn(6);
    expect(Math.abs(apart['fc.bias']![0]! - large['fc.bias']![0]!)).toBeGreaterThan(1e-4);
  });

  it.each([0, 1.5, -1])('is a whole number from 1, not %d', async accumulate => {
    const net = smallNet(backend);
    const run = fit({ net, loss: crossEntropy, optimizer: sgd(), data, epochs: 1, accumulate });
    await expect(run).rejects.toThrow("option 'accumulate'");
    net.dispose();
  });
});
