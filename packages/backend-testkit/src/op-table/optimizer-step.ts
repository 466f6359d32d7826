import { type AdadeltaStepAttrs, type AdamStepAttrs, ops, type SgdStepAttrs } from '@cnn/tensor';
import { f, type OpCase, pos, stepRow } from './op-case.js';

const sgd = (what: string, attrs: Partial<SgdStepAttrs>): OpCase =>
  stepRow(ops.sgdStepOp, what, attrs.momentum ? [f(3, 5), f(3, 5), f(3, 5)] : [f(3, 5), f(3, 5)], {
    learningRate: 0.05,
    momentum: 0,
    dampening: 0,
    nesterov: false,
    weightDecay: 0,
    first: false,
    ...attrs,
  });

const adam = (what: string, attrs: Partial<AdamStepAttrs>): OpCase =>
  stepRow(ops.adamStepOp, what, [f(3, 5), f(3, 5), pos(3, 5), f(3, 5)], {
    learningRate: 0.05,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-3,
    weightDecay: 0,
    decoupled: false,
    step: 1,
    ...attrs,
  });

const adadelta = (what: string, attrs: Partial<AdadeltaStepAttrs>): OpCase =>
  stepRow(ops.adadeltaStepOp, what, [f(3, 5), pos(3, 5), pos(3, 5), f(3, 5)], {
    learningRate: 0.5,
    rho: 0.9,
    epsilon: 1e-3,
    weightDecay: 0,
    ...attrs,
  });

/** The steps of optimizers. */
export const optimizerSteps: readonly OpCase[] = [
  sgd('', {}),
  sgd('weight decay', { weightDecay: 0.1 }),
  sgd('momentum', { momentum: 0.9 }),
  sgd('momentum and dampening', { momentum: 0.9, dampening: 0.3 }),
  sgd('the first step is not dampened', { momentum: 0.9, dampening: 0.3, first: true }),
  sgd('Nesterov', { momentum: 0.8, nesterov: true, weightDecay: 0.2 }),
  sgd('the first step of Nesterov', { momentum: 0.8, nesterov: true, first: true }),
  adam('', {}),
  adam('a later step', { step: 7 }),
  adam('weight decay', { weightDecay: 0.1, step: 2 }),
  adam('decoupled weight decay', { weightDecay: 0.1, decoupled: true, step: 2 }),
  adadelta('', {}),
  adadelta('weight decay', { weightDecay: 0.1, rho: 0.8 }),
  adadelta('nothing remembered', { rho: 0 }),
];
