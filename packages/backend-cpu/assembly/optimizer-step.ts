/** One step of an optimizer, fused. Elements are independent, so outputs may be the inputs. */
import { madd } from './generated/madd';

/**
 * PyTorch's SGD. `velocity` is read only where momentum is not 0 and this is not the first step, and written where momentum
 * is not 0. `keep` is what is left of a new gradient: 1 - dampening, and 1 in the first step.
 */
export function sgdStep(
  n: usize, parameter: usize, velocity: usize, gradient: usize, newParameter: usize, newVelocity: usize,
  learningRate: f32, momentum: f32, keep: f32, weightDecay: f32, nesterov: bool, first: bool,
): void {
  const minusRate = f32x4.splat(-learningRate);
  const m = f32x4.splat(momentum);
  const k = f32x4.splat(keep);
  const decay = f32x4.splat(weightDecay);
  const end = n & ~3;
  const hasVelocity = momentum != 0;
  for (let i: usize = 0; i < end; i += 4) {
    const at = i << 2;
    const p = v128.load(parameter + at);
    let g = madd(decay, p, v128.load(gradient + at));
    if (hasVelocity) {
      const v = first ? g : madd(m, v128.load(velocity + at), f32x4.mul(k, g));
      v128.store(newVelocity + at, v);
      g = nesterov ? madd(m, v, g) : v;
    }
    v128.store(newParameter + at, madd(minusRate, g, p));
  }
  for (let i = end; i < n; i++) {
    const at = i << 2;
    const p = load<f32>(parameter + at);
    let g = load<f32>(gradient + at) + weightDecay * p;
    if (hasVelocity) {
      const v = first ? g : momentum * load<f32>(velocity + at) + keep * g;
      store<f32>(newVelocity + at, v);
      g = nesterov ? g + momentum * v : v;
    }
    store<f32>(newParameter + at, p - learningRate * g);
  }
}
