import type { GoldenOps } from '../golden-op.js';
import { activations } from './activations.js';
import { convolution } from './convolution.js';
import { init } from './init.js';
import { lenet } from './lenet.js';
import { losses } from './losses.js';
import { norms } from './norms.js';
import { optimizers } from './optimizers.js';
import { pools } from './pools.js';
import { schedules } from './schedules.js';
import { tensorOps } from './tensor-ops.js';

/** Every op that golden files may name. */
export const goldenOps: GoldenOps = {
  ...convolution,
  ...pools,
  ...norms,
  ...activations,
  ...losses,
  ...tensorOps,
  ...optimizers,
  ...schedules,
  ...init,
  ...lenet,
};
