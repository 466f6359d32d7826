/** Losses: how wrong a prediction is, as one number. */
export * from './binary-cross-entropy.js';
export * from './binary-cross-entropy-with-logits.js';
export * from './binary-hinge.js';
export * from './cosine-embedding.js';
export * from './dice.js';
export * from './focal.js';
export * from './huber.js';
export * from './kl-divergence.js';
export type { Loss, LossOptions } from './loss.js';
export * from './mean-absolute-error.js';
export * from './mean-squared-error.js';
export * from './multiclass-svm.js';
export * from './negative-log-likelihood.js';
export * from './smooth-l1.js';
export * from './softmax-cross-entropy.js';
export * from './triplet.js';
