import { OptionError, type OptionRule, option } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { check } from '../rules/expect.js';

/**
 * Wrong options are refused by an error that names them: one that there is not, and NaN in the place of each number.
 *
 * @throws {ConformanceError} for an option that is not refused.
 */
export function checkRules(
  type: string,
  config: object,
  rules: Readonly<Record<string, OptionRule>>,
  make: (options: object) => unknown,
): void {
  expectRefused(type, 'noSuchOption', 1, () => make({ ...config, noSuchOption: 1 }));
  for (const [name, rule] of Object.entries(rules)) {
    // A rule that takes 1 or 0.5, or what the config has, is for numbers; one that takes anything leaves the check to others.
    const given = (config as Readonly<Record<string, unknown>>)[name];
    const isForNumbers = typeof given === 'number' || [1, 0.5].some(number => rule.accepts(number));
    if (!isForNumbers || rule === option.any) continue;
    expectRefused(type, name, Number.NaN, () => make({ ...config, [name]: Number.NaN }));
  }
}

function expectRefused(type: string, name: string, value: unknown, make: () => unknown): void {
  try {
    make();
  } catch (error) {
    const isNamed = error instanceof OptionError && error.option === name;
    check(isNamed, `${type}: option '${name}' of ${value} is refused by an error that is no OptionError naming it: ${error}`);
    return;
  }
  throw new ConformanceError(`${type}: option '${name}' may be ${value}`);
}
