/** Rules for what `fit` and `evaluate` are given. Loaders and callbacks may be anyone's, so they are told by what they have. */
import { Net } from '@cnn/layers';
import { Optimizer } from '@cnn/optim';
import type { OptionRule } from '@cnn/tensor';

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every(name => name in value);

/** A net. */
export const netOption: OptionRule = { allowed: 'a Net, as initialise() makes it', accepts: value => value instanceof Net };
/** An optimizer. */
export const optimizerOption: OptionRule = {
  allowed: 'an optimizer, as sgd() makes it',
  accepts: value => value instanceof Optimizer,
};
/** A loader. */
export const loaderOption: OptionRule = {
  allowed: 'a loader, as loader() makes it',
  accepts: value => has(value, 'epoch', 'dataset', 'batchShape'),
};
/** A callback. */
export const callbackOption: OptionRule = { allowed: 'a callback { name, … }', accepts: value => has(value, 'name') };
/** An abort signal. */
export const signalOption: OptionRule = { allowed: 'an AbortSignal', accepts: value => has(value, 'aborted') };
