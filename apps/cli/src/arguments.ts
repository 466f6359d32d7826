/** Numbers and lists from the command line. */
import { OptionError, type OptionRule, option } from '@cnn/tensor';
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

/** A parser for commander that gives a list of names, as `flip,crop`, of those that there are. */
export const names =
  <Name extends string>(known: readonly Name[]) =>
  (text: string): Name[] =>
    text.split(',').map(name => {
      const found = known.find(other => other === name);
      if (found === undefined) throw new InvalidArgumentError(`It must be a list of ${known.join(', ')}.`);
      return found;
    });

/**
 * One of some names, whatever its capitals, or the object that JSON says.
 *
 * @throws {OptionError} for another name, or for JSON that is damaged.
 */
export function nameOrJson(argument: string, text: string, known: readonly string[]): string | object {
  if (!text.trimStart().startsWith('{')) {
    const name = known.find(other => other.toLowerCase() === text.toLowerCase());
    if (name === undefined) throw new OptionError('cnn', argument, text, `${known.join(', ')}, or JSON with a type and options`);
    return name;
  }
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new OptionError('cnn', argument, text, `a name or JSON; ${(cause as Error).message}`);
  }
}

/** Prints one line of JSON. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
