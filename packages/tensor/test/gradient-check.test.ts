/** The gradient check: what it finds right, wrong and on a kink; numbers by hand. */
import { cpuReference } from '@cnn/backend-cpu';
import {
  apply,
  DTypeError,
  gradientCheck,
  type Op,
  OptionError,
  ops,
  type Tensor,
  tensor,
  UsageError,
  Variable,
} from '@cnn/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { float64 } from './helpers.js';
import { laterBackend } from './later-backend.js';

const backend = cpuReference({ poison: true });
const held: Tensor[] = [];
const x = (...numbers: number[]): Tensor => {
  const made = float64(backend, numbers);
  held.push(made);
  return made;
};
afterEach(() => {
  for (const each of held.splice(0)) each.dispose();
  expect(backend.live()).toBe(0);
});

/** The square, with a gradient that is `factor` times too large. */
const wrongSquare = (factor: number): Op<object> => ({
  name: 'wrongSquare',
  infer: ([of]) => [of!],
  compose: ([of]) => [ops.mul(of!, of!)],
  vjp: ([dy], { inputs: [of] }) => [ops.mul(dy!, ops.mul(of!, 2 * factor))],
});

describe('gradientCheck', () => {
  test('a right gradient passes, with the numbers of a calculation', async () => {
    // d/dx and d/dw of Σ w x²: 2 w x and x².
    const { passed, inputs } = await gradientCheck((a, b) => ops.sum(ops.mul(b!, ops.square(a!))), [x(1, -2), x(3, 4)]);
    expect(passed).toBe(true);
    expect(inputs.map(({ name, size, checked, kinks }) => ({ name, size, checked, kinks }))).toEqual([
      { name: '0', size: 2, checked: 2, kinks: [] },
      { name: '1', size: 2, checked: 2, kinks: [] },
    ]);
    for (const { worst } of inputs) expect(worst!.relativeError).toBeLessThan(1e-9);
  });

  test('a wrong gradient does not, and the worst element is named', async () => {
    const { passed, inputs } = await gradientCheck(of => ops.sum(apply(wrongSquare(1.25), [of!], {})[0]!), [x(0, 3)]);
    expect(passed).toBe(false);
    const { index, analytic, numeric, relativeError } = inputs[0]!.worst!;
    expect({ index, analytic }).toEqual({ index: 1, analytic: 7.5 });
    expect(numeric).toBeCloseTo(6, 7);
    // |7.5 - 6| / 7.5
    expect(relativeError).toBeCloseTo(0.2, 7);
  });

  test('the tolerance is for the relative error', async () => {
    const passes = async (tolerance: number): Promise<boolean> =>
      (await gradientCheck(of => ops.sum(apply(wrongSquare(1.25), [of!], {})[0]!), [x(3)], { tolerance })).passed;
    expect(await passes(0.21)).toBe(true);
    expect(await passes(0.19)).toBe(false);
  });

  test('kinks are named and count for no error', async () => {
    // relu has slopes 0 and 1 at 0, |x| has -1 and 1; 2 and 3 are equal, and each alone may raise the maximum.
    const { passed, inputs } = await gradientCheck(
      (a, b, c) => ops.add(ops.add(ops.sum(ops.relu(a!)), ops.sum(ops.abs(b!))), ops.max(c!)),
      [x(0, 1), x(-1, 0), x(3, 1, 3)],
    );
    expect(passed).toBe(true);
    const [a, b, c] = inputs.map(({ kinks }) => kinks);
    expect(a!.map(({ index }) => index)).toEqual([0]);
    expect(a![0]!.left).toBeCloseTo(0, 6);
    expect(a![0]!.right).toBeCloseTo(1, 6);
    expect(b!.map(({ index }) => index)).toEqual([1]);
    expect(b![0]!.left).toBeCloseTo(-1, 6);
    expect(c!.map(({ index }) => index)).toEqual([0, 2]);
    for (const { worst } of inputs) expect(worst!.relativeError).toBeLessThan(1e-9);
  });

  test('a kink nearby is none: h shrinks', async () => {
    const { passed, inputs } = await gradientCheck(of => ops.sum(ops.relu(of!)), [x(5e-6)]);
    expect(passed).toBe(true);
    expect(inputs[0]!.kinks).toEqual([]);
    expect(inputs[0]!.worst!.relativeError).toBeLessThan(1e-8);
  });

  test('the bottom of a curve is no kink, and excuses no wrong gradient', async () => {
    const bottom = await gradientCheck(of => ops.sum(ops.square(of!)), [x(0)]);
    expect(bottom.passed).toBe(true);
    expect(bottom.inputs[0]!.kinks).toEqual([]);
    const shifted: Op<object> = { ...wrongSquare(1), vjp: ([dy]) => [dy] };
    const wrong = await gradientCheck(of => ops.sum(apply(shifted, [of!], {})[0]!), [x(0)]);
    expect(wrong.passed).toBe(false);
  });

  test('a gradient outside of the slopes of a kink is wrong', async () => {
    const steep: Op<object> = { ...wrongSquare(1), compose: ([of]) => [ops.abs(of!)], vjp: ([dy]) => [ops.mul(dy!, 3)] };
    const { passed } = await gradientCheck(of => ops.sum(apply(steep, [of!], {})[0]!), [x(0)]);
    expect(passed).toBe(false);
  });

  test('NaN does not pass, in one element or in all', async () => {
    // √0 has an infinite slope to the right and no number to the left.
    const one = await gradientCheck(of => ops.sum(ops.sqrt(of!)), [x(4, 0, 9)]);
    expect(one.passed).toBe(false);
    expect(one.inputs[0]!.worst).toMatchObject({ index: 1, relativeError: Number.NaN });
    expect((await gradientCheck(of => ops.sum(ops.log(of!)), [x(2, -1)])).passed).toBe(false);
  });

  test('variables keep their names and numbers', async () => {
    const weight = new Variable('weight', float64(backend, [0.1, 0.2, 0.3]));
    const { passed, inputs } = await gradientCheck(() => ops.sum(ops.exp(weight.value)), [weight]);
    expect(passed).toBe(true);
    expect(inputs[0]!.name).toBe('weight');
    expect([...weight.value.dataSync()]).toEqual([0.1, 0.2, 0.3]);
    weight.dispose();
  });

  test('some of many elements, the same in every run', async () => {
    const sampled = async (): Promise<number> => {
      let runs = 0;
      const count = (of?: Tensor): Tensor => {
        runs++;
        return ops.sum(ops.square(of!));
      };
      const { inputs } = await gradientCheck(count, [x(...Array.from({ length: 50 }, (_, i) => i + 1))], { samples: 4 });
      expect(inputs[0]).toMatchObject({ size: 50, checked: 4 });
      // The gradient, the second run, and two sides of each.
      expect(runs).toBe(2 + 2 * 4);
      return inputs[0]!.worst!.index;
    };
    expect(await sampled()).toBe(await sampled());
  });

  test('works on a backend that answers later', async () => {
    const later = laterBackend();
    const of = float64(later, [1, 2]);
    expect((await gradientCheck(a => ops.sum(ops.tanh(a!)), [of])).passed).toBe(true);
    of.dispose();
    expect(later.live()).toBe(0);
  });

  test('refuses float32, what changes, and wrong options', async () => {
    const single = tensor(backend, [1]);
    held.push(single);
    await expect(gradientCheck(of => ops.sum(of!), [single])).rejects.toThrow(
      new DTypeError('gradientCheck: input 0 is float32; differences of close numbers need float64'),
    );
    let runs = 0;
    await expect(gradientCheck(of => ops.sum(ops.mul(of!, ++runs)), [x(2)])).rejects.toThrow(
      new UsageError('gradientCheck: the function gives 2 and then 4; it must not change or be random'),
    );
    await expect(gradientCheck(of => ops.sum(of!), [x(1)], { samples: 0 })).rejects.toBeInstanceOf(OptionError);
    await expect(gradientCheck(of => ops.sum(of!), [1 as never])).rejects.toBeInstanceOf(UsageError);
  });
});
