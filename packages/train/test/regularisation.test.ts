import { cpu } from '@cnn/backend-cpu';
import { conv2d, flatten, initialise, linear, type Net, sequential } from '@cnn/layers';
import { adam, sgd } from '@cnn/optim';
import { capture, grad, OptionError, tensor, UsageError } from '@cnn/tensor';
import {
  type Checkpoint,
  type FitOptions,
  fit,
  formatCheckpoint,
  limitNorms,
  NonFiniteLossError,
  parseCheckpoint,
  penalty,
  type RegularisationGroup,
  type StepLog,
  type TrainEvent,
} from '@cnn/train';
import { afterEach, describe, expect, it } from 'vitest';
import { bitsOf, crossEntropy, digitLoaders, placeOf, smallNet, watch, withoutTimes } from './helpers.js';

const backend = await cpu();
afterEach(() => expect(backend.live()).toBe(0));

/** A linear layer of two units for images [1, 1, 2] with given weights [2, 2] and biases. */
function linearNet(weight: readonly number[], bias: readonly number[] = [0, 0]): Net {
  const net = initialise(sequential({ flatten: flatten(), fc: linear({ units: 2 }) }), { backend, input: [1, 1, 2] });
  net.variable('fc.weight').assign(tensor(backend, [...weight], { shape: [2, 2] }));
  net.variable('fc.bias').assign(tensor(backend, [...bias]));
  return net;
}

const numbersOf = (net: Net, name: string): number[] => [...net.variable(name).value.dataSync()];
const near = (numbers: readonly number[]) => numbers.map(value => expect.closeTo(value, 6));

/** The penalty and its gradient for the weight and the bias. */
function penaltyOf(net: Net, groups: readonly RegularisationGroup[]) {
  const { loss, grads } = grad(() => penalty(net, groups), net.parameters);
  const result = { value: loss.dataSync()[0], grads: grads.map(gradient => [...gradient.dataSync()]) };
  for (const t of [loss, ...grads]) t.dispose();
  return result;
}

describe('penalty', () => {
  it.each<[string, readonly RegularisationGroup[], number, number[], number[]]>([
    // Σ|w| = 10, Σw² = 30; the gradients are l1 sign(w) and 2 l2 w.
    ['L1', [{ match: 'weight', l1: 0.1 }], 1, [0.1, -0.1, 0.1, -0.1], [0, 0]],
    ['L2', [{ match: 'weight', l2: 0.01 }], 0.3, [0.02, -0.04, 0.06, -0.08], [0, 0]],
    ['the elastic net', [{ match: 'weight', l1: 0.1, l2: 0.01 }], 1.3, [0.12, -0.14, 0.16, -0.18], [0, 0]],
    // Σb² = 0.5.
    ['every parameter', [{ match: '*', l2: 0.01 }], 0.305, [0.02, -0.04, 0.06, -0.08], [0.01, -0.01]],
    [
      'of one option the last group that matches',
      [
        { match: '*', l1: 0.1, l2: 0.01 },
        { match: 'fc.bias', l2: 0 },
      ],
      1.4,
      [0.12, -0.14, 0.16, -0.18],
      [0.1, -0.1],
    ],
    ['nothing', [{ match: 'weight', maxNorm: 1 }], 0, [0, 0, 0, 0], [0, 0]],
  ])('of %s', (_, groups, value, weight, bias) => {
    const net = linearNet([1, -2, 3, -4], [0.5, -0.5]);
    expect(penaltyOf(net, groups)).toEqual({ value: expect.closeTo(value, 6), grads: [near(weight), near(bias)] });
    net.dispose();
  });

  it('is of trainable parameters only', () => {
    const net = linearNet([1, -2, 3, -4], [0.5, -0.5]);
    net.freeze('fc.weight');
    expect(penaltyOf(net, [{ match: '*', l1: 1 }]).value).toBe(1);
    expect(() => penalty(net, [{ match: 'weight', l1: 1 }])).toThrow(/the end of a trainable parameter's name: fc\.bias/);
    net.dispose();
  });

  it('can be captured', () => {
    const net = linearNet([1, -2, 3, -4]);
    const run = capture(() => grad(() => penalty(net, [{ match: 'weight', l1: 0.1, l2: 0.01 }]), net.trainable), net.variables);
    const values = [1, 2, 3].map(factor => {
      net.variable('fc.weight').assign(tensor(backend, [factor, 0, 0, 0], { shape: [2, 2] }));
      const { loss, grads } = run();
      const [value] = loss.dataSync();
      for (const t of [loss, ...grads]) t.dispose();
      return value;
    });
    expect(run.refusal).toBeUndefined();
    expect(values).toEqual(near([0.11, 0.24, 0.39]));
    net.dispose();
  });

  it.each([
    [[{ match: 'wieght', l2: 1 }], /regularisation\[0\]: option 'match' is 'wieght'; allowed: the end of a trainable/],
    [[{ match: 'bias' }, { match: 'weight', l2: -1 }], /regularisation\[1\]: option 'l2' is -1; allowed: a number >= 0/],
    [[{ match: 'weight', l1: Number.NaN }], /option 'l1' is NaN/],
    [[{ match: 'weight', maxNorm: 0 }], /option 'maxNorm' is 0; allowed: a number > 0/],
    [[{ match: 'weight', l3: 1 }], /option 'l3' is 1; allowed: no option of this name/],
    [[{ l2: 1 }], /option 'match' is undefined/],
  ])('refuses %j, in fit before the first step, too', async (groups, message) => {
    const net = linearNet([1, 1, 1, 1]);
    const regularisation = groups as unknown as readonly RegularisationGroup[];
    expect(() => penalty(net, regularisation)).toThrow(OptionError);
    expect(() => penalty(net, regularisation)).toThrow(message);
    const { data } = digitLoaders(60, 20);
    const digitNet = smallNet(backend);
    await expect(fit({ net: digitNet, loss: crossEntropy, optimizer: sgd(), data, epochs: 0, regularisation })).rejects.toThrow(
      message,
    );
    for (const each of [net, digitNet]) each.dispose();
  });
});

describe('limitNorms', () => {
  it('scales the weights into each unit, and leaves those that are within as they are', () => {
    const net = linearNet([3, -4, 0.3, 0.4], [2, -0.1]);
    limitNorms(net, [{ match: 'weight', maxNorm: 1 }]);
    // |(3, -4)| = 5.
    expect(numbersOf(net, 'fc.weight')).toEqual([...near([0.6, -0.8]), Math.fround(0.3), Math.fround(0.4)]);
    expect(numbersOf(net, 'fc.bias')).toEqual([2, Math.fround(-0.1)]);
    limitNorms(net, [{ match: 'bias', maxNorm: 1 }]);
    expect(numbersOf(net, 'fc.bias')).toEqual([1, Math.fround(-0.1)]);
    net.dispose();
  });

  it('takes a filter as a whole, and leaves zeros', () => {
    const net = initialise(sequential({ conv: conv2d({ filters: 2, kernelSize: 2, bias: false }) }), {
      backend,
      input: [1, 2, 2],
    });
    net.variable('conv.weight').assign(tensor(backend, [1, 1, 1, 1, 0, 0, 0, 0], { shape: [2, 1, 2, 2] }));
    limitNorms(net, [{ match: 'weight', maxNorm: 1 }]);
    expect(numbersOf(net, 'conv.weight')).toEqual(near([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0]));
    net.dispose();
  });
});

/** Two images of two pixels, of class 0 and 1. */
const twoPoints = {
  dataset: { name: 'given', length: 2, shape: [1, 1, 2], classes: ['0', '1'] },
  batchSize: 2,
  batches: 1,
  batchShape: [2, 1, 1, 2],
  settings: { shuffle: false, seed: 0, transforms: '' },
  async *epoch() {
    const images = Float32Array.from([1, 2, 3, -4]);
    yield { images, labels: Int32Array.from([0, 1]), size: 2, shape: [1, 1, 2], indices: Int32Array.from([0, 1]) };
  },
} as unknown as FitOptions['data'];

describe('fit with regularisation', () => {
  it('adds the penalty to the gradient, and tells it apart from the loss', async () => {
    // Rows are equal, so both classes have probability 1/2 and the loss is log 2; its gradient is [0.5, -1.5, -0.5, 1.5].
    // The penalty is 0.01 × 4 + 0.05 × 4, its gradient 0.01 + 2 × 0.05 for each weight.
    const net = linearNet([1, 1, 1, 1]);
    const steps: StepLog[] = [];
    const onEvent = (event: TrainEvent) => void (event.type === 'step' && steps.push(event));
    const regularisation = [{ match: 'weight', l1: 0.01, l2: 0.05 }];
    const { history } = await fit({
      net,
      loss: crossEntropy,
      optimizer: sgd({ learningRate: 0.1 }),
      data: twoPoints,
      epochs: 1,
      regularisation,
      onEvent,
    });
    expect(steps[0]).toMatchObject({ loss: expect.closeTo(Math.log(2), 6), penalty: expect.closeTo(0.24, 6) });
    expect(history[0]).toMatchObject({ trainLoss: expect.closeTo(Math.log(2), 6), penalty: expect.closeTo(0.24, 6) });
    expect(numbersOf(net, 'fc.weight')).toEqual(near([1 - 0.061, 1 + 0.139, 1 + 0.039, 1 - 0.161]));
    net.dispose();
  });

  it('has the penalty of each epoch by itself', async () => {
    const net = linearNet([1, 1, 1, 1]);
    const options = { net, loss: crossEntropy, optimizer: sgd({ learningRate: 0.1 }), data: twoPoints, epochs: 2 };
    const { history } = await fit({ ...options, regularisation: [{ match: 'weight', l1: 0.01, l2: 0.05 }] });
    // The first step goes to [0.939, 1.139, 1.039, 0.839], whose sum is 3.956 and whose sum of squares is 3.962484.
    expect(history.map(row => row.penalty)).toEqual(near([0.24, 0.03956 + 0.1981242]));
    net.dispose();
  });

  it('keeps the norms after each step', async () => {
    const net = linearNet([0, 0, 0, 0]);
    const options = { net, loss: crossEntropy, optimizer: sgd({ learningRate: 0.1 }), data: twoPoints, epochs: 1 };
    const { history } = await fit({ ...options, regularisation: [{ match: 'weight', maxNorm: 0.1 }] });
    // The step goes to ±[-0.05, 0.15], of norm √0.025.
    const scale = 0.1 / Math.sqrt(0.025);
    expect(numbersOf(net, 'fc.weight')).toEqual(near([-0.05, 0.15, 0.05, -0.15].map(value => value * scale)));
    expect(history[0]!.penalty).toBe(0);
    net.dispose();
  });

  it('tells of no penalty where there is no regularisation', async () => {
    const net = linearNet([0, 0, 0, 0]);
    const { history } = await fit({ net, loss: crossEntropy, optimizer: sgd(), data: twoPoints, epochs: 1 });
    expect(history[0]).not.toHaveProperty('penalty');
    net.dispose();
  });

  it('ends at a penalty that is not finite, and changes nothing', async () => {
    const weight = [1e30, 1e30, 1e30, 1e30].map(Math.fround);
    const net = linearNet(weight);
    const options = { net, loss: crossEntropy, optimizer: sgd(), data: twoPoints, epochs: 1 };
    const run = fit({ ...options, regularisation: [{ match: 'weight', l2: 1 }] });
    await expect(run).rejects.toThrow(NonFiniteLossError);
    await expect(run).rejects.toThrow('the loss is Infinity at step 1; the penalty of the weights is Infinity');
    expect(numbersOf(net, 'fc.weight')).toEqual(weight);
    net.dispose();
  });

  const regularisation: readonly RegularisationGroup[] = [
    { match: 'weight', l1: 1e-4, l2: 1e-3 },
    { match: 'fc.weight', maxNorm: 0.5 },
  ];
  const { data } = digitLoaders(70, 20);

  /** A run with a checkpoint for every place in it. */
  async function train(more: Partial<FitOptions> = {}) {
    const net = smallNet(backend);
    const files = new Map<string, Uint8Array>();
    const save = watch('save', async (event, run) => void files.set(placeOf(event), formatCheckpoint(await run.checkpoint())));
    try {
      const optimizer = adam({ learningRate: 0.01 });
      await fit({ net, loss: crossEntropy, optimizer, data, epochs: 2, regularisation, callbacks: [save], ...more });
      return { bits: await bitsOf(net.variables), files };
    } finally {
      net.dispose();
    }
  }
  const read = (file: Uint8Array | undefined): Checkpoint => parseCheckpoint(file!, 'test');

  it('ends in the same bits with captured steps, and resumed', async () => {
    const whole = await train();
    expect((await train({ capture: false })).bits).toEqual(whole.bits);
    const resumed = await train({ resume: read(whole.files.get('step 2')) });
    expect(resumed.bits).toEqual(whole.bits);
    const last = (files: ReadonlyMap<string, Uint8Array>) => withoutTimes(read(files.get('end')));
    expect(last(resumed.files)).toEqual(last(whole.files));
    expect(last(whole.files).history[0]!.penalty).toBeGreaterThan(0);
  });

  it('is resumed with the same only', async () => {
    const { files } = await train();
    const resume = read(files.get('step 2'));
    await expect(train({ resume, regularisation: [{ match: 'weight', l2: 1 }] })).rejects.toThrow(UsageError);
    await expect(train({ resume, regularisation: [{ match: 'weight', l2: 1 }] })).rejects.toThrow(/its regularisation is/);
  });
});
