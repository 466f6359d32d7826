import { FormatError, OptionError } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  constant,
  cosineAnnealing,
  cosineWarmRestarts,
  defineSchedule,
  exponentialDecay,
  inverseTimeDecay,
  linearWarmup,
  multiStepDecay,
  oneCycle,
  polynomialDecay,
  type Schedule,
  scheduleFromJSON,
  standardSchedules,
  stepDecay,
  triangularCycle,
} from '../src/index.js';
import { expectClose, goldenCases } from './golden.js';

const cases = goldenCases('schedules');
const learningRate = 0.072449;
const schedules: Readonly<Record<string, Schedule>> = {
  step: stepDecay({ learningRate, stepSize: 3, gamma: 0.75 }),
  multi_step: multiStepDecay({ learningRate, milestones: [2, 5, 11], gamma: 0.75 }),
  exponential: exponentialDecay({ learningRate, gamma: 0.9 }),
  cosine: cosineAnnealing({ learningRate, length: 15, minimum: 0.001 }),
  cosine_warm_restarts: cosineWarmRestarts({ learningRate, length: 4, lengthFactor: 2, minimum: 0.001 }),
  linear_warmup: linearWarmup({ length: 5, startFactor: 0.1, after: constant({ learningRate }) }),
  polynomial: polynomialDecay({ learningRate, length: 15, power: 2 }),
  inverse_time: inverseTimeDecay({ learningRate, rate: 0.5 }),
  one_cycle: oneCycle({ learningRate: 0.72449, length: 20 }),
  cyclic_triangular: triangularCycle({ learningRate, maximum: 0.362245, length: 4 }),
};

test.each(Object.keys(schedules))('%s is as in PyTorch', name => {
  const expected = cases.get(name)!.outputs.lr_at_epoch!;
  expect(expected).toHaveLength(20);
  expectClose(
    expected.map((_, t) => schedules[name]!.at(t)),
    expected,
    'float64',
    name,
  );
});

test('all but the one that needs a metric are there', () => {
  expect([...Object.keys(schedules), 'reduce_on_plateau'].sort()).toEqual([...cases.keys()].sort());
});

describe('time', () => {
  test('may be a fraction, and must be a number from 0', () => {
    expect(exponentialDecay({ learningRate: 1, gamma: 0.25 }).at(0.5)).toBe(0.5);
    expect(cosineAnnealing({ learningRate: 1, length: 1 }).at(0.5)).toBeCloseTo(0.5, 15);
    for (const t of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => constant({ learningRate: 1 }).at(t)).toThrow(OptionError);
  });

  test('of a restarted cycle can be far away', () => {
    const schedule = cosineWarmRestarts({ learningRate: 1, length: 4 });
    expect(schedule.at(4e9)).toBe(1);
    expect(schedule.at(4e9 + 2)).toBeCloseTo(0.5, 12);
  });

  test('after the end of one cycle holds the last learning rate', () => {
    const schedule = oneCycle({ learningRate: 1, length: 20, divFactor: 10, finalDivFactor: 100 });
    expect([schedule.at(19), schedule.at(1000)]).toEqual([0.001, 0.001]);
  });

  test('after a warm-up starts anew', () => {
    const schedule = linearWarmup({ length: 4, after: exponentialDecay({ learningRate: 8, gamma: 0.5 }) });
    expect([0, 1, 2, 3, 4, 5, 6].map(t => schedule.at(t))).toEqual([0, 2, 4, 6, 8, 4, 2]);
  });
});

describe('JSON', () => {
  test('reads back as the same, a schedule inside another too', () => {
    for (const schedule of Object.values(schedules)) {
      const json = JSON.parse(JSON.stringify(schedule));
      const read = scheduleFromJSON(json, standardSchedules);
      expect(JSON.parse(JSON.stringify(read))).toEqual(json);
      expect(read.at(7)).toBe(schedule.at(7));
    }
    expect(JSON.parse(JSON.stringify(schedules.linear_warmup))).toEqual({
      type: 'linearWarmup',
      length: 5,
      startFactor: 0.1,
      after: { type: 'constant', learningRate },
    });
  });

  test('takes kinds of one’s own, and refuses others by name', () => {
    const sawtooth = defineSchedule<{ readonly learningRate: number }>({
      type: 'acme/sawtooth',
      options: { learningRate: { allowed: 'a number', accepts: value => typeof value === 'number' } },
      defaults: {},
      at: ({ learningRate: rate }, t) => rate * (1 - (t % 1)),
    });
    expect(scheduleFromJSON({ type: 'acme/sawtooth', learningRate: 2 }, [...standardSchedules, sawtooth]).at(1.25)).toBe(1.5);
    expect(() => scheduleFromJSON({ type: 'acme/sawtooth' }, standardSchedules)).toThrow("option 'type' is 'acme/sawtooth'");
    for (const json of [null, 'constant', []]) expect(() => scheduleFromJSON(json, standardSchedules)).toThrow(FormatError);
  });
});

test.each([
  [() => constant({ learningRate: Number.NaN }), 'learningRate'],
  [() => constant({} as { learningRate: number }), 'learningRate'],
  [() => stepDecay({ learningRate: 1, stepSize: 0 }), 'stepSize'],
  [() => cosineAnnealing({ learningRate: 1, length: -1 }), 'length'],
  [() => cosineAnnealing({ learningRate: 1, length: 1, tMax: 3 } as { learningRate: number; length: number }), 'tMax'],
  [() => multiStepDecay({ learningRate: 1, milestones: [1, Number.NaN] }), 'milestones'],
  [() => linearWarmup({ length: 1, after: { at: () => 1 } as unknown as Schedule }), 'after'],
  [() => oneCycle({ learningRate: 1, length: 1.5 }), 'length'],
])('%s is refused', (make, name) => {
  expect(make).toThrow(OptionError);
  expect(make).toThrow(`option '${name}'`);
});
