/** One step of an optimizer on one parameter, for use with `step`. The loops around them are in @cnn/optim. */
import { ShapeError } from '../errors.js';
import type { AdadeltaStepAttrs, AdamStepAttrs, SgdStepAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type Spec, sameShape, showSpec } from '../spec.js';
import { alias, type Tensor } from '../tensor.js';
import { add, div, mul, sub } from './binary.js';
import { checkFloat } from './common.js';
import { sqrt, square } from './unary.js';

function inferStep(who: string, outputs: number, inputs: readonly Spec[]): Spec[] {
  checkFloat(who, ...inputs);
  if (inputs.length !== outputs + 1) throw new ShapeError(`${who}: ${inputs.length} inputs; it takes ${outputs + 1}`);
  const odd = inputs.find(({ shape }) => !sameShape(shape, inputs[0]!.shape));
  if (odd) throw new ShapeError(`${who}: the parameter is ${showSpec(inputs[0]!)}, one of the others ${showSpec(odd)}`);
  return inputs.slice(0, outputs);
}

/** With L2 weight decay: g + λ p. */
const decayed = (gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? alias(gradient) : add(gradient, mul(parameter, weightDecay));

/**
 * Stochastic gradient descent as in PyTorch: [parameter, velocity?, gradient] gives parameter and velocity.
 * g ← g + λ p; v ← μ v + (1 - dampening) g, on the first step v ← g; p ← p - η v, or p ← p - η (g + μ v) with Nesterov's momentum.
 */
export const sgdStepOp: Op<SgdStepAttrs> = {
  name: 'sgdStep',
  infer: (inputs, { momentum }) => inferStep('sgdStep', momentum === 0 ? 1 : 2, inputs),
  compose: (inputs, { learningRate, momentum, dampening, nesterov, weightDecay, first }) => {
    const parameter = inputs[0]!;
    // #region sgd
    const g = decayed(inputs.at(-1)!, parameter, weightDecay);
    if (momentum === 0) return [sub(parameter, mul(g, learningRate))];
    const velocity = first ? g : add(mul(inputs[1]!, momentum), mul(g, 1 - dampening));
    const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
    return [sub(parameter, mul(direction, learningRate)), velocity];
    // #endregion sgd
  },
};

/**
 * Adam (Kingma and Ba, 2014) and AdamW (Loshchilov and Hutter, 2017) as in PyTorch: [parameter, m, v, gradient] gives parameter, m, v.
 * m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; p ← p - η / (1 - β₁ᵗ) m / (sqrt(v / (1 - β₂ᵗ)) + ε). Weight decay adds λ p to g,
 * or, decoupled, shrinks p by η λ before the step.
 */
export const adamStepOp: Op<AdamStepAttrs> = {
  name: 'adamStep',
  infer: inputs => inferStep('adamStep', 3, inputs),
  compose: ([parameter, m, v, gradient], { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step }) => {
    // #region adam
    const g = decoupled ? alias(gradient!) : decayed(gradient!, parameter!, weightDecay);
    const p = decoupled && weightDecay !== 0 ? mul(parameter!, 1 - learningRate * weightDecay) : alias(parameter!);
    const first = add(mul(m!, beta1), mul(g, 1 - beta1));
    const second = add(mul(v!, beta2), mul(square(g), 1 - beta2));
    const scale = add(div(sqrt(second), Math.sqrt(1 - beta2 ** step)), epsilon);
    return [sub(p, mul(div(first, scale), learningRate / (1 - beta1 ** step))), first, second];
    // #endregion adam
  },
};

/**
 * Adadelta (Zeiler, 2012) as in PyTorch: [parameter, s, d, gradient] gives parameter, s, d.
 * g ← g + λ p; s ← ρ s + (1 - ρ) g²; δ = sqrt(d + ε) / sqrt(s + ε) g; d ← ρ d + (1 - ρ) δ²; p ← p - η δ.
 */
export const adadeltaStepOp: Op<AdadeltaStepAttrs> = {
  name: 'adadeltaStep',
  infer: inputs => inferStep('adadeltaStep', 3, inputs),
  compose: ([parameter, squares, updates, gradient], { learningRate, rho, epsilon, weightDecay }) => {
    const g = decayed(gradient!, parameter!, weightDecay);
    const s = add(mul(squares!, rho), mul(square(g), 1 - rho));
    const update = mul(div(sqrt(add(updates!, epsilon)), sqrt(add(s, epsilon))), g);
    const d = add(mul(updates!, rho), mul(square(update), 1 - rho));
    return [sub(parameter!, mul(update, learningRate)), s, d];
  },
};
