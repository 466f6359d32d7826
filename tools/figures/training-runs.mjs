/** docs/figures/training-runs.svg: error on training and test images after each epoch of the runs in docs/histories. */
import { readFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, SOFT, writeFigure } from '../figure.mjs';
import { root } from '../process.mjs';

/** The rows of a history.csv, as objects of numbers. */
function history(name) {
  const [header, ...rows] = readFileSync(`${root}docs/histories/${name}.csv`, 'utf8').trim().split('\n');
  const names = header.split(',');
  return rows.map(row => Object.fromEntries(row.split(',').map((cell, i) => [names[i], Number(cell)])));
}

const errors = (rows, key) => rows.map(row => ({ epoch: row.epoch, error: 100 * (1 - row[key]) }));

/** Error on a logarithmic scale: halving it is one distance, wherever. */
const panel = (title, name, wanted) => {
  const rows = history(name);
  const all = rows.flatMap(({ trainAccuracy, testAccuracy }) => [100 * (1 - trainAccuracy), 100 * (1 - testAccuracy)]);
  const ticks = [1, 2, 5, 10, 20, 50].filter(tick => tick >= Math.min(...all) && tick <= Math.max(...all));
  return plot(title, {
    width: 228,
    height: 240,
    x: {
      label: 'epoch',
      tickFormat: 'd',
      ticks: rows.map(({ epoch }) => epoch).filter(epoch => rows.length < 10 || epoch % 2 === 0),
    },
    y: { type: 'log', label: 'error, %', tickFormat: 'd', ticks },
    marks: [
      Plot.ruleY([100 * (1 - wanted)], { stroke: SOFT, strokeDasharray: '4 3' }),
      ...['trainAccuracy', 'testAccuracy'].flatMap((key, i) => [
        Plot.line(errors(rows, key), { x: 'epoch', y: 'error', stroke: COLOURS[i], strokeWidth: 1.8 }),
        Plot.dot(errors(rows, key), { x: 'epoch', y: 'error', r: 2.5, fill: COLOURS[i] }),
      ]),
    ],
  });
};

writeFigure(
  'training-runs',
  'Error on training and test images after each epoch',
  [panel('MNIST', 'mnist', 0.992), panel('Fashion-MNIST', 'fashion-mnist', 0.92), panel('CIFAR-10 (JPEG)', 'cifar-10', 0.8)],
  [
    ['training images, as augmented', COLOURS[0]],
    ['test images', COLOURS[1]],
    ['wanted', SOFT],
  ],
);
