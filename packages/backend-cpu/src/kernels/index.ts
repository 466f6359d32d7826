/** The reference kernels, one family a file, named as the families in `ops/` of `@cnn/tensor`. */
import type { ReferenceKernels } from '../reference-kernel.js';
import { binary } from './binary.js';
import { cast } from './cast.js';
import { create } from './create.js';
import { cumsum } from './cumsum.js';
import { gather } from './gather.js';
import { matmul } from './matmul.js';
import { reduce } from './reduce.js';
import { select } from './select.js';
import { shape } from './shape.js';
import { slice } from './slice.js';
import { sort } from './sort.js';
import { unary } from './unary.js';
import { window } from './window.js';

/** Every primitive in plain TypeScript. */
export const referenceKernels: ReferenceKernels = {
  ...unary,
  ...binary,
  ...select,
  ...create,
  ...cast,
  ...reduce,
  ...cumsum,
  ...sort,
  ...matmul,
  ...shape,
  ...slice,
  ...gather,
  ...window,
};
