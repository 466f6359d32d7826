import {
  checkOptions,
  FormatError,
  OptionError,
  type OptionRule,
  option,
  type Tensor,
  UsageError,
  type Variable,
} from '@cnn/tensor';
import { OptimizerState, type StepConfig, type Target } from './optimizer-state.js';
import { type AnyParameterGroup, checkGroups, matches, type ParameterGroup } from './parameter-group.js';

/** All that an optimizer is. `C` are its own options, those that every optimizer has aside. */
export interface OptimizerDefinition<C extends object> {
  /** Its name in JSON, as `sgd`; a plugin's has its scope before it, as `acme/sgd`. */
  readonly type: string;
  /** What each option of its own may be. */
  readonly options: { readonly [K in keyof C]: OptionRule };
  /** The value of each option that is not given. */
  readonly defaults: C & { readonly learningRate: number };
  /** Refuses options that do not go together, with an OptionError. */
  check?(config: C): void;
  /** Names of the tensors that it keeps for a parameter, like the parameter and zeros at first. */
  slots(config: C): readonly string[];
  /**
   * One step on one parameter: new values for it and for its slots (in the order of `slots`), by `step` of @cnn/tensor with one
   * op, or by `assign`. It runs in a scope of its own, so what else it makes is freed.
   */
  step(parameter: Variable, slots: readonly Variable[], gradient: Tensor, config: C & StepConfig): void;
}

/** What an optimizer is made from; all of it may be left out. */
export type OptimizerConfig<C> = Partial<C> & {
  /** Step size, where a step is not given another. */
  readonly learningRate?: number;
  /** Other options for some parameters. All groups that match a parameter count, and of one option the last. */
  readonly groups?: readonly ParameterGroup<C>[];
};

/** Makes an optimizer of one kind. */
export interface OptimizerFactory<C> {
  (config?: OptimizerConfig<C>): Optimizer;
  /** Tells it from what else a plugin may export. */
  readonly kind: 'optimizer';
  readonly type: string;
}

/** A factory of any kind, for lists of them. */
export interface AnyOptimizerFactory {
  (config: never): Optimizer;
  readonly kind: 'optimizer';
  readonly type: string;
}

/** What an optimizer's options have become. */
export interface ResolvedConfig extends Readonly<Record<string, unknown>> {
  readonly learningRate: number;
  readonly groups: readonly AnyParameterGroup[];
}

/** An optimizer as plain data: its kind and options. `init` makes what it needs for a network. */
export class Optimizer {
  /** Its kind, as `sgd`. */
  readonly type: string;
  /** Every option, with its default where none was given. */
  readonly config: ResolvedConfig;
  /** @internal The rule for each parameter. */
  readonly targets: (parameters: readonly Variable[]) => readonly Target[];

  /** @internal */
  constructor(type: string, config: ResolvedConfig, targets: (parameters: readonly Variable[]) => readonly Target[]) {
    this.type = type;
    this.config = config;
    this.targets = targets;
  }

  /**
   * Makes its slots for some parameters: zeros named `<parameter>/<slot>`, on the parameter's backend and of its dtype. Frozen
   * parameters are simply not passed.
   *
   * @throws {OptionError} for a group that matches none of them. @throws {UsageError} if it gets no list, or if two have one name.
   * @throws {DTypeError} for a parameter that is not float.
   */
  init(parameters: readonly Variable[]): OptimizerState {
    if (!Array.isArray(parameters)) throw new UsageError(`${this.type}: init takes a list of variables; of a net, net.trainable`);
    return new OptimizerState(this.type, this.config.learningRate, this.targets(parameters));
  }

  /** What {@link optimizerFromJSON} reads: `{ type, ...config }`. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { type: this.type, ...this.config };
  }
}

const groupOption: OptionRule = {
  allowed: 'an object with match and options',
  accepts: value => typeof value === 'object' && value !== null,
};

/**
 * Makes an optimizer out of its rule; a file with one call is a new optimizer.
 *
 * @returns a function that takes options and gives an {@link Optimizer}; it throws OptionError for an unknown or impossible one.
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineOptimizer<C extends object>(definition: OptimizerDefinition<C>): OptimizerFactory<C> {
  const { type, defaults } = definition;
  const rules: Readonly<Record<string, OptionRule>> = definition.options;
  const make = (given: OptimizerConfig<C> = {}): Optimizer => {
    checkOptions(type, given, { ...rules, learningRate: option.nonNegative, groups: option.list(groupOption) });
    checkGroups(type, given.groups ?? [], rules);
    const groups: readonly AnyParameterGroup[] = (given.groups ?? []).map(copyOfDefined);
    const config = { ...defaults, ...copyOfDefined(given), groups };
    definition.check?.(config);
    for (const group of groups) definition.check?.({ ...config, ...group });
    const targets = (parameters: readonly Variable[]): Target[] => {
      refuseUnmatched(type, groups, parameters);
      return parameters.map(parameter => {
        const own = configOf<C>(parameter.name, config, groups);
        definition.check?.(own);
        return {
          parameter,
          slots: definition.slots(own),
          update(slots: readonly Variable[], gradient: Tensor, { learningRate, step }: StepConfig): void {
            definition.step(parameter, slots, gradient, { ...own, learningRate: learningRate * own.learningRateFactor, step });
          },
        };
      });
    };
    return new Optimizer(type, config, targets);
  };
  return Object.assign(make, { kind: 'optimizer' as const, type });
}

/** An option given as undefined is not given. A copy, so that nobody changes it later. */
const copyOfDefined = <T extends object>(options: T): T =>
  structuredClone(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T);

/** The options of one parameter. */
function configOf<C extends object>(
  name: string,
  config: C,
  groups: readonly AnyParameterGroup[],
): C & { learningRateFactor: number } {
  return Object.assign({ learningRateFactor: 1 }, config, ...groups.filter(({ match }) => matches(match, name)));
}

/** A group for nothing is a misspelt name, and would be missed in silence. */
function refuseUnmatched(type: string, groups: readonly AnyParameterGroup[], parameters: readonly Variable[]): void {
  groups.forEach(({ match }, i) => {
    if (parameters.some(({ name }) => matches(match, name))) return;
    const names = parameters.map(({ name }) => name).join(', ');
    throw new OptionError(`${type}, groups[${i}]`, 'match', match, `the end of a parameter's name: ${names}`);
  });
}

/**
 * Reads an optimizer from what `JSON.parse` gave.
 *
 * @param factories - The kinds to choose from, as `[...standardOptimizers, mine]`.
 * @throws {FormatError} if it is no object. @throws {OptionError} for an unknown type or option.
 */
export function optimizerFromJSON(json: unknown, factories: readonly AnyOptimizerFactory[]): Optimizer {
  if (!isObject(json)) throw new FormatError('optimizer', 'it must be an object with a type and options');
  const { type, ...config } = json;
  const factory = factories.find(known => known.type === type);
  if (!factory) throw new OptionError('optimizer', 'type', type, factories.map(known => `'${known.type}'`).join(', '));
  const { optimizer, ...rest } = config;
  // One that is wrapped in another, as by lookahead.
  return factory((isObject(optimizer) ? { ...rest, optimizer: optimizerFromJSON(optimizer, factories) } : config) as never);
}

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null && !Array.isArray(x);
