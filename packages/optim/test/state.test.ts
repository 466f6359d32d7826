import { cpu, cpuReference } from '@cnn/backend-cpu';
import {
  BackendError,
  DTypeError,
  grad,
  OptionError,
  ops,
  ShapeError,
  type Tensor,
  tensor,
  UsageError,
  Variable,
} from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  amsgrad,
  lars,
  lion,
  lookahead,
  nadam,
  type Optimizer,
  radam,
  rmsprop,
  sgd,
} from '../src/index.js';

/** Those that are made of ops. */
const composed = [
  adagrad({ initialSum: 0.1 }),
  rmsprop({ centered: true, momentum: 0.9 }),
  amsgrad(),
  adamax(),
  nadam(),
  radam(),
  lion(),
  lars(),
  lookahead({ optimizer: adam(), steps: 2 }),
];

const backend = cpuReference({ poison: true });
const variable = (name: string, numbers: readonly number[]): Variable =>
  new Variable(name, tensor(backend, numbers, { dtype: 'float64' }));
const numbers = (held: Variable): number[] => Array.from(held.value.dataSync());
const gradient = (...values: number[]): Tensor => tensor(backend, values, { dtype: 'float64' });

/** The parameter after steps with gradient 1 from 1. */
function walk(optimizer: Optimizer, name: string, steps = 1, learningRates: readonly number[] = []): number {
  const parameter = variable(name, [1]);
  const state = optimizer.init([parameter]);
  for (let i = 0; i < steps; i++) {
    const learningRate = learningRates[i];
    state.step([gradient(1)], learningRate === undefined ? {} : { learningRate });
  }
  return numbers(parameter)[0]!;
}

describe('one step', () => {
  test('takes the learning rate that it is given, else the optimizer’s', () => {
    expect(walk(sgd({ learningRate: 0.1 }), 'w', 2)).toBeCloseTo(0.8, 12);
    expect(walk(sgd({ learningRate: 0.1 }), 'w', 2, [0.5])).toBeCloseTo(0.4, 12);
    expect(walk(sgd({ learningRate: 0.1 }), 'w', 1, [0])).toBe(1);
  });

  test('of a learning rate of 0 changes no parameter', () => {
    for (const optimizer of composed) expect(walk(optimizer, 'w', 3, [0, 0, 0]), optimizer.type).toBe(1);
  });

  test('the first step of Adam is the learning rate, whatever the gradient', () => {
    expect(walk(adam({ learningRate: 0.25, epsilon: 0 }), 'w')).toBeCloseTo(0.75, 12);
    // Decoupled: 1 - 0.25 * 0.1 before the step.
    expect(walk(adamW({ learningRate: 0.25, epsilon: 0, weightDecay: 0.1 }), 'w')).toBeCloseTo(0.725, 12);
  });

  test('a step that does not fit changes nothing', () => {
    const a = variable('a', [1, 2]);
    const b = variable('b', [3]);
    const state = sgd({ learningRate: 1, momentum: 0.9 }).init([a, b]);
    const fine = gradient(1, 1);
    const other = cpuReference();
    const gone = gradient(1);
    gone.dispose();
    expect(() => state.step([fine])).toThrow(new UsageError('sgd: 1 gradients for 2 parameters'));
    expect(() => state.step([fine, gradient(1, 2)])).toThrow(ShapeError);
    expect(() => state.step([fine, gradient(1, 2)])).toThrow("sgd: parameter 'b' is float64 [1], its gradient float64 [2]");
    expect(() => state.step([fine, tensor(backend, [1])])).toThrow(DTypeError);
    expect(() => state.step([fine, tensor(other, [1], { dtype: 'float64' })])).toThrow(BackendError);
    expect(() => state.step([fine, gone])).toThrow(UsageError);
    for (const learningRate of [Number.NaN, -1, Number.POSITIVE_INFINITY])
      expect(() => state.step([fine, gradient(1)], { learningRate })).toThrow(OptionError);
    expect(() =>
      grad(() => {
        state.step([fine, gradient(1)]);
        return ops.sum(a.value);
      }, [a]),
    ).toThrow(UsageError);
    expect([numbers(a), numbers(b), state.stepCount]).toEqual([[1, 2], [3], 0]);
    expect(state.slots.flatMap(numbers)).toEqual([0, 0, 0]);
  });
});

describe('slots', () => {
  test('are named zeros like their parameters', () => {
    const w = variable('conv.weight', [1, 2]);
    const b = new Variable('conv.bias', tensor(backend, [1, 2, 3]));
    const slots = adam().init([w, b]).slots;
    expect(slots.map(({ name, value: { dtype, shape } }) => [name, dtype, shape])).toEqual([
      ['conv.weight/firstMoment', 'float64', [2]],
      ['conv.weight/secondMoment', 'float64', [2]],
      ['conv.bias/firstMoment', 'float32', [3]],
      ['conv.bias/secondMoment', 'float32', [3]],
    ]);
    expect(slots.flatMap(numbers).every(x => x === 0)).toBe(true);
    expect(sgd().init([w]).slots).toEqual([]);
  });

  test('are freed when one of them cannot be made', () => {
    let left = 2;
    const small = cpuReference({
      kernels: {
        fill: () => {
          if (left-- === 0) throw new BackendError('out of memory');
          return undefined;
        },
      },
    });
    const w = new Variable('w', tensor(small, [1, 2]));
    const b = new Variable('b', tensor(small, [1]));
    expect(() => adam().init([w, b])).toThrow('out of memory');
    expect(small.live()).toBe(2);
  });

  test('with stepCount are all that a resumed run needs', () => {
    for (const optimizer of [sgd({ momentum: 0.9, dampening: 0.5 }), adam({ learningRate: 0.1 }), adadelta(), ...composed]) {
      const one = variable('w', [1, -2]);
      const first = optimizer.init([one]);
      for (let i = 0; i < 3; i++) first.step([gradient(0.5 - i, i)]);
      const two = variable('w', numbers(one));
      const second = optimizer.init([two]);
      second.slots.forEach((slot, i) => {
        slot.assign(gradient(...numbers(first.slots[i]!)));
      });
      second.stepCount = first.stepCount;
      for (const state of [first, second]) state.step([gradient(0.25, 1)]);
      expect(numbers(two)).toEqual(numbers(one));
      expect(second.stepCount).toBe(4);
    }
    const state = sgd().init([variable('w', [1])]);
    expect(() => {
      state.stepCount = 1.5;
    }).toThrow(OptionError);
  });

  test.each([
    { name: 'reference', open: async () => cpuReference({ poison: true }) },
    { name: 'fused', open: () => cpu({ poison: true }) },
  ])('and parameters hold their buffers over steps: $name', async ({ open }) => {
    const own = await open();
    for (const optimizer of [sgd({ momentum: 0.9 }), adam(), adamW(), adadelta()]) {
      const w = new Variable('w', tensor(own, [1, 2, 3, 4]));
      const state = optimizer.init([w]);
      const g = tensor(own, [1, 1, 1, 1]);
      // Composed, the first velocity shares the gradient's buffer.
      for (let i = 0; i < 2; i++) state.step([g]);
      const live = own.live();
      const made = own.allocations();
      for (let i = 0; i < 20; i++) state.step([g]);
      expect(own.live()).toBe(live);
      if (own.name === 'cpu') expect(own.allocations()).toBe(made);
      for (const held of [w, state, g]) held.dispose();
      expect(own.live()).toBe(0);
    }
    for (const optimizer of composed) {
      const w = new Variable('w', tensor(own, [1, 2, 3, 4]));
      const state = optimizer.init([w]);
      const g = tensor(own, [1, 1, 1, 1]);
      for (let i = 0; i < 4; i++) state.step([g]);
      const live = own.live();
      for (let i = 0; i < 20; i++) state.step([g]);
      expect(own.live()).toBe(live);
      for (const held of [w, state, g]) held.dispose();
      expect(own.live()).toBe(0);
    }
  });

  test('a tensor of the parameter that is still held keeps its numbers', async () => {
    const own = await cpu({ poison: true });
    for (const optimizer of [sgd({ learningRate: 1, momentum: 0.9 }), adam()]) {
      const w = new Variable('w', tensor(own, [1, 2]));
      const state = optimizer.init([w]);
      const held = ops.reshape(w.value, [2, 1]);
      state.step([tensor(own, [1, 1])]);
      expect(Array.from(await held.data())).toEqual([1, 2]);
      expect(Array.from(await w.value.data())).not.toEqual([1, 2]);
    }
  });

  test('a net is no list of parameters, and a tensor no list of gradients', () => {
    const net = { trainable: [variable('w', [1])] };
    expect(() => sgd().init(net as never)).toThrow(
      new UsageError('sgd: init takes a list of variables; of a net, net.trainable'),
    );
    const state = sgd().init(net.trainable);
    expect(() => state.step(Promise.resolve([]) as never)).toThrow('sgd: the gradients are {}; they must be a list of tensors');
    expect(() => state.step(undefined as never)).toThrow('sgd: the gradients are undefined; they must be a list of tensors');
  });

  test('parameters must be float and have names of their own', () => {
    const whole = new Variable('n', tensor(backend, [1], { dtype: 'int32' }));
    expect(() => sgd().init([whole])).toThrow(DTypeError);
    expect(() => sgd().init([variable('w', [1]), variable('w', [1])])).toThrow(
      new UsageError("sgd: two parameters are named 'w'"),
    );
  });
});
