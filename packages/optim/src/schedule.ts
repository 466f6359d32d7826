import { checkOptions, FormatError, OptionError, type OptionRule, option } from '@cnn/tensor';

/** All that a schedule is. `C` are its options. */
export interface ScheduleDefinition<C extends object> {
  /** Its name in JSON, as `cosineAnnealing`; a plugin's has its scope before it. */
  readonly type: string;
  /** What each option may be. One without a default must be given. */
  readonly options: { readonly [K in keyof C]: OptionRule };
  /** The value of each option that may be left out. */
  readonly defaults: Partial<C>;
  /** The learning rate at time t >= 0. */
  at(config: C, t: number): number;
}

/** Makes a schedule of one kind; options `D` may be left out. */
export interface ScheduleFactory<C, D extends keyof C = never> {
  (config: Omit<C, D> & Partial<Pick<C, D>>): Schedule;
  readonly type: string;
}

/** A factory of any kind, for lists of them. */
export interface AnyScheduleFactory {
  (config: never): Schedule;
  readonly type: string;
}

/** A learning rate over time, as plain data: kind and options. It has no state, so a resumed run needs only the time. */
export class Schedule {
  /** Its kind, as `cosineAnnealing`. */
  readonly type: string;
  /** Every option, with its default where none was given. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly #at: (t: number) => number;

  /** @internal */
  constructor(type: string, config: Readonly<Record<string, unknown>>, at: (t: number) => number) {
    this.type = type;
    this.config = config;
    this.#at = at;
  }

  /**
   * The learning rate at time t, which counts from 0. The unit is the caller's: epochs, fractions of them, or steps; lengths in
   * the options are in the same unit.
   *
   * @throws {OptionError} unless t is a number from 0.
   */
  at(t: number): number {
    if (!option.nonNegative.accepts(t)) throw new OptionError(this.type, 't', t, option.nonNegative.allowed);
    return this.#at(t);
  }

  /** What {@link scheduleFromJSON} reads: `{ type, ...config }`. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { type: this.type, ...this.config };
  }
}

/** A rule for options that are schedules. */
export const scheduleOption: OptionRule = { allowed: 'a schedule', accepts: value => value instanceof Schedule };

/**
 * Makes a schedule out of its formula; a file with one call is a new schedule.
 *
 * @returns a function that takes options and gives a {@link Schedule}; it throws OptionError for an unknown, missing or impossible one.
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineSchedule<C extends object, D extends keyof C = never>({
  type,
  options,
  defaults,
  at,
}: ScheduleDefinition<C> & { readonly defaults: Pick<C, D> }): ScheduleFactory<C, D> {
  const rules: Readonly<Record<string, OptionRule>> = options;
  const make = (given: Omit<C, D> & Partial<Pick<C, D>>): Schedule => {
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const config = { ...defaults, ...set };
    checkOptions(type, config, rules, Object.keys(rules));
    return new Schedule(type, config, t => at(config as C, t));
  };
  return Object.assign(make, { type });
}

/**
 * Reads a schedule, and those in its options, from what `JSON.parse` gave.
 *
 * @param factories - The kinds to choose from, as `[...standardSchedules, mine]`.
 * @throws {FormatError} if it is no object. @throws {OptionError} for an unknown type or option.
 */
export function scheduleFromJSON(json: unknown, factories: readonly AnyScheduleFactory[]): Schedule {
  if (!isObject(json)) throw new FormatError('schedule', 'it must be an object with a type and options');
  const { type, ...config } = json;
  const factory = factories.find(known => known.type === type);
  if (!factory) throw new OptionError('schedule', 'type', type, factories.map(known => `'${known.type}'`).join(', '));
  const read = Object.entries(config).map(([name, value]) => [
    name,
    isObject(value) ? scheduleFromJSON(value, factories) : value,
  ]);
  return factory(Object.fromEntries(read) as never);
}

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null && !Array.isArray(x);
