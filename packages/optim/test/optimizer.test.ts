import { cpuReference } from '@cnn/backend-cpu';
import { FormatError, OptionError, ops, option, type Tensor, tensor, Variable } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  defineOptimizer,
  lars,
  lion,
  lookahead,
  nadam,
  type Optimizer,
  optimizerFromJSON,
  rmsprop,
  sgd,
  standardOptimizers,
} from '../src/index.js';

const backend = cpuReference({ poison: true });
const variable = (name: string): Variable => new Variable(name, tensor(backend, [1], { dtype: 'float64' }));
const one = (): Tensor => tensor(backend, [1], { dtype: 'float64' });

/** What one step with gradient 1 makes of parameters that are 1. */
function after(optimizer: Optimizer, ...names: string[]): number[] {
  const parameters = names.map(variable);
  optimizer.init(parameters).step(parameters.map(one));
  return parameters.map(({ value }) => Number(value.dataSync()[0]!.toFixed(12)));
}

describe('groups', () => {
  test('hold for the parameters whose names end with their pattern', () => {
    const optimizer = sgd({ learningRate: 0.5, weightDecay: 0.2, groups: [{ match: 'bias', weightDecay: 0 }] });
    expect(after(optimizer, 'a.weight', 'a.bias', 'bias', 'a/bias', 'a.prebias', 'bias.weight')).toEqual([
      0.4, 0.5, 0.5, 0.5, 0.4, 0.4,
    ]);
  });

  test('a star is any text, all that match count, and of one option the last', () => {
    const optimizer = sgd({
      learningRate: 0.5,
      groups: [
        { match: 'features.*', learningRateFactor: 0.1 },
        { match: 'bias', weightDecay: 1 },
        { match: 'features.1.*', learningRateFactor: 0 },
      ],
    });
    expect(
      after(optimizer, 'features.0.weight', 'features.0.bias', 'features.1.bias', 'net.features.0.x', 'old_features.x'),
    ).toEqual([0.95, 0.9, 1, 0.95, 0.5]);
    expect(after(sgd({ learningRate: 0.5, groups: [{ match: 'a.b', learningRateFactor: 0 }] }), 'a.b', 'a-b')).toEqual([1, 0.5]);
  });

  test('may change what slots there are', () => {
    const state = sgd({ momentum: 0.9, groups: [{ match: 'bias', momentum: 0 }] }).init([variable('weight'), variable('bias')]);
    expect(state.slots.map(({ name }) => name)).toEqual(['weight/velocity']);
  });

  test('multiply the learning rate that a schedule gives', () => {
    const w = variable('w');
    sgd({ learningRate: 9, groups: [{ match: 'w', learningRateFactor: 0.1 }] })
      .init([w])
      .step([one()], { learningRate: 0.5 });
    expect(w.value.dataSync()[0]).toBeCloseTo(0.95, 12);
  });

  test('that match nothing, or ask for the impossible, are errors', () => {
    expect(() => sgd({ groups: [{ match: 'bais' }] }).init([variable('a.bias')])).toThrow(
      "sgd, groups[0]: option 'match' is 'bais'; allowed: the end of a parameter's name: a.bias",
    );
    expect(() => sgd({ groups: [{ match: 'w', momentum: -1 }] })).toThrow("sgd, groups[0]: option 'momentum' is -1");
    expect(() => sgd({ momentum: 0.9, nesterov: true, groups: [{ match: 'w', momentum: 0 }] })).toThrow(OptionError);
    const together = sgd({
      momentum: 0.5,
      groups: [
        { match: 'w', nesterov: true },
        { match: 'a.w', momentum: 0.9, dampening: 0.1 },
      ],
    });
    expect(() => together.init([variable('a.w')])).toThrow("option 'nesterov'");
    const unknown = { groups: [{ match: 'w', learningRate: 1 }] } as object;
    expect(() => sgd(unknown)).toThrow("sgd, groups[0]: option 'learningRate' is 1; allowed: no option of this name");
    expect(() => sgd({ groups: [{}] } as object)).toThrow(OptionError);
    expect(() => sgd({ groups: [null] } as object)).toThrow(OptionError);
  });
});

describe('options', () => {
  test.each([
    [() => sgd({ learningRate: Number.NaN }), 'learningRate'],
    [() => sgd({ learningRate: -1 }), 'learningRate'],
    [() => sgd({ momentum: -0.1 }), 'momentum'],
    [() => sgd({ nesterov: true }), 'nesterov'],
    [() => sgd({ nesterov: true, momentum: 0.9, dampening: 0.1 }), 'nesterov'],
    [() => sgd({ lr: 1 } as object), 'lr'],
    [() => adam({ betas: [0.9, 1] }), 'betas'],
    [() => adam({ betas: [0.9] as unknown as [number, number] }), 'betas'],
    [() => adam({ epsilon: -1 }), 'epsilon'],
    [() => adam({ weightDecay: Number.POSITIVE_INFINITY }), 'weightDecay'],
    [() => adadelta({ rho: 1.1 }), 'rho'],
    [() => adadelta({ epsilon: 0 }), 'epsilon'],
    [() => adagrad({ initialSum: -1 }), 'initialSum'],
    [() => adagrad({ learningRateDecay: -1 }), 'learningRateDecay'],
    [() => rmsprop({ alpha: 1.1 }), 'alpha'],
    [() => rmsprop({ epsilon: 0 }), 'epsilon'],
    [() => adamax({ epsilon: 0 }), 'epsilon'],
    [() => nadam({ momentumDecay: -1 }), 'momentumDecay'],
    [() => lion({ betas: [1, 0.9] }), 'betas'],
    [() => lars({ trustCoefficient: 0 }), 'trustCoefficient'],
    [() => lookahead({ optimizer: sgd(), steps: 0 }), 'steps'],
    [() => lookahead({ optimizer: sgd(), share: 1.1 }), 'share'],
    [() => lookahead({} as { optimizer: Optimizer }), 'optimizer'],
  ])('%s is refused', (make, name) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(`option '${name}'`);
  });

  test('one given as undefined takes its default', () => {
    const given = { momentum: undefined, groups: [{ match: 'w', weightDecay: undefined }] } as object;
    expect(sgd(given).config).toEqual({
      learningRate: 0.001,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
      groups: [{ match: 'w' }],
    });
  });
});

describe('JSON', () => {
  test('holds every option and reads back as the same', () => {
    const optimizer = adam({ learningRate: 0.01, groups: [{ match: 'bias', weightDecay: 0, learningRateFactor: 2 }] });
    const json = JSON.parse(JSON.stringify(optimizer));
    expect(json).toEqual({
      type: 'adam',
      learningRate: 0.01,
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      weightDecay: 0,
      groups: [{ match: 'bias', weightDecay: 0, learningRateFactor: 2 }],
    });
    const read = optimizerFromJSON(json, standardOptimizers);
    expect(JSON.parse(JSON.stringify(read))).toEqual(json);
    expect(after(read, 'bias')).toEqual(after(optimizer, 'bias'));
  });

  test('of every optimizer reads back as the same', () => {
    for (const factory of standardOptimizers) {
      if (factory === lookahead) continue;
      const json = JSON.parse(JSON.stringify((factory as () => Optimizer)()));
      expect(json.type).toBe(factory.type);
      expect(JSON.parse(JSON.stringify(optimizerFromJSON(json, standardOptimizers)))).toEqual(json);
    }
  });

  test('of lookahead holds the optimizer inside, whose groups and learning rate it has', () => {
    const inner = sgd({ learningRate: 0.5, groups: [{ match: 'bias', learningRateFactor: 0 }] });
    const optimizer = lookahead({ optimizer: inner, steps: 1 });
    const json = JSON.parse(JSON.stringify(optimizer));
    expect(json).toEqual({
      type: 'lookahead',
      optimizer: JSON.parse(JSON.stringify(inner)),
      steps: 1,
      share: 0.5,
    });
    const read = optimizerFromJSON(json, standardOptimizers);
    expect(JSON.parse(JSON.stringify(read))).toEqual(json);
    // From 1 a step of 0.5 leads to 0.5, and half the way there to 0.75.
    for (const each of [optimizer, read]) expect(after(each, 'weight', 'bias')).toEqual([0.75, 1]);
    expect(optimizer.config.learningRate).toBe(0.5);
  });

  test('of another kind is refused by name', () => {
    expect(() => optimizerFromJSON({ type: 'lamb' }, standardOptimizers)).toThrow(
      "optimizer: option 'type' is 'lamb'; allowed: 'sgd', 'adam', 'adamW', 'adadelta', 'adagrad',",
    );
    expect(() => optimizerFromJSON({ type: 'sgd', lr: 1 }, standardOptimizers)).toThrow(OptionError);
    for (const json of [null, 'sgd', [], 1]) expect(() => optimizerFromJSON(json, standardOptimizers)).toThrow(FormatError);
  });
});

test('an optimizer of one’s own is one call', () => {
  const signSgd = defineOptimizer<{ readonly sharpness: number }>({
    type: 'acme/signSgd',
    options: { sharpness: option.positive },
    defaults: { learningRate: 0.5, sharpness: 1 },
    slots: () => ['age'],
    step(parameter, [age], gradient, { learningRate, sharpness, step }) {
      parameter.assign(ops.sub(parameter.value, ops.mul(ops.tanh(ops.mul(gradient, 1e9 * sharpness)), learningRate)));
      age!.assign(ops.fillLike(age!.value, step));
    },
  });
  const optimizer = optimizerFromJSON({ type: 'acme/signSgd' }, [...standardOptimizers, signSgd]);
  expect([signSgd.kind, signSgd.type]).toEqual(['optimizer', 'acme/signSgd']);
  const w = variable('w');
  const state = optimizer.init([w]);
  const live = backend.live();
  const gradients = [one()];
  for (let i = 0; i < 3; i++) state.step(gradients);
  expect(w.value.dataSync()[0]).toBe(-0.5);
  expect(state.slots[0]!.value.dataSync()[0]).toBe(3);
  expect(backend.live()).toBe(live + 1);
});
