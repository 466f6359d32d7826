/** docs/figures/schedules.svg: learning rates over thirty epochs. */
import {
  cosineAnnealing,
  cosineWarmRestarts,
  exponentialDecay,
  inverseTimeDecay,
  linearWarmup,
  oneCycle,
  stepDecay,
} from '@cnn/optim';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, writeFigure } from '../figure.mjs';

const learningRate = 0.1;
const LENGTH = 30;
const schedules = [
  {
    stepDecay: stepDecay({ learningRate, stepSize: 10 }),
    exponentialDecay: exponentialDecay({ learningRate, gamma: 0.9 }),
    inverseTimeDecay: inverseTimeDecay({ learningRate, rate: 0.3 }),
  },
  {
    cosineAnnealing: cosineAnnealing({ learningRate, length: LENGTH }),
    cosineWarmRestarts: cosineWarmRestarts({ learningRate, length: 10 }),
    'linearWarmup, then cosine': linearWarmup({ length: 5, after: cosineAnnealing({ learningRate, length: LENGTH - 5 }) }),
    oneCycle: oneCycle({ learningRate, length: LENGTH }),
  },
];
const ts = Array.from({ length: 20 * LENGTH }, (_, i) => i / 20);
const panels = schedules.map((group, row) =>
  plot(row === 0 ? 'Steps and decay' : 'Cosines, warm-up and one cycle', {
    width: 351,
    height: 190,
    x: { label: 'epoch' },
    y: { label: null, domain: [0, 0.105] },
    marks: Object.values(group).map((schedule, i) =>
      Plot.line(ts, { x: ts, y: t => schedule.at(t), stroke: COLOURS[3 * row + i], strokeWidth: 1.8 }),
    ),
  }),
);
const names = schedules.flatMap((group, row) => Object.keys(group).map((name, i) => [name, COLOURS[3 * row + i]]));
writeFigure('schedules', 'Schedules of the learning rate', panels, names);
