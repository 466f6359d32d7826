/** Numbers and lists from the command line. */
import { OptionError, type OptionRule, option } from '@cnn/tensor';

/** A parser for commander that gives a number which follows a rule. */
export const number =
  (name: string, rule: OptionRule) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!rule.accepts(value)) throw new OptionError('cnn', `--${name}`, text, rule.allowed);
    return value;
  };

/** A parser for commander that gives a shape, as `1,28,28`. */
export const shape = (name: string) => {
  const size = number(name, option.count);
  return (text: string): number[] => text.split(',').map(size);
};

/** A parser for commander that gathers the values of an option that may be given more than once. */
export const gather = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** Prints one line of JSON. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
