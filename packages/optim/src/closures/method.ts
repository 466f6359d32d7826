/** Optimizers that ask for the loss themselves, as often as they need, instead of taking a gradient. */
import { checkOptions, type OptionRule, option, type Tensor, type Variable } from '@cnn/tensor';
import { checkVariables, Objective } from './objective.js';

/** A way to make a loss smaller, as `lbfgs()` makes it. */
export interface Method {
  /** Its name, as `lbfgs`. */
  readonly type: string;
  /**
   * Starts on some variables.
   *
   * @throws {UsageError} for no list of variables. @throws {DTypeError} for one that is not float.
   */
  init(variables: readonly Variable[]): MethodState;
}

/** A method under way. What it remembers from step to step is on the host; there is nothing to free. */
export interface MethodState {
  /**
   * One step, to another point of the variables.
   *
   * @param loss - Gives the loss of the present variables, a scalar; it is called several times.
   * @returns the loss before the step.
   * @throws {CnnError} where the loss is not finite before the step.
   */
  step(loss: () => Tensor): Promise<number>;
}

/** Makes a method out of a function that gives the step of one run. */
export const methodOf = (type: string, start: () => (objective: Objective) => Promise<number>): Method => ({
  type,
  init(variables) {
    checkVariables(type, variables);
    const step = start();
    return { step: async loss => step(new Objective(type, loss, variables)) };
  },
});

/** Options of {@link minimise}. */
export interface MinimiseOptions {
  readonly method: Method;
  /** How many steps are made. Default 1. */
  readonly steps?: number;
}

const methodOption: OptionRule = {
  allowed: 'a method, as lbfgs() makes it',
  accepts: value => typeof (value as Partial<Method> | null)?.init === 'function',
};

/**
 * Makes a loss smaller by steps of a method.
 *
 * @param loss - Gives the loss of the present variables, a scalar, as `() => ops.sum(ops.square(x.value))`.
 * @returns the loss before each step.
 * @throws {OptionError} for an unknown or impossible option. @throws {UsageError} for no list of variables.
 */
export async function minimise(loss: () => Tensor, variables: readonly Variable[], options: MinimiseOptions): Promise<number[]> {
  checkOptions('minimise', options, { method: methodOption, steps: option.count }, ['method']);
  const { method, steps = 1 } = options;
  const state = method.init(variables);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await state.step(loss));
  return losses;
}
