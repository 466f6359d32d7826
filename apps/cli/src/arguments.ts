/** Numbers and lists from the command line. */
import { type OptionRule, option } from '@cnn/tensor';
import { InvalidArgumentError } from 'commander';

/** A parser for commander that gives a number which follows a rule. */
export const number =
  (rule: OptionRule) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!rule.accepts(value)) throw new InvalidArgumentError(`It must be ${rule.allowed}.`);
    return value;
  };

/** A parser for commander that gives a shape, as `1,28,28`. */
export const shape = (text: string): number[] => {
  const sizes = text.split(',').map(Number);
  if (!sizes.every(option.count.accepts)) throw new InvalidArgumentError('It must be a shape as 1,28,28.');
  return sizes;
};

/** A parser for commander that gathers the values of an option that may be given more than once. */
export const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Prints one line of JSON. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
