/** How `cnn train` trains beyond data, model and optimizer: schedule, loss, regularisation, gradients. */
import { losses } from '@cnn/layers';
import {
  constant,
  cosineAnnealing,
  linearWarmup,
  oneCycle,
  type Schedule,
  scheduleFromJSON,
  standardSchedules,
  stepDecay,
} from '@cnn/optim';
import { OptionError } from '@cnn/tensor';
import type { FitOptions } from '@cnn/train';
import { nameOrJson } from '../arguments.js';

/** The command line's words for it. */
export interface RecipeArguments {
  readonly schedule: string;
  readonly warmup?: number;
  readonly labelSmoothing?: number;
  readonly l1?: number;
  readonly l2?: number;
  readonly maxNorm?: number;
  readonly clipNorm?: number;
  readonly accumulate?: number;
}

/** Over how many epochs which learning rate. */
interface Span {
  readonly learningRate: number;
  readonly epochs: number;
}

const SCHEDULES: Readonly<Record<string, (span: Span) => Schedule>> = {
  constant: ({ learningRate }) => constant({ learningRate }),
  cosine: ({ learningRate, epochs }) => cosineAnnealing({ learningRate, length: epochs }),
  // Its length counts moments, of which the last is the end of the last epoch.
  'one-cycle': ({ learningRate, epochs }) => oneCycle({ learningRate, length: epochs + 1 }),
  step: ({ learningRate, epochs }) => stepDecay({ learningRate, stepSize: epochs / 3, gamma: 0.1 }),
};

/** The names that `--schedule` takes. */
export const scheduleNames = Object.keys(SCHEDULES);

/**
 * A schedule by its name, or from JSON with epochs as its unit of time.
 *
 * @throws {OptionError} for another name, an unknown or impossible option, and a warm-up that does not end.
 */
export function scheduleOf({ schedule, warmup = 0 }: RecipeArguments, { learningRate, epochs }: Span): Schedule {
  if (warmup >= epochs) throw new OptionError('cnn', '--warmup', warmup, `less than the ${epochs} epochs`);
  const known = nameOrJson('--schedule', schedule, scheduleNames);
  const after =
    typeof known === 'string'
      ? SCHEDULES[known]!({ learningRate, epochs: epochs - warmup })
      : scheduleFromJSON(known, standardSchedules);
  return warmup > 0 ? linearWarmup({ length: warmup, after }) : after;
}

/** The loss, and what `fit` is told of regularisation and gradients. */
export function trainingOptions({
  labelSmoothing,
  l1,
  l2,
  maxNorm,
  clipNorm,
  accumulate,
}: RecipeArguments): Pick<FitOptions, 'loss' | 'regularisation' | 'clip' | 'accumulate'> {
  const weights = { ...(l1 !== undefined && { l1 }), ...(l2 !== undefined && { l2 }), ...(maxNorm !== undefined && { maxNorm }) };
  return {
    loss: losses.softmaxCrossEntropy({ ...(labelSmoothing !== undefined && { labelSmoothing }) }),
    ...(Object.keys(weights).length > 0 && { regularisation: [{ match: 'weight', ...weights }] }),
    ...(clipNorm !== undefined && { clip: { norm: clipNorm } }),
    ...(accumulate !== undefined && { accumulate }),
  };
}
