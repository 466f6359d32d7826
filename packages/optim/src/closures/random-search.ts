import { checkOptions, option, randomKey, randomNormal } from '@cnn/tensor';
import { type Method, methodOf } from './method.js';

/** Options of {@link randomSearch}. */
export interface RandomSearchOptions {
  /** The standard deviation of the numbers that are tried. Default 0.0001. */
  readonly scale?: number;
  /** Chooses them. Default 0. */
  readonly seed?: number;
}

/**
 * Random search, the first and worst strategy of the CS231n notes ("Optimization: Stochastic Gradient Descent", strategy 1): each
 * step draws all numbers anew from a normal distribution about 0, and keeps them if the loss is lower than with those it has.
 *
 * @throws {OptionError} for an unknown or impossible option.
 */
export function randomSearch(options: RandomSearchOptions = {}): Method {
  checkOptions('randomSearch', options, { scale: option.positive, seed: option.integer });
  const { scale = 1e-4, seed = 0 } = options;
  return methodOf('randomSearch', () => {
    let count = 0;
    return async objective => {
      // #region step
      const best = await objective.point();
      const loss = await objective.loss();
      objective.move(randomNormal(best.length, randomKey(seed, 'randomSearch', count++), 0, scale));
      // A loss that is NaN is not lower.
      if (!((await objective.loss()) < loss)) objective.move(best);
      return loss;
      // #endregion step
    };
  });
}
