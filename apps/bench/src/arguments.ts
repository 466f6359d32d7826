/** Values from the command line. */
import type { OptionRule } from '@cnn/tensor';
import { InvalidArgumentError } from 'commander';

/** A parser for commander that gives a number which follows a rule. */
export const number =
  (rule: OptionRule) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!rule.accepts(value)) throw new InvalidArgumentError(`It must be ${rule.allowed}.`);
    return value;
  };

/** A parser for commander that gives a list of names, separated by commas. */
export const names = (text: string): readonly string[] => text.split(',');

/** A parser for commander that gives a list of numbers which follow a rule, separated by commas. */
export const numbers =
  (rule: OptionRule) =>
  (text: string): readonly number[] =>
    names(text).map(number(rule));
