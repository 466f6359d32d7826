import { OptionError, show, UsageError } from './errors.js';

/** Says whether a value may be given for an option. */
export interface OptionRule {
  readonly allowed: string;
  /** Whether the value follows the rule. */
  accepts(value: unknown): boolean;
}

const rule = (allowed: string, accepts: (value: unknown) => boolean): OptionRule => ({ allowed, accepts });
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** Rules for the options of layers, ops and optimizers, used with {@link checkOptions}. */
export const option = {
  /** true or false. */
  boolean: rule('true or false', value => typeof value === 'boolean'),
  /** A finite number. */
  number: rule('a finite number', isNumber),
  /** A number from 0. */
  nonNegative: rule('a number >= 0', value => isNumber(value) && value >= 0),
  /** A number above 0. */
  positive: rule('a number > 0', value => isNumber(value) && value > 0),
  /** A whole number from 1. */
  count: rule('a whole number >= 1', value => Number.isSafeInteger(value) && (value as number) >= 1),
  /** A whole number from 0. */
  index: rule('a whole number >= 0', value => Number.isSafeInteger(value) && (value as number) >= 0),
  /** A whole number. */
  integer: rule('a whole number', value => Number.isSafeInteger(value)),
  /** A function. */
  function: rule('a function', value => typeof value === 'function'),
  /** Text with at least one character. */
  text: rule('text', value => typeof value === 'string' && value.length > 0),
  /** A number from `low` to `high`, with `high` itself excluded on request. */
  between: (low: number, high: number, { openEnd = false } = {}): OptionRule =>
    rule(
      `a number in [${low}, ${high}${openEnd ? ')' : ']'}`,
      value => isNumber(value) && value >= low && (openEnd ? value < high : value <= high),
    ),
  /** One of a list of values. */
  oneOf: (...values: readonly (string | number | boolean)[]): OptionRule =>
    rule(values.map(value => `'${value}'`).join(', '), value => values.includes(value as string)),
  /** A list whose items follow a rule, of a given length where one is named. */
  list: (item: OptionRule, length?: number): OptionRule =>
    rule(
      `a list of ${length === undefined ? 'values' : `${length} values`}, each ${item.allowed}`,
      value => Array.isArray(value) && (length === undefined || value.length === length) && value.every(item.accepts),
    ),
  /** Either of two rules. */
  either: (first: OptionRule, second: OptionRule): OptionRule =>
    rule(`${first.allowed}, or ${second.allowed}`, value => first.accepts(value) || second.accepts(value)),
  /** Anything; for values that are checked elsewhere. */
  any: rule('anything', () => true),
};

/**
 * Checks options against their rules. An option that is absent or undefined passes; list those that must be there as `required`.
 *
 * @throws {UsageError} for options that are no object, as a number in their place.
 * @throws {OptionError} for an unknown option, a missing one or a value that its rule refuses; it names the option, the value and what is allowed.
 */
export function checkOptions(
  owner: string,
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
  required: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new UsageError(
      `${owner}: the options are ${show(options)}; they must be an object { ${Object.keys(rules).join(', ')} }`,
    );
  for (const [name, value] of Object.entries(options)) {
    const found = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!found)
      throw new OptionError(owner, name, value, `no option of this name; known: ${Object.keys(rules).join(', ') || 'none'}`);
    if (value !== undefined && !found.accepts(value)) throw new OptionError(owner, name, value, found.allowed);
  }
  for (const name of required) {
    if ((options as Record<string, unknown>)[name] === undefined)
      throw new OptionError(owner, name, undefined, rules[name]!.allowed);
  }
}
