import { adadelta } from './adadelta.js';
import { adam } from './adam.js';
import { adamW } from './adam-w.js';
import { sgd } from './sgd.js';

export { type AdadeltaOptions, adadelta } from './adadelta.js';
export { type AdamOptions, adam } from './adam.js';
export { adamW } from './adam-w.js';
export { type SgdOptions, sgd } from './sgd.js';

/** Every optimizer of this package, for `optimizerFromJSON`. */
export const standardOptimizers = [sgd, adam, adamW, adadelta] as const;
