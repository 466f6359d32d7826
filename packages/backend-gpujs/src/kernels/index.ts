/** The kernels, one family a file, named as the families in `ops/` of `@cnn/tensor`. */
import type { CompositeOps, PrimitiveOps } from '@cnn/tensor';
import type { DeviceKernels } from '../program.js';
import { binary } from './binary.js';
import { cast } from './cast.js';
import { conv2d } from './convolution.js';
import { create } from './create.js';
import { cumsum } from './cumsum.js';
import { gather } from './gather.js';
import { matmul } from './matmul.js';
import { normalization } from './normalization.js';
import { optimizerStep } from './optimizer-step.js';
import { pooling } from './pooling.js';
import { reduce } from './reduce.js';
import { select } from './select.js';
import { shape } from './shape.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { sort } from './sort.js';
import { reluGrad, unary } from './unary.js';
import { window } from './window.js';

/** Every primitive, and every composite but dropout, whose random bits come from the host. */
export const deviceKernels: DeviceKernels<keyof PrimitiveOps | Exclude<keyof CompositeOps, 'dropout'>> = {
  ...unary,
  ...reluGrad,
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
  ...conv2d,
  ...pooling,
  ...normalization,
  ...softmax,
  ...optimizerStep,
};
