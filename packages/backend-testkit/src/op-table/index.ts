/**
 * One row for each way in which an op can be called: every function of `ops` with all its attributes, over strides, paddings
 * per side, dilations, groups, images that are not square, sizes that do not divide, empty axes and axes of size 1.
 *
 * The rows know nothing of a test runner or a backend. The inputs lie away from kinks and ties, so that every row can be
 * differentiated numerically.
 */
import { binary } from './binary.js';
import { create } from './create.js';
import { indices } from './gather.js';
import { products } from './matmul.js';
import { normalisations } from './normalization.js';
import type { OpCase } from './op-case.js';
import { optimizerSteps } from './optimizer-step.js';
import { pools } from './pooling.js';
import { reductions } from './reduce.js';
import { shapes } from './shape.js';
import { softmaxes } from './softmax.js';
import { unary } from './unary.js';
import { windows } from './window.js';

/** The ops whose numbers are sums of products, in which rounding errors add up. */
export const productOps: ReadonlySet<string> = new Set(
  [reductions, products, indices, windows, pools, normalisations, softmaxes].flat().map(({ op }) => op),
);

/** Every row. */
export const opCases: readonly OpCase[] = [
  ...unary,
  ...binary,
  ...create,
  ...reductions,
  ...products,
  ...shapes,
  ...indices,
  ...windows,
  ...pools,
  ...normalisations,
  ...softmaxes,
  ...optimizerSteps,
];
