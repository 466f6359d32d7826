import { checkOptions, type OptionRule, option } from '@cnn/tensor';

/** Options for the parameters whose names match; those that it does not name stay as they are for all. */
export type ParameterGroup<C> = Partial<C> & {
  /**
   * The last parts of a parameter's name, which dots or slashes part: `bias` for every bias, `0.weight` for the weight of every
   * node 0; `*` stands for any text, as in `features.*`.
   */
  readonly match: string;
  /** Multiplies whatever learning rate is in force, so that it goes with a schedule. Default 1. */
  readonly learningRateFactor?: number;
};

/** A group whose options are not looked into. */
export type AnyParameterGroup = ParameterGroup<Readonly<Record<string, unknown>>>;

/** @throws {OptionError} for a group without `match`, and for an option that `rules` do not know or refuse. */
export function checkGroups(
  owner: string,
  groups: readonly AnyParameterGroup[],
  rules: Readonly<Record<string, OptionRule>>,
): void {
  groups.forEach((group, i) => {
    const known = { match: option.text, learningRateFactor: option.nonNegative, ...rules };
    checkOptions(`${owner}, groups[${i}]`, group, known, ['match']);
  });
}

/** Whether a parameter's name ends with the parts of a pattern. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map(text => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(^|[./])${parts.join('.*')}$`).test(name);
}
