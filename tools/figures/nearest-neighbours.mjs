/** docs/figures/nearest-neighbours.svg: what k-NN says everywhere in the plane, for points of three classes with some in the wrong place. */
import { cpuReference } from '@cnn/backend-cpu';
import { nearestNeighbours } from '@cnn/classic';
import { randomKey, randomNormal } from '@cnn/tensor';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, regions, writeFigure } from '../figure.mjs';

const SIDE = 90;
const centres = [
  [-1.1, -0.5],
  [1.1, -0.6],
  [0.1, 1.1],
];
const points = centres.flatMap(([x, y], label) => {
  const noise = randomNormal(60, randomKey('nearest neighbours', label), 0, 0.75);
  return Array.from({ length: 30 }, (_, i) => ({ x: x + noise[2 * i], y: y + noise[2 * i + 1], label }));
});
const domain = [-2.9, 2.9];
const at = i => domain[0] + ((i + 0.5) / SIDE) * (domain[1] - domain[0]);
const grid = Array.from({ length: SIDE ** 2 }, (_, i) => [at(i % SIDE), at(SIDE - 1 - Math.floor(i / SIDE))]);
const samples = { features: points.flatMap(({ x, y }) => [x, y]), labels: points.map(({ label }) => label) };

const panels = [];
for (const k of [1, 5, 15]) {
  const classifier = nearestNeighbours(cpuReference(), samples, { k });
  const labels = await classifier.predict(grid.flat());
  classifier.dispose();
  panels.push(
    plot(`k = ${k}`, {
      width: 228,
      height: 228,
      margin: 1,
      axis: null,
      x: { domain },
      y: { domain },
      marks: [
        regions(labels, 228),
        Plot.dot(points, { x: 'x', y: 'y', fill: ({ label }) => COLOURS[label], r: 3, stroke: 'var(--paper)' }),
      ],
    }),
  );
}

writeFigure('nearest-neighbours', 'Regions of k nearest neighbours', panels);
