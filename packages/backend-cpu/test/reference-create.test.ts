import { describe, expect, it } from 'vitest';
import { numbers, run } from './reference-helpers.js';

describe('fill', () => {
  it('fills every dtype', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'uint8', 'bool'] as const) {
      expect(run('fill', [], { shape: [2, 2], dtype, value: 1 }, { shape: [2, 2], dtype })).toEqual([[1, 1, 1, 1]]);
    }
    expect(run('fill', [], { shape: [], dtype: 'float64', value: Number.NEGATIVE_INFINITY }, { shape: [] })).toEqual([
      [-Infinity],
    ]);
    expect(run('fill', [], { shape: [1], dtype: 'bool', value: 3 }, { shape: [1], dtype: 'bool' })).toEqual([[1]]);
    expect(run('fill', [], { shape: [0, 3], dtype: 'float64', value: 1 }, { shape: [0, 3] })).toEqual([[]]);
  });
});

describe('arange', () => {
  it('counts without adding up rounding errors', () => {
    const [values] = run('arange', [], { start: 1, step: 0.1, length: 11, dtype: 'float64' }, { shape: [11] });
    expect(values![10]).toBe(2); // ten additions of 0.1 give 2.000000000000001
    expect(run('arange', [], { start: 5, step: -2, length: 3, dtype: 'int32' }, { shape: [3], dtype: 'int32' })).toEqual([
      [5, 3, 1],
    ]);
  });
});

describe('cast', () => {
  const x = numbers([6], [-1.7, -0.4, 0, 0.5, 2.9, 300]);
  it('cuts floats', () =>
    expect(run('cast', [x], { dtype: 'int32' }, { shape: [6], dtype: 'int32' })).toEqual([[-1, 0, 0, 0, 2, 300]]));

  it('makes all but 0 true', () => {
    expect(run('cast', [x], { dtype: 'bool' }, { shape: [6], dtype: 'bool' })).toEqual([[1, 1, 0, 1, 1, 1]]);
    const odd = numbers([3], [Number.NaN, Number.NEGATIVE_INFINITY, -0]);
    expect(run('cast', [odd], { dtype: 'bool' }, { shape: [3], dtype: 'bool' })).toEqual([[1, 1, 0]]);
  });

  it('rounds doubles to float32', () => {
    expect(run('cast', [numbers([], [0.1])], { dtype: 'float32' }, { shape: [], dtype: 'float32' })).toEqual([
      [0.10000000149011612],
    ]);
  });

  it('widens', () => {
    expect(run('cast', [numbers([2], [1, 0], 'bool')], { dtype: 'float64' }, { shape: [2], dtype: 'float64' })).toEqual([[1, 0]]);
    expect(run('cast', [numbers([2], [255, 7], 'uint8')], { dtype: 'int32' }, { shape: [2], dtype: 'int32' })).toEqual([
      [255, 7],
    ]);
  });
});
