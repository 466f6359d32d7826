/** Regularisation: what a net's weights cost, apart from how wrong its predictions are. */
import type { Net } from '@cnn/layers';
import { matches } from '@cnn/optim';
import { checkOptions, OptionError, option, type Tensor, tidy, type Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** How some parameters are regularised. All groups that match a parameter count, and of one option the last. */
export interface RegularisationGroup {
  /** The last parts of a parameter's name, as in an optimizer's groups: `weight` for every weight, `*` stands for any text. */
  readonly match: string;
  /** Costs l1 Σ |w| (Tibshirani, 1996). With `l2` it is the elastic net (Zou and Hastie, 2005). Default 0. */
  readonly l1?: number;
  /** Costs l2 Σ w² (Hoerl and Kennard, 1970), so the gradient is 2 l2 w; an optimizer's `weightDecay` is twice this l2. Default 0. */
  readonly l2?: number;
  /**
   * After each step, the weights [units, ...] into each unit are scaled down to this L2 norm where theirs is greater (Srebro and
   * Shraibman, 2005; Srivastava et al., 2014). Default no bound.
   */
  readonly maxNorm?: number;
}

/** A parameter and what its groups say. */
type Regularised = Omit<RegularisationGroup, 'match'> & { readonly parameter: Variable };

/**
 * The trainable parameters that some group matches.
 *
 * @throws {OptionError} for an unknown or impossible option, and for a group that matches nothing.
 */
export function regularised(net: Net, groups: readonly RegularisationGroup[]): Regularised[] {
  const parameters = net.trainable;
  groups.forEach((group, i) => {
    const owner = `regularisation[${i}]`;
    checkOptions(owner, group, { match: option.text, l1: option.nonNegative, l2: option.nonNegative, maxNorm: option.positive }, [
      'match',
    ]);
    if (parameters.some(({ name }) => matches(group.match, name))) return;
    const names = parameters.map(({ name }) => name).join(', ');
    throw new OptionError(owner, 'match', group.match, `the end of a trainable parameter's name: ${names}`);
  });
  return parameters.flatMap(parameter => {
    const own = groups.filter(({ match }) => matches(match, parameter.name));
    return own.length > 0 ? [{ ...Object.assign({}, ...own), parameter }] : [];
  });
}

/**
 * Σ (l1 |w| + l2 w²) over the trainable parameters of a net: a scalar to add to a loss inside `grad`.
 *
 * @throws {OptionError} for an unknown or impossible option, and for a group that matches nothing.
 */
export function penalty(net: Net, groups: readonly RegularisationGroup[]): Tensor {
  return tidy(() => {
    // #region penalty
    const terms = regularised(net, groups).flatMap(({ parameter: { value }, l1 = 0, l2 = 0 }) => [
      ...(l1 > 0 ? [ops.mul(ops.sum(ops.abs(value)), l1)] : []),
      ...(l2 > 0 ? [ops.mul(ops.sum(ops.square(value)), l2)] : []),
    ]);
    // #endregion penalty
    return terms.length > 0 ? terms.reduce(ops.add) : ops.zeros(net.backend, [], net.dtype);
  });
}

/** Scales the weights into each unit down to their group's `maxNorm`; to be called after a step. @throws {OptionError} as {@link penalty}. */
export function limitNorms(net: Net, groups: readonly RegularisationGroup[]): void {
  for (const { parameter, maxNorm } of regularised(net, groups)) {
    if (maxNorm === undefined) continue;
    const weights = parameter.value;
    tidy(() => {
      // #region max-norm
      const axes = weights.shape.map((_, i) => i).slice(1);
      const norms = ops.sqrt(ops.sum(ops.square(weights), axes, { keepDims: true }));
      parameter.assign(ops.mul(weights, ops.where(ops.greater(norms, maxNorm), ops.div(maxNorm, norms), 1)));
      // #endregion max-norm
    });
  }
}
