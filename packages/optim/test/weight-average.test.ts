import { cpu, cpuReference } from '@cnn/backend-cpu';
import { OptionError, ops, tensor, UsageError, Variable } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { sgd, WeightAverage } from '../src/index.js';

const backend = cpuReference({ poison: true });
const numbers = ({ value }: Variable): number[] => Array.from(value.dataSync());

/** The average after the variable held each of some values. */
function averageOf(values: readonly number[], decay?: number): number {
  const x = new Variable('x', tensor(backend, [100], { dtype: 'float64' }));
  const average = new WeightAverage([x], decay === undefined ? {} : { decay });
  for (const value of values) {
    x.assign(tensor(backend, [value], { dtype: 'float64' }));
    average.update();
  }
  expect(average.count).toBe(values.length);
  const [result] = numbers(average.averages[0]!);
  for (const held of [x, average]) held.dispose();
  expect(backend.live()).toBe(0);
  return result!;
}

test('without decay is the mean, with decay the exponential average from the first on', () => {
  expect(averageOf([3])).toBe(3);
  expect(averageOf([1, 2, 6, 11])).toBeCloseTo(5, 12);
  // 1, then 0.75 · 1 + 0.25 · 5 = 2, then 0.75 · 2 + 0.25 · 10 = 4.
  expect(averageOf([1, 5, 10], 0.75)).toBeCloseTo(4, 12);
});

test('changes places with the variables and back', () => {
  const x = new Variable('x', tensor(backend, [1, 2]));
  const average = new WeightAverage([x]);
  expect(average.averages.map(({ name }) => name)).toEqual(['x/average']);
  average.update();
  x.assign(tensor(backend, [3, 6]));
  average.update();
  average.swap();
  expect([numbers(x), numbers(average.averages[0]!)]).toEqual([
    [2, 4],
    [3, 6],
  ]);
  expect(() => average.update()).toThrow(UsageError);
  average.swap();
  expect([numbers(x), numbers(average.averages[0]!)]).toEqual([
    [3, 6],
    [2, 4],
  ]);
  average.update();
  for (const held of [x, average]) held.dispose();
  expect(backend.live()).toBe(0);
});

test('is not written by steps that work in place', async () => {
  const own = await cpu({ poison: true });
  const x = new Variable('x', tensor(own, [1, 2]));
  const average = new WeightAverage([x]);
  const state = sgd({ learningRate: 1 }).init([x]);
  const one = tensor(own, [1, 1]);
  average.update();
  for (let i = 0; i < 3; i++) state.step([one]);
  expect([numbers(x), numbers(average.averages[0]!)]).toEqual([
    [-2, -1],
    [1, 2],
  ]);
  // The mean of 1 and -2, and of 2 and -1.
  average.update();
  expect(numbers(average.averages[0]!)).toEqual([-0.5, 0.5]);
  for (const held of [x, average, state, one]) held.dispose();
  expect(own.live()).toBe(0);
  await own.dispose();
});

test('refuses what it cannot average', () => {
  const x = new Variable('x', ops.zeros(backend, [1]));
  for (const decay of [-0.1, 1, Number.NaN]) expect(() => new WeightAverage([x], { decay })).toThrow(OptionError);
  expect(() => new WeightAverage({ variables: [x] } as never)).toThrow(UsageError);
  const average = new WeightAverage([x]);
  expect(() => {
    average.count = -1;
  }).toThrow(OptionError);
  for (const held of [x, average]) held.dispose();
});
