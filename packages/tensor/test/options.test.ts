/** Checks of options, and values in messages. */
import { checkOptions, OptionError, option, show, UsageError } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

describe('rules', () => {
  test.each([
    ['boolean', option.boolean, [true, false], [1, 'true', null]],
    ['number', option.number, [0, -1.5], [Number.NaN, Number.POSITIVE_INFINITY, '1']],
    ['nonNegative', option.nonNegative, [0, 0.5], [-1e-9, Number.NaN]],
    ['positive', option.positive, [1e-9], [0, -1, Number.NaN]],
    ['count', option.count, [1, 2 ** 40], [0, 1.5, -1, 2 ** 60, Number.NaN]],
    ['index', option.index, [0, 3], [-1, 0.5]],
    ['integer', option.integer, [-3, 0], [0.5, Number.POSITIVE_INFINITY]],
    ['text', option.text, ['a'], ['', 3]],
    ['between', option.between(0, 1), [0, 1, 0.5], [-0.1, 1.1, Number.NaN]],
    ['between with an open end', option.between(0, 1, { openEnd: true }), [0, 0.999], [1]],
    ['oneOf', option.oneOf('same', 'valid'), ['same'], ['Same', 0]],
    ['list', option.list(option.count), [[], [1, 2]], [[0], 1, [1, 'a']]],
    ['list of two', option.list(option.count, 2), [[1, 2]], [[1], [1, 2, 3]]],
    ['either', option.either(option.count, option.list(option.count, 2)), [1, [1, 2]], [0, [1]]],
    ['any', option.any, [undefined, null, 1], []],
  ] as const)('%s', (_, rule, good, bad) => {
    for (const value of good) expect(rule.accepts(value), show(value)).toBe(true);
    for (const value of bad) expect(rule.accepts(value), show(value)).toBe(false);
  });

  test.each([
    [option.between(0, 1, { openEnd: true }), 'a number in [0, 1)'],
    [option.oneOf('same', 'valid'), "'same', 'valid'"],
    [option.list(option.count, 2), 'a list of 2 values, each a whole number >= 1'],
    [option.either(option.count, option.text), 'a whole number >= 1, or text'],
  ])('%# says what it allows', (rule, words) => {
    expect(rule.allowed).toBe(words);
  });
});

describe('checkOptions', () => {
  const rules = { rate: option.positive, name: option.text };
  test('passes what fits, and what is absent or undefined', () => {
    checkOptions('adam', { rate: 0.1, name: 'x' }, rules, ['rate']);
    checkOptions('adam', {}, rules);
    checkOptions('adam', { rate: undefined }, rules);
  });
  test.each([[undefined], [null], [0.1], ['fast'], [[0.1]]])('refuses %s in their place', value => {
    expect(() => checkOptions('adam', value as never, rules)).toThrow(UsageError);
    expect(() => checkOptions('adam', value as never, rules)).toThrow(
      `adam: the options are ${show(value)}; they must be an object { rate, name }`,
    );
  });
  test('names an unknown option', () => {
    expect(() => checkOptions('adam', { rte: 1 }, rules)).toThrow(
      new OptionError('adam', 'rte', 1, 'no option of this name; known: rate, name'),
    );
    expect(() => checkOptions('adam', { toString: 1 }, {})).toThrow('no option of this name; known: none');
  });
  test('names a missing one', () => {
    expect(() => checkOptions('adam', { name: 'x' }, rules, ['rate'])).toThrow(
      new OptionError('adam', 'rate', undefined, 'a number > 0'),
    );
  });
  test('names a value that is refused', () => {
    expect(() => checkOptions('adam', { rate: -1 }, rules)).toThrow("adam: option 'rate' is -1; allowed: a number > 0");
  });
});

test.each([
  ['a', "'a'"],
  [1.5, '1.5'],
  [Number.NaN, 'NaN'],
  [10n, '10'],
  [undefined, 'undefined'],
  [null, 'null'],
  [() => 1, 'a function'],
  [[1, 'b'], '[1,"b"]'],
  [cyclic, '[object Object]'],
  [Array.from({ length: 100 }, () => 1), `${JSON.stringify(Array.from({ length: 100 }, () => 1)).slice(0, 77)}...`],
])('a value in a message: %#', (value, text) => {
  expect(show(value)).toBe(text);
});
