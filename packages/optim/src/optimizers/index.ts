import { adadelta } from './adadelta.js';
import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { adamW } from './adam-w.js';
import { adamax } from './adamax.js';
import { amsgrad } from './amsgrad.js';
import { lars } from './lars.js';
import { lion } from './lion.js';
import { lookahead } from './lookahead.js';
import { nadam } from './nadam.js';
import { radam } from './radam.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';

export { type AdadeltaOptions, adadelta } from './adadelta.js';
export { type AdagradOptions, adagrad } from './adagrad.js';
export { type AdamOptions, adam } from './adam.js';
export { adamW } from './adam-w.js';
export { adamax } from './adamax.js';
export { amsgrad } from './amsgrad.js';
export { type LarsOptions, lars } from './lars.js';
export { type LionOptions, lion } from './lion.js';
export { type LookaheadOptions, lookahead } from './lookahead.js';
export { type NadamOptions, nadam } from './nadam.js';
export { radam } from './radam.js';
export { type RmspropOptions, rmsprop } from './rmsprop.js';
export { type SgdOptions, sgd } from './sgd.js';

/** Every optimizer of this package, for `optimizerFromJSON`. */
export const standardOptimizers = [
  sgd,
  adam,
  adamW,
  adadelta,
  adagrad,
  rmsprop,
  amsgrad,
  adamax,
  nadam,
  radam,
  lion,
  lars,
  lookahead,
] as const;
