/** docs/figures/linear-losses.svg: losses of two classes by the distance of their scores, and the regions of linear classifiers. */
import { cpuReference } from '@cnn/backend-cpu';
import { fitLinearClassifier, predictLinear } from '@cnn/classic';
import { losses } from '@cnn/layers';
import { randomKey, randomNormal, tensor, tidy } from '@cnn/tensor';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, regions, SOFT, writeFigure } from '../figure.mjs';

const margins = Array.from({ length: 121 }, (_, i) => (i - 60) / 20);
const backend = cpuReference();
const lossesOf = loss =>
  tidy(() => {
    const scores = tensor(
      backend,
      margins.flatMap(margin => [margin, 0]),
      { shape: [margins.length, 2], dtype: 'float64' },
    );
    return [...loss(scores, tensor(backend, new Int32Array(margins.length), { dtype: 'int32' })).dataSync()];
  });
const none = { reduction: 'none' };
const curves = {
  hinge: lossesOf(losses.multiclassSvm(none)),
  'squared hinge': lossesOf(losses.multiclassSvm({ squared: true, ...none })),
  'softmax cross-entropy': lossesOf(losses.softmaxCrossEntropy(none)),
};

const centres = [
  [-1.2, -0.7],
  [1.2, -0.7],
  [0, 1.3],
];
const points = centres.flatMap(([x, y], label) => {
  const noise = randomNormal(40, randomKey('linear losses', label), 0, 0.45);
  return Array.from({ length: 20 }, (_, i) => ({ x: x + noise[2 * i], y: y + noise[2 * i + 1], label }));
});
const SIDE = 70;
const domain = [-2.6, 2.6];
const at = i => domain[0] + ((i + 0.5) / SIDE) * (domain[1] - domain[0]);
const cells = Array.from({ length: SIDE ** 2 }, (_, i) => [at(i % SIDE), at(SIDE - 1 - Math.floor(i / SIDE))]);
const classifier = fitLinearClassifier(
  { features: points.flatMap(({ x, y }) => [x, y]), labels: points.map(({ label }) => label) },
  { loss: 'softmax', learningRate: 1, epochs: 200 },
);
const labels = predictLinear(classifier, cells.flat());
writeFigure(
  'linear-losses',
  'Losses of linear classifiers, and their regions',
  [
    plot("Loss, by the right class's score minus the other's", {
      width: 440,
      height: 260,
      x: { label: 'score of the right class − score of the other' },
      y: { domain: [0, 5], label: null },
      marks: [
        Plot.ruleX([0], { stroke: SOFT }),
        ...Object.values(curves).map((ys, i) =>
          Plot.line(margins, { x: margins, y: ys, stroke: COLOURS[i], strokeWidth: 1.8, clip: true }),
        ),
      ],
    }),
    plot('Borders are straight lines', {
      width: 256,
      height: 256,
      margin: 1,
      axis: null,
      x: { domain },
      y: { domain },
      marks: [
        regions(labels, 256),
        Plot.dot(points, { x: 'x', y: 'y', fill: ({ label }) => COLOURS[label], r: 3, stroke: 'var(--paper)' }),
      ],
    }),
  ],
  Object.keys(curves).map((name, i) => [name, COLOURS[i]]),
);
