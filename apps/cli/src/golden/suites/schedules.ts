import {
  constant,
  cosineAnnealing,
  cosineWarmRestarts,
  exponentialDecay,
  inverseTimeDecay,
  linearWarmup,
  multiStepDecay,
  oneCycle,
  polynomialDecay,
  type Schedule,
  stepDecay,
  triangularCycle,
} from '@cnn/optim';
import { UsageError } from '@cnn/tensor';
import { reduceOnPlateau, type TrainingRun } from '@cnn/train';
import type { Attrs, GoldenValue } from '../format.js';
import { checksOf, type GoldenOp, type GoldenOps } from '../golden-op.js';

/** A kind of schedule, known by an attribute that no other kind has. */
interface Kind {
  readonly attribute: string;
  readonly make: (attrs: Attrs, learningRate: number) => Schedule;
}

const kinds: readonly Kind[] = [
  {
    attribute: 'step_size',
    make: (attrs, learningRate) => stepDecay({ learningRate, stepSize: attrs.number('step_size'), gamma: attrs.number('gamma') }),
  },
  {
    attribute: 'milestones',
    make: (attrs, learningRate) =>
      multiStepDecay({ learningRate, milestones: attrs.numbers('milestones'), gamma: attrs.number('gamma') }),
  },
  {
    attribute: 'T_max',
    make: (attrs, learningRate) =>
      cosineAnnealing({ learningRate, length: attrs.number('T_max'), minimum: attrs.number('eta_min') }),
  },
  {
    attribute: 'T_0',
    make: (attrs, learningRate) =>
      cosineWarmRestarts({
        learningRate,
        length: attrs.number('T_0'),
        lengthFactor: attrs.number('T_mult'),
        minimum: attrs.number('eta_min'),
      }),
  },
  {
    attribute: 'start_factor',
    make: (attrs, learningRate) => {
      const end = learningRate * attrs.number('end_factor');
      return linearWarmup({
        length: attrs.number('total_iters'),
        startFactor: attrs.number('start_factor') / attrs.number('end_factor'),
        after: constant({ learningRate: end }),
      });
    },
  },
  {
    attribute: 'pct_start',
    make: attrs =>
      oneCycle({
        learningRate: attrs.number('max_lr'),
        length: attrs.number('total_steps'),
        riseFraction: attrs.number('pct_start'),
        divFactor: attrs.number('div_factor'),
        finalDivFactor: attrs.number('final_div_factor'),
      }),
  },
  {
    attribute: 'step_size_up',
    make: (attrs, learningRate) =>
      triangularCycle({ learningRate, maximum: attrs.number('max_lr'), length: attrs.number('step_size_up') }),
  },
  { attribute: 'form', make: (attrs, learningRate) => fromFormula(attrs.text('form'), learningRate) },
  { attribute: 'gamma', make: (attrs, learningRate) => exponentialDecay({ learningRate, gamma: attrs.number('gamma') }) },
];

/** A schedule written as a factor, a function of the epoch e. */
function fromFormula(form: string, learningRate: number): Schedule {
  const polynomial = /^max\(0,1-e\/([\d.]+)\)\^([\d.]+)$/.exec(form);
  if (polynomial) return polynomialDecay({ learningRate, length: Number(polynomial[1]), power: Number(polynomial[2]) });
  const inverse = /^1\/\(1\+([\d.]+) e\)$/.exec(form);
  if (inverse) return inverseTimeDecay({ learningRate, rate: Number(inverse[1]) });
  throw new UsageError(`no schedule has the form ${form}`);
}

/** The learning rate after each epoch, of which a metric tells how it went. */
function onPlateau(attrs: Attrs, metric: GoldenValue | undefined): number[] {
  if (!Array.isArray(metric)) throw new UsageError('reduce on plateau needs the metric of each epoch');
  const mode = attrs.text('threshold_mode');
  if (mode !== 'rel' && mode !== 'abs') throw new UsageError(`no threshold_mode '${mode}'`);
  const callback = reduceOnPlateau({
    factor: attrs.number('factor'),
    // PyTorch counts the epochs that are forgiven, before the one that is not.
    patience: attrs.number('patience') + 1,
    minDelta: attrs.number('threshold'),
    relative: mode === 'rel',
    minimum: attrs.number('min_lr'),
  });
  const base = attrs.number('base_lr');
  // All of the run that this callback looks at.
  const run = { learningRateScale: 1 } as TrainingRun;
  const figures = { trainLoss: 0, trainAccuracy: 0, seconds: 0, imagesPerSecond: 0 };
  return metric.map((testLoss: number, i) => {
    const learningRate = base * run.learningRateScale;
    callback.onEvent?.({ type: 'epochEnd', epoch: i + 1, ...figures, testLoss, learningRate }, run);
    return base * run.learningRateScale;
  });
}

const learningRates: GoldenOp = ({ attrs, inputs, outputs }) => {
  if (attrs.names.includes('patience')) {
    return checksOf('outputs', { lr_after_epoch: onPlateau(attrs, inputs.metric) }, outputs);
  }
  const kind = kinds.find(({ attribute }) => attrs.names.includes(attribute));
  if (!kind) throw new UsageError(`no schedule has the attributes ${attrs.names.join(', ')}`);
  const schedule = kind.make(attrs, attrs.number('base_lr'));
  const expected = outputs.lr_at_epoch;
  const epochs = Array.isArray(expected) ? expected.length : 0;
  return checksOf('outputs', { lr_at_epoch: Array.from({ length: epochs }, (_, epoch) => schedule.at(epoch)) }, outputs);
};

/** Learning rates, epoch by epoch. */
export const schedules: GoldenOps = { lr_schedule: learningRates };
