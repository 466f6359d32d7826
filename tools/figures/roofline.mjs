/**
 * docs/figures/roofline.svg: what the kernels of the CPU backend reach on one core, under the limits of its memory and its arithmetic. Times are those of
 * docs/benchmarks.json (`npm run bench:page`); the limits are measured in the same run.
 */
import { readFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, SOFT, writeFigure } from '../figure.mjs';
import { root } from '../process.mjs';

const { alone, machine } = JSON.parse(readFileSync(`${root}docs/benchmarks.json`, 'utf8'));
/** Images, channels, height and width, filters and the side of a kernel, with padding that keeps the size. */
const convolutions = {
  'conv-i-fwd': [64, 1, 28, 28, 32, 5],
  'conv-ii-fwd': [64, 32, 14, 14, 64, 5],
  'conv-iii-fwd': [16, 64, 32, 32, 64, 3],
  'conv-iv-fwd': [1, 64, 56, 56, 64, 3],
};
const work = {
  ...Object.fromEntries([256, 512, 1024].map(n => [`sgemm-${n}`, { flops: 2 * n ** 3, numbers: 3 * n ** 2 }])),
  ...Object.fromEntries(
    Object.entries(convolutions).map(([name, [n, c, h, w, filters, kernel]]) => [
      name,
      { flops: 2 * n * h * w * filters * c * kernel ** 2, numbers: n * h * w * (c + filters) + filters * c * kernel ** 2 },
    ]),
  ),
};
const points = Object.entries(work).map(([name, { flops, numbers }]) => ({
  name,
  intensity: flops / (4 * numbers),
  reached: flops / alone[1][name].ms / 1e6,
  isConvolution: name.startsWith('conv'),
}));
// The floor of a large product is its operations at the core's peak.
const peak = work['sgemm-1024'].flops / alone[1]['sgemm-1024'].floorMs / 1e6;
// AlexNet on one image reads each of its weights once, so memory gives at least this many billion bytes a second.
const weights = 4 * 61_100_840;
const bandwidth = weights / alone[1]['alexnet-infer-b1'].ms / 1e6;
points.push({
  name: 'alexnet-infer-b1',
  intensity: (2 * 714_188_480) / weights,
  reached: alone[1]['alexnet-infer-b1'].gflops,
  isConvolution: true,
});
console.log(`${machine}: ${peak.toFixed(1)} GFLOP/s, at least ${bandwidth.toFixed(1)} GB/s`);
for (const { name, intensity, reached } of points)
  console.log(`${name}: ${intensity.toFixed(1)} FLOP a byte, ${reached.toFixed(1)} GFLOP/s`);

const label = (data, options) =>
  Plot.text(data, { x: 'intensity', y: 'reached', text: 'name', fill: 'currentColor', fontSize: 10, ...options });
const roof = [0.1, peak / bandwidth, 1000].map(intensity => ({ intensity, limit: Math.min(peak, intensity * bandwidth) }));
writeFigure(
  'roofline',
  'The roofline of one core',
  [
    plot('GFLOP/s on one core, against operations for each byte that must be moved', {
      width: 720,
      height: 330,
      marginRight: 70,
      x: { type: 'log', label: 'FLOP a byte', domain: [0.1, 1000], ticks: [0.1, 1, 10, 100, 1000], tickFormat: String },
      y: { type: 'log', label: null, domain: [1, 300], ticks: [1, 3, 10, 30, 100, 300], tickFormat: String },
      marks: [
        Plot.ruleX([peak / bandwidth], { stroke: SOFT }),
        Plot.line(roof, { x: 'intensity', y: 'limit', stroke: 'currentColor', strokeWidth: 1.8 }),
        Plot.dot(points, { x: 'intensity', y: 'reached', r: 4.5, fill: ({ isConvolution }) => COLOURS[Number(isConvolution)] }),
        label(
          points.filter(({ name }) => name.startsWith('sgemm')),
          { text: ({ name }) => name.slice(6), dy: 13 },
        ),
        label(
          points.filter(({ name }) => /conv-(i|iii)-/.test(name)),
          { dy: 13, dx: 10 },
        ),
        label(
          points.filter(({ name }) => /alexnet/.test(name)),
          { dy: -11 },
        ),
        label(
          points.filter(({ name }) => /conv-iv/.test(name)),
          { dx: -8, textAnchor: 'end' },
        ),
        label(
          points.filter(({ name }) => /conv-ii-/.test(name)),
          { dy: -11 },
        ),
        Plot.text([`${bandwidth.toFixed(1)} GB/s`], {
          x: () => 0.4,
          y: () => 0.4 * bandwidth * 1.5,
          rotate: -32,
          fill: 'currentColor',
        }),
        Plot.text([`${peak.toFixed(1)} GFLOP/s`], { x: () => 1.2, y: () => peak * 1.17, fill: 'currentColor' }),
      ],
    }),
  ],
  [
    ['products of n x n matrices (sgemm)', COLOURS[0]],
    ['convolutions and a network; above the roof Winograd’s algorithm multiplies less', COLOURS[1]],
  ],
);
