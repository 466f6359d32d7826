import { alias, checkOptions, option, type Tensor, tidy, UsageError, Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** Options of {@link WeightAverage}. */
export interface WeightAverageOptions {
  /** β: how much of the average stays at each update. Default: none; the average is the mean of all. */
  readonly decay?: number;
}

/**
 * An average of variables over time, beside them. Without `decay` it is the running mean of Polyak and Juditsky (1992),
 * a ← a + (p - a) / n at the n-th update; with it the exponential one, a ← β a + (1 - β) p, which starts with the first p.
 *
 * ```ts
 * const average = new WeightAverage(net.variables, { decay: 0.999 });
 * state.step(grads);
 * average.update();
 * // …
 * average.swap(); // now the net has the averages
 * ```
 */
export class WeightAverage {
  /** The averages, named `<variable>/average`, in the variables' order. To resume, assign them and set `count`. */
  readonly averages: readonly Variable[];
  readonly #variables: readonly Variable[];
  readonly #decay: number | undefined;
  #count = 0;
  #swapped = false;

  /**
   * @param variables - Such as `net.variables`; they stay the caller's.
   * @throws {OptionError} for an unknown or impossible option. @throws {UsageError} if it gets no list.
   */
  constructor(variables: readonly Variable[], options: WeightAverageOptions = {}) {
    checkOptions('WeightAverage', options, { decay: option.between(0, 1, { openEnd: true }) });
    if (!Array.isArray(variables)) throw new UsageError('WeightAverage: it takes a list of variables; of a net, net.variables');
    this.#variables = variables;
    this.#decay = options.decay;
    this.averages = this.#variables.map(({ name, value }) => new Variable(`${name}/average`, alias(value)));
  }

  /** How many updates there were. */
  get count(): number {
    return this.#count;
  }

  /** @throws {OptionError} unless it is a whole number from 0. */
  set count(count: number) {
    checkOptions('WeightAverage', { count }, { count: option.index });
    this.#count = count;
  }

  /** Takes the variables as they are now into the average. @throws {UsageError} while they are swapped. */
  update(): void {
    if (this.#swapped) throw new UsageError('WeightAverage: the variables hold the averages; swap them back before update');
    this.#count++;
    tidy(() => {
      this.averages.forEach((average, i) => {
        average.assign(this.#next(average.value, this.#variables[i]!.value));
      });
    });
  }

  #next(average: Tensor, value: Tensor): Tensor {
    // #region next
    if (this.#count === 1) return alias(value);
    if (this.#decay === undefined) return ops.add(average, ops.div(ops.sub(value, average), this.#count));
    return ops.add(ops.mul(average, this.#decay), ops.mul(value, 1 - this.#decay));
    // #endregion next
  }

  /** Exchanges variables and averages, to evaluate with the averages; a second call puts both back. Nothing is copied. */
  swap(): void {
    this.averages.forEach((average, i) => {
      const variable = this.#variables[i]!;
      const before = alias(variable.value);
      variable.assign(alias(average.value));
      average.assign(before);
    });
    this.#swapped = !this.#swapped;
  }

  /** Frees the averages. The variables stay. */
  dispose(): void {
    for (const average of this.averages) average.dispose();
  }
}
