import { constant } from './constant.js';
import { cosineAnnealing } from './cosine-annealing.js';
import { cosineWarmRestarts } from './cosine-warm-restarts.js';
import { exponentialDecay } from './exponential-decay.js';
import { inverseTimeDecay } from './inverse-time-decay.js';
import { linearWarmup } from './linear-warmup.js';
import { multiStepDecay } from './multi-step-decay.js';
import { oneCycle } from './one-cycle.js';
import { polynomialDecay } from './polynomial-decay.js';
import { stepDecay } from './step-decay.js';
import { triangularCycle } from './triangular-cycle.js';

export { type ConstantOptions, constant } from './constant.js';
export { type CosineAnnealingOptions, cosineAnnealing } from './cosine-annealing.js';
export { type CosineWarmRestartsOptions, cosineWarmRestarts } from './cosine-warm-restarts.js';
export { type ExponentialDecayOptions, exponentialDecay } from './exponential-decay.js';
export { type InverseTimeDecayOptions, inverseTimeDecay } from './inverse-time-decay.js';
export { type LinearWarmupOptions, linearWarmup } from './linear-warmup.js';
export { type MultiStepDecayOptions, multiStepDecay } from './multi-step-decay.js';
export { type OneCycleOptions, oneCycle } from './one-cycle.js';
export { type PolynomialDecayOptions, polynomialDecay } from './polynomial-decay.js';
export { type StepDecayOptions, stepDecay } from './step-decay.js';
export { type TriangularCycleOptions, triangularCycle } from './triangular-cycle.js';

/** Every schedule of this package, for `scheduleFromJSON`. */
export const standardSchedules = [
  constant,
  stepDecay,
  multiStepDecay,
  exponentialDecay,
  polynomialDecay,
  inverseTimeDecay,
  cosineAnnealing,
  cosineWarmRestarts,
  triangularCycle,
  oneCycle,
  linearWarmup,
] as const;
