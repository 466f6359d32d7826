import { cpu } from '@cnn/backend-cpu';
import { type Batch, type Loader, loader } from '@cnn/data';
import {
  batchNorm,
  conv2d,
  defineLayer,
  dropout,
  flatten,
  graph,
  initialise,
  linear,
  type Net,
  relu,
  sequential,
} from '@cnn/layers';
import { adam, sgd } from '@cnn/optim';
import { OptionError, ops, ShapeError, UsageError } from '@cnn/tensor';
import { type FitOptions, fit, type TrainEvent } from '@cnn/train';
import { describe, expect, it } from 'vitest';
import { laterBackend } from '../../tensor/test/later-backend.js';
import { bitsOf, crossEntropy, digitLoaders, smallNet } from './helpers.js';

const backend = await cpu();

async function train(seed: number, options: Partial<FitOptions> = {}) {
  const net = smallNet(backend, seed);
  const { data } = digitLoaders(160, 20, { seed });
  const result = await fit({ net, loss: crossEntropy, optimizer: adam({ learningRate: 0.01 }), data, epochs: 2, ...options });
  const bits = await bitsOf(net.variables);
  net.dispose();
  return { ...result, bits };
}

/** A loader of given numbers as images [1, 1, features]. */
function given(rows: readonly (readonly number[])[], labels: readonly number[], classes: number): Loader {
  const shape = [1, 1, rows[0]!.length] as const;
  const batch = (): Batch => ({
    images: Float32Array.from(rows.flat()),
    labels: Int32Array.from(labels),
    size: rows.length,
    shape,
    indices: Int32Array.from(labels.keys()),
  });
  const names = Array.from({ length: classes }, (_, i) => String(i));
  return {
    dataset: { name: 'given', length: rows.length, shape, classes: names } as unknown as Loader['dataset'],
    batchSize: rows.length,
    batches: 1,
    batchShape: [rows.length, ...shape],
    settings: { shuffle: false, seed: 0, transforms: '' },
    async *epoch() {
      yield batch();
    },
  };
}

const twoPoints = given(
  [
    [1, 2],
    [3, -4],
  ],
  [0, 1],
  2,
);

/** A linear classifier of two numbers whose weights are zero. */
function twoClasses(): Net {
  const net = initialise(sequential({ flatten: flatten(), fc: linear({ units: 2 }) }), { backend, input: [1, 1, 2] });
  net.variable('fc.weight').assign(ops.zeros(backend, [2, 2]));
  return net;
}

describe('captured steps', () => {
  const normalised = () =>
    sequential({
      conv: conv2d({ filters: 3, kernelSize: 5 }),
      norm: batchNorm(),
      relu: relu(),
      flatten: flatten(),
      fc: linear({ units: 10 }),
    });
  const dropped = () => sequential({ flatten: flatten(), drop: dropout({ rate: 0.3 }), fc: linear({ units: 10 }) });

  it.each([
    ['a net with batch normalisation and a smaller last batch', normalised],
    ['a net with dropout, whose masks differ from step to step', dropped],
  ])('end in the bits of steps that are not: %s', async (_, model) => {
    const bits = [];
    for (const capture of [true, false]) {
      const net = initialise(model(), { backend, input: [1, 28, 28], seed: 3 });
      const { data } = digitLoaders(90, 20, { seed: 1 });
      await fit({ net, loss: crossEntropy, optimizer: adam({ learningRate: 0.01 }), data, epochs: 2, capture });
      bits.push(await bitsOf(net.variables));
      net.dispose();
    }
    expect(bits[0]).toEqual(bits[1]);
  });

  it('are not taken for a loss that changes from step to step', async () => {
    const lossesOf = async (capture: boolean) => {
      const net = twoClasses();
      const losses: number[] = [];
      let calls = 0;
      const loss: FitOptions['loss'] = (logits, targets) => ops.mul(crossEntropy(logits, targets), ++calls);
      const onEvent = (event: TrainEvent) => void (event.type === 'step' && losses.push(event.loss / Math.log(2)));
      await fit({ net, loss, optimizer: sgd({ learningRate: 1e-9 }), data: twoPoints, epochs: 3, onEvent, capture });
      net.dispose();
      return losses.map(Math.round);
    };
    expect(await lossesOf(true)).toEqual([1, 2, 3]);
    expect(await lossesOf(false)).toEqual([1, 2, 3]);
  });
});

describe('fit', () => {
  it('learns', async () => {
    const net = smallNet(backend);
    const { data, validation } = digitLoaders(600, 20);
    const { history, reason, images } = await fit({
      net,
      loss: crossEntropy,
      optimizer: adam({ learningRate: 0.01 }),
      data,
      validation,
      epochs: 3,
    });
    expect(reason).toBe('finished');
    expect(images).toBe(1800);
    expect(history.map(row => row.epoch)).toEqual([1, 2, 3]);
    // A classifier that has learned nothing has a loss of log 10 and is right once in ten.
    expect(history[2]!.trainLoss).toBeLessThan(0.85 * Math.log(10));
    expect(history[2]!.trainLoss).toBeLessThan(0.8 * history[0]!.trainLoss);
    expect(history[2]!.testAccuracy).toBeGreaterThan(0.3);
    net.dispose();
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const first = await train(1);
    expect((await train(1)).bits).toEqual(first.bits);
    const other = await train(2);
    for (const name of Object.keys(first.bits)) expect(other.bits[name]).not.toBe(first.bits[name]);
  });

  it('does one step as by hand', async () => {
    // Weight 0, so both classes have probability 1/2, loss log 2; dL/dw = mean of (1/2 - target) x:
    // class 0: ((0.5 - 1) [1, 2] + 0.5 [3, -4]) / 2 = [0.5, -1.5]; class 1 the opposite; bias 0.
    const net = twoClasses();
    const { history } = await fit({ net, loss: crossEntropy, optimizer: sgd({ learningRate: 0.1 }), data: twoPoints, epochs: 1 });
    expect(history[0]!.trainLoss).toBeCloseTo(Math.log(2), 6);
    // Of equal scores the first counts as the highest, so the image of class 0 is right.
    expect(history[0]!.trainAccuracy).toBe(0.5);
    expect([...(await net.variable('fc.weight').value.data())].map(x => Number(x.toFixed(6)))).toEqual([
      -0.05, 0.15, 0.05, -0.15,
    ]);
    net.dispose();
  });

  it.each([
    // The gradient above has norm sqrt(2 (0.25 + 2.25)) = sqrt(5): to norm 1 it is scaled by 1 / sqrt(5).
    [{ norm: 1 }, [-0.05, 0.15, 0.05, -0.15].map(x => x / Math.sqrt(5))],
    [{ norm: 3 }, [-0.05, 0.15, 0.05, -0.15]],
    [{ value: 0.7 }, [-0.05, 0.07, 0.05, -0.07]],
    // By value first: [0.5, 0.7] twice has norm sqrt(1.48).
    [{ value: 0.7, norm: 0.5 }, [-0.05, 0.07, 0.05, -0.07].map(x => (x * 0.5) / Math.sqrt(1.48))],
  ])('clips gradients: %o', async (clip, expected) => {
    const net = twoClasses();
    await fit({ net, loss: crossEntropy, optimizer: sgd({ learningRate: 0.1 }), data: twoPoints, epochs: 1, clip });
    const weight = await net.variable('fc.weight').value.data();
    for (const [i, x] of expected.entries()) expect(weight[i]).toBeCloseTo(x, 6);
    net.dispose();
  });

  it('gives random layers other numbers in each step, and the same in each run', async () => {
    const run = async (): Promise<string[]> => {
      const keys: string[] = [];
      const probe = defineLayer({
        type: 'test/probe',
        forward: (x, _tensors, _config, { training, key }) => {
          if (training) keys.push(key.join());
          return ops.mul(x, 1);
        },
      });
      const model = sequential([flatten(), probe(), linear({ units: 2 })]);
      const net = initialise(model, { backend, input: [1, 1, 2] });
      await fit({ net, loss: crossEntropy, optimizer: sgd(), data: twoPoints, epochs: 3 });
      net.dispose();
      return keys;
    };
    const keys = await run();
    expect(new Set(keys).size).toBe(3);
    expect(await run()).toEqual(keys);
  });

  it('leaves frozen parameters as they are', async () => {
    const net = smallNet(backend);
    net.freeze('conv');
    const before = await bitsOf(net.parameters);
    const { data } = digitLoaders(60, 20);
    await fit({ net, loss: crossEntropy, optimizer: adam(), data, epochs: 1 });
    const after = await bitsOf(net.parameters);
    for (const name of Object.keys(before)) expect(after[name] === before[name], name).toBe(name.startsWith('conv.'));
    net.dispose();
  });

  it('tells its progress in order', async () => {
    const net = smallNet(backend);
    const { data, validation } = digitLoaders(50, 20);
    const events: TrainEvent[] = [];
    const optimizer = sgd({ learningRate: 0.125 });
    await fit({ net, loss: crossEntropy, optimizer, data, validation, epochs: 2, onEvent: event => events.push(event) });
    const epoch = ['step', 'step', 'step', 'epochEnd'];
    expect(events.map(({ type }) => type)).toEqual(['start', ...epoch, ...epoch, 'end']);
    const steps = events.filter(event => event.type === 'step');
    expect(
      steps.map(({ step, epoch, batch, batches, epochs, images, learningRate }) => [
        step,
        epoch,
        batch,
        batches,
        epochs,
        images,
        learningRate,
      ]),
    ).toEqual([
      [1, 1, 1, 3, 2, 20, 0.125],
      [2, 1, 2, 3, 2, 40, 0.125],
      [3, 1, 3, 3, 2, 50, 0.125],
      [4, 2, 1, 3, 2, 70, 0.125],
      [5, 2, 2, 3, 2, 90, 0.125],
      [6, 2, 3, 3, 2, 100, 0.125],
    ]);
    // The epoch's figures are means over images, and the last batch has only ten.
    const [first] = events.filter(event => event.type === 'epochEnd');
    expect(first!.trainLoss).toBeCloseTo((20 * steps[0]!.loss + 20 * steps[1]!.loss + 10 * steps[2]!.loss) / 50, 12);
    expect(first!.trainAccuracy).toBeCloseTo(
      (20 * steps[0]!.accuracy + 20 * steps[1]!.accuracy + 10 * steps[2]!.accuracy) / 50,
      12,
    );
    net.dispose();
  });

  it('leaves no buffer behind, also when it throws', async () => {
    const before = backend.live();
    await train(1, { clip: { norm: 1, value: 0.1 }, validation: digitLoaders(60, 20).validation });
    expect(backend.live()).toBe(before);
    const net = smallNet(backend);
    const own = backend.live();
    const { data } = digitLoaders(60, 20);
    const loss = (): never => {
      throw new Error('no loss');
    };
    await expect(fit({ net, loss, optimizer: adam(), data, epochs: 1 })).rejects.toThrow('no loss');
    expect(backend.live()).toBe(own);
    net.dispose();
  });

  it('trains on an asynchronous backend to the same numbers', async () => {
    const later = laterBackend();
    const net = smallNet(later);
    const before = later.live();
    const { data, validation } = digitLoaders(40, 20);
    const options = { loss: crossEntropy, optimizer: adam(), data, validation, epochs: 1 };
    const { history } = await fit({ net, ...options });
    expect(later.live()).toBe(before);
    const here = smallNet(backend);
    const { history: expected } = await fit({ net: here, ...options });
    expect(history[0]!.trainLoss).toBeCloseTo(expected[0]!.trainLoss, 3);
    expect(history[0]!.testLoss).toBeCloseTo(expected[0]!.testLoss!, 3);
    net.dispose();
    here.dispose();
    await later.dispose();
  });

  it('rejects with the error of a kernel that fails late', async () => {
    const later = laterBackend({ fails: (op, run) => op === 'matmul' && run === 2 });
    const net = smallNet(later);
    const { data } = digitLoaders(40, 20);
    await expect(fit({ net, loss: crossEntropy, optimizer: adam(), data, epochs: 1 })).rejects.toThrow('matmul failed');
    net.dispose();
    await later.dispose();
  });

  it('lets timers run while it trains, so that a signal can end it', async () => {
    const net = smallNet(backend);
    const { data } = digitLoaders(60, 20);
    const { reason } = await fit({
      net,
      loss: crossEntropy,
      optimizer: adam(),
      data,
      epochs: 1000,
      signal: AbortSignal.timeout(100),
    });
    expect(reason).toBe('aborted');
    net.dispose();
  });

  describe('refuses', () => {
    const net = smallNet(backend);
    const { data } = digitLoaders(20, 20);
    const options: FitOptions = { net, loss: crossEntropy, optimizer: adam(), data, epochs: 1 };
    const attempt = (more: object) => expect(fit({ ...options, ...more })).rejects;

    it('an unknown option', () =>
      attempt({ epoch: 3 }).toThrow(
        new OptionError(
          'fit',
          'epoch',
          3,
          'no option of this name; known: net, loss, optimizer, schedule, data, validation, epochs, clip, accumulate, regularisation, callbacks, onEvent, signal, resume, capture',
        ),
      ));
    it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%s epochs', epochs => attempt({ epochs }).toThrow(OptionError));
    it.each([{ norm: 0 }, { norm: Number.NaN }, { value: -1 }, { nrom: 1 }])('clip %o', clip =>
      attempt({ clip }).toThrow(OptionError),
    );
    it('a missing option', () => attempt({ optimizer: undefined }).toThrow("fit: option 'optimizer' is undefined"));
    it('two callbacks of one name', () =>
      attempt({ callbacks: [{ name: 'a' }, { name: 'a' }] }).toThrow(new UsageError("fit: two callbacks are named 'a'")));
    it('images of another shape', () =>
      attempt({ data: loader({ ...data.dataset, shape: [1, 27, 28] }, { batchSize: 20 }) }).toThrow(
        new ShapeError('fit: the images are [1, 27, 28], the model takes [1, 28, 28]'),
      ));
    it('a net whose parameters are all frozen', () => {
      const frozen = smallNet(backend);
      frozen.freeze(/./);
      return attempt({ net: frozen }).toThrow(new UsageError('fit: the net has no trainable parameters'));
    });
  });
});

it('refuses a net with several outputs', async () => {
  const backend = await cpu();
  const two = graph({
    inputs: ['input'],
    nodes: [
      { name: 'flatten', layer: flatten(), inputs: ['input'] },
      { name: 'a', layer: linear({ units: 10 }), inputs: ['flatten'] },
      { name: 'b', layer: linear({ units: 10 }), inputs: ['flatten'] },
    ],
    outputs: ['a', 'b'],
  });
  const net = initialise(two, { backend, input: [1, 28, 28] });
  const { data } = digitLoaders(50, 50);
  await expect(fit({ net, loss: crossEntropy, optimizer: sgd(), data, epochs: 1 })).rejects.toThrow(/the model has 2 outputs/);
  net.dispose();
});

it('refuses what is no net, optimizer, loader, callback or signal, and a model with too few scores', async () => {
  const backend = await cpu();
  const model = sequential({ flatten: flatten(), fc: linear({ units: 9 }) });
  const net = initialise(model, { backend, input: [1, 28, 28] });
  const { data } = digitLoaders(50, 50);
  const options: FitOptions = { net, loss: crossEntropy, optimizer: sgd(), data, epochs: 1 };
  const wrong: Record<string, unknown> = {
    net: model,
    loss: 3,
    optimizer: sgd,
    schedule: 0.1,
    data: data.dataset,
    validation: data.dataset,
    callbacks: [() => {}],
    onEvent: 'log',
    signal: true,
  };
  for (const [name, value] of Object.entries(wrong)) {
    await expect(fit({ ...options, [name]: value }), name).rejects.toThrow(`fit: option '${name}' is`);
  }
  await expect(fit(options)).rejects.toThrow('fit: the model gives 9 scores for an image, digits train has 10 classes');
  net.dispose();
  expect(backend.live()).toBe(0);
});
