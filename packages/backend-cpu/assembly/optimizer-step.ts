/** One step of an optimizer, fused. Elements are independent, so outputs may be the inputs. */
import { madd } from './generated/madd';
import { get, put, wholeOf } from './lanes';

@inline
function sgd(
  at: usize, whole: bool, parameter: usize, velocity: usize, gradient: usize, newParameter: usize, newVelocity: usize,
  minusRate: v128, momentum: v128, keep: v128, weightDecay: v128, hasVelocity: bool, nesterov: bool, first: bool,
): void {
  const p = get(parameter + at, whole);
  let g = madd(weightDecay, p, get(gradient + at, whole));
  if (hasVelocity) {
    const v = first ? g : madd(momentum, get(velocity + at, whole), f32x4.mul(keep, g));
    put(newVelocity + at, v, whole);
    g = nesterov ? madd(momentum, v, g) : v;
  }
  put(newParameter + at, madd(minusRate, g, p), whole);
}

/**
 * PyTorch's SGD. `velocity` is read only where momentum is not 0 and this is not the first step, and written where momentum
 * is not 0. `keep` is what stays of a new gradient: 1 - dampening.
 */
export function sgdStep(
  n: usize, parameter: usize, velocity: usize, gradient: usize, newParameter: usize, newVelocity: usize,
  learningRate: f32, momentum: f32, keep: f32, weightDecay: f32, nesterov: bool, first: bool,
): void {
  const minusRate = f32x4.splat(-learningRate), m = f32x4.splat(momentum), k = f32x4.splat(keep), decay = f32x4.splat(weightDecay);
  const hasVelocity = momentum != 0;
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) sgd(i << 2, true, parameter, velocity, gradient, newParameter, newVelocity, minusRate, m, k, decay, hasVelocity, nesterov, first);
  for (; i < n; i++) sgd(i << 2, false, parameter, velocity, gradient, newParameter, newVelocity, minusRate, m, k, decay, hasVelocity, nesterov, first);
}

@inline
function adam(
  at: usize, whole: bool, parameter: usize, moment1: usize, moment2: usize, gradient: usize, newParameter: usize, newMoment1: usize, newMoment2: usize,
  shrink: v128, weightDecay: v128, beta1: v128, rest1: v128, beta2: v128, rest2: v128, scale2: v128, epsilon: v128, minusRate: v128,
): void {
  const old = get(parameter + at, whole);
  const g = madd(weightDecay, old, get(gradient + at, whole));
  const m = madd(beta1, get(moment1 + at, whole), f32x4.mul(rest1, g));
  const v = madd(beta2, get(moment2 + at, whole), f32x4.mul(rest2, f32x4.mul(g, g)));
  put(newMoment1 + at, m, whole);
  put(newMoment2 + at, v, whole);
  const denominator = madd(f32x4.sqrt(v), scale2, epsilon);
  put(newParameter + at, madd(minusRate, f32x4.div(m, denominator), f32x4.mul(shrink, old)), whole);
}

/**
 * PyTorch's Adam and AdamW. `rest1` is 1 - beta1, `rest2` is 1 - beta2, `scale2` is 1 / sqrt(1 - beta2^t), `rate` is
 * learningRate / (1 - beta1^t), `shrink` is what decoupled weight decay leaves of the parameter, and `weightDecay` the other one.
 */
export function adamStep(
  n: usize, parameter: usize, moment1: usize, moment2: usize, gradient: usize, newParameter: usize, newMoment1: usize, newMoment2: usize,
  shrink: f32, weightDecay: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, scale2: f32, epsilon: f32, rate: f32,
): void {
  const s = f32x4.splat(shrink), decay = f32x4.splat(weightDecay), b1 = f32x4.splat(beta1), r1 = f32x4.splat(rest1);
  const b2 = f32x4.splat(beta2), r2 = f32x4.splat(rest2), s2 = f32x4.splat(scale2), e = f32x4.splat(epsilon), minusRate = f32x4.splat(-rate);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) adam(i << 2, true, parameter, moment1, moment2, gradient, newParameter, newMoment1, newMoment2, s, decay, b1, r1, b2, r2, s2, e, minusRate);
  for (; i < n; i++) adam(i << 2, false, parameter, moment1, moment2, gradient, newParameter, newMoment1, newMoment2, s, decay, b1, r1, b2, r2, s2, e, minusRate);
}

@inline
function adadelta(
  at: usize, whole: bool, parameter: usize, squares: usize, updates: usize, gradient: usize, newParameter: usize, newSquares: usize, newUpdates: usize,
  weightDecay: v128, rho: v128, rest: v128, epsilon: v128, minusRate: v128,
): void {
  const p = get(parameter + at, whole), d = get(updates + at, whole);
  const g = madd(weightDecay, p, get(gradient + at, whole));
  const s = madd(rho, get(squares + at, whole), f32x4.mul(rest, f32x4.mul(g, g)));
  const update = f32x4.mul(f32x4.sqrt(f32x4.div(f32x4.add(d, epsilon), f32x4.add(s, epsilon))), g);
  put(newSquares + at, s, whole);
  put(newUpdates + at, madd(rho, d, f32x4.mul(rest, f32x4.mul(update, update))), whole);
  put(newParameter + at, madd(minusRate, update, p), whole);
}

/** PyTorch's Adadelta. `squares` and `updates` are the running averages of squared gradients and updates; `rest` is 1 - rho. */
export function adadeltaStep(
  n: usize, parameter: usize, squares: usize, updates: usize, gradient: usize, newParameter: usize, newSquares: usize, newUpdates: usize,
  weightDecay: f32, rho: f32, rest: f32, epsilon: f32, rate: f32,
): void {
  const decay = f32x4.splat(weightDecay), r = f32x4.splat(rho), r1 = f32x4.splat(rest), e = f32x4.splat(epsilon), minusRate = f32x4.splat(-rate);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) adadelta(i << 2, true, parameter, squares, updates, gradient, newParameter, newSquares, newUpdates, decay, r, r1, e, minusRate);
  for (; i < n; i++) adadelta(i << 2, false, parameter, squares, updates, gradient, newParameter, newSquares, newUpdates, decay, r, r1, e, minusRate);
}
