import { checkOptions, option } from '@cnn/tensor';
import { type Method, methodOf } from './method.js';
import type { Objective } from './objective.js';
import { strongWolfe } from './strong-wolfe.js';
import { dot, largest, plus, times } from './vector.js';

/** Options of {@link lbfgs}. */
export interface LbfgsOptions {
  /** The length that is tried first, or, without a line search, taken. Default 1. */
  readonly learningRate?: number;
  /** Iterations in a step. Default 20. */
  readonly maxIterations?: number;
  /** How many of the last moves the Hessian is estimated from. Default 100. */
  readonly historySize?: number;
  /** How the length of an iteration is found; 'none' takes the learning rate as it is. Default 'strongWolfe'. */
  readonly lineSearch?: 'strongWolfe' | 'none';
}

/** A gradient whose largest number is not above this is none. */
const FLAT = 1e-7;
/** Changes of the loss and of every number below this are none. */
const SMALLEST = 1e-9;

/**
 * Limited-memory BFGS (Liu and Nocedal, 1989; Nocedal and Wright, "Numerical Optimization", algorithm 7.4) as in PyTorch's
 * `LBFGS`: the direction -H g, where H, the inverse Hessian, is estimated from the last moves s and changes of the gradient y,
 * and a line search with the strong Wolfe conditions along it. A step makes up to `maxIterations` of them, and ends after 5/4 as
 * many evaluations. The loss must be the same function in all calls.
 *
 * @throws {OptionError} for an unknown or impossible option.
 */
export function lbfgs(options: LbfgsOptions = {}): Method {
  checkOptions('lbfgs', options, {
    learningRate: option.positive,
    maxIterations: option.count,
    historySize: option.count,
    lineSearch: option.oneOf('strongWolfe', 'none'),
  });
  const { learningRate = 1, maxIterations = 20, historySize = 100, lineSearch = 'strongWolfe' } = options;
  return methodOf('lbfgs', () => {
    const run = new Lbfgs({ learningRate, maxIterations, historySize, lineSearch });
    return objective => run.step(objective);
  });
}

/** A move of all variables and how the gradient changed on it. */
interface Pair {
  readonly move: Float64Array;
  readonly change: Float64Array;
  /** move · change, above 0. */
  readonly product: number;
}

class Lbfgs {
  readonly #options: Required<LbfgsOptions>;
  /** The oldest first. */
  readonly #history: Pair[] = [];
  /** The first estimate of the inverse Hessian is this times the identity. */
  #scale = 1;
  /** The last move, and the gradient before it. */
  #last: { readonly move: Float64Array; readonly gradient: Float64Array } | undefined;

  constructor(options: Required<LbfgsOptions>) {
    this.#options = options;
  }

  async step(objective: Objective): Promise<number> {
    const { learningRate, maxIterations, lineSearch } = this.#options;
    const before = await objective.finiteSlope();
    let { loss, gradient } = before;
    for (let i = 1; i <= maxIterations && largest(gradient) > FLAT; i++) {
      // Nothing is known of the scale at first.
      const first = this.#last ? learningRate : Math.min(1, 1 / sumOfSizes(gradient)) * learningRate;
      const direction = this.#direction(gradient);
      const slope = dot(gradient, direction);
      if (slope > -SMALLEST) break;
      const point = await objective.point();
      const start = { length: 0, loss, gradient, slope };
      const found = lineSearch === 'none' ? undefined : await strongWolfe(objective, point, direction, start, first);
      const move = times(direction, found?.length ?? first);
      objective.move(plus(point, move));
      this.#last = { move, gradient };
      if (i === maxIterations) break;
      const lossBefore = loss;
      ({ loss, gradient } = found ?? (await objective.slope()));
      if (objective.evaluations >= Math.floor((maxIterations * 5) / 4)) break;
      if (largest(move) <= SMALLEST || Math.abs(loss - lossBefore) < SMALLEST) break;
    }
    return before.loss;
  }

  /** -H g, in two loops over the history. */
  #direction(gradient: Float64Array): Float64Array {
    if (this.#last) this.#remember(this.#last.move, plus(gradient, this.#last.gradient, -1));
    let direction = times(gradient, -1);
    const shares: number[] = [];
    for (const { move, change, product } of this.#history.toReversed()) {
      const share = dot(move, direction) / product;
      direction = plus(direction, change, -share);
      shares.unshift(share);
    }
    direction = times(direction, this.#scale);
    for (const [i, { move, change, product }] of this.#history.entries())
      direction = plus(direction, move, shares[i]! - dot(change, direction) / product);
    return direction;
  }

  /** Where the gradient did not grow along the move, it would make H indefinite. */
  #remember(move: Float64Array, change: Float64Array): void {
    const product = dot(change, move);
    if (product <= 1e-10) return;
    if (this.#history.length === this.#options.historySize) this.#history.shift();
    this.#history.push({ move, change, product });
    this.#scale = product / dot(change, change);
  }
}

const sumOfSizes = (a: Float64Array): number => a.reduce((sum, x) => sum + Math.abs(x), 0);
