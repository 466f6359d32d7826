import { checkOptions, option, UsageError } from '@cnn/tensor';
import { choleskySolve } from './cholesky.js';
import { type Method, methodOf } from './method.js';
import type { Objective } from './objective.js';
import { dot, largest, plus, times } from './vector.js';

/** Options of {@link newton}. */
export interface NewtonOptions {
  /** μ: what is added to the diagonal of the Hessian at least. Default 0. */
  readonly damping?: number;
}

/** More numbers than this make a Hessian that takes too long. */
const MOST = 1000;
/** The loss must fall by this share of what the slope promises. */
const SUFFICIENT = 1e-4;
/** How often a step is halved. */
const HALVINGS = 30;

/**
 * Newton's method with a damped Hessian for problems of up to 1,000 numbers: d = -(H + μ I)⁻¹ g, where μ grows tenfold until the
 * matrix is positive definite (Nocedal and Wright, "Numerical Optimization", algorithm 3.3), and x ← x + t d, where t is halved
 * from 1 until f(x + t d) <= f(x) + 1e-4 t gᵀd. A step ends where it began if no t does. The Hessian is exact, by the gradient
 * of the gradient; a quadratic loss is at its minimum after one step.
 *
 * @throws {OptionError} for an unknown or impossible option. Its step throws a UsageError for more numbers.
 */
export function newton(options: NewtonOptions = {}): Method {
  checkOptions('newton', options, { damping: option.nonNegative });
  const { damping = 0 } = options;
  return methodOf('newton', () => objective => step(objective, damping));
}

async function step(objective: Objective, damping: number): Promise<number> {
  const point = await objective.point();
  if (point.length > MOST) throw new UsageError(`newton: ${point.length} numbers; it takes at most ${MOST}`);
  const { loss, gradient } = await objective.finiteSlope();
  // #region step
  const direction = solve(await objective.hessian(), times(gradient, -1), damping);
  const slope = dot(gradient, direction);
  for (let i = 0, length = 1; i < HALVINGS; i++, length /= 2) {
    objective.move(plus(point, direction, length));
    if ((await objective.loss()) <= loss + SUFFICIENT * length * slope) return loss;
  }
  // #endregion step
  objective.move(point);
  return loss;
}

/** (H + μ I)⁻¹ b for the first μ that makes the matrix positive definite. */
function solve(hessian: readonly Float64Array[], b: Float64Array, damping: number): Float64Array {
  const size = Math.max(...hessian.map(largest)) || 1;
  for (let mu = damping; ; mu = Math.max(10 * mu, 1e-3 * size)) {
    const damped = hessian.map((row, i) => row.map((x, j) => (i === j ? x + mu : x)));
    const found = choleskySolve(damped, b);
    if (found) return found;
  }
}
