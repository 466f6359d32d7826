/** docs/figures/preprocessing.svg: a cloud of points centred, standardised, turned to its principal components and whitened. */
import {
  arrayDataset,
  fitPrincipalComponents,
  loader,
  pixelStatistics,
  projectToComponents,
  standardise,
  subtractMeanImage,
  toFloat,
  whiten,
} from '@cnn/data';
import { randomKey, randomNormal } from '@cnn/tensor';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, SOFT, writeFigure } from '../figure.mjs';

const COUNT = 250;
const noise = randomNormal(2 * COUNT, randomKey('preprocessing'));
// Pictures of two pixels, which mostly are bright together.
const images = Uint8ClampedArray.from({ length: 2 * COUNT }, (_, i) => {
  const [common, own] = [noise[i - (i % 2)], noise[i - (i % 2) + 1]];
  return i % 2 === 0 ? 170 + 30 * common + 6 * own : 120 + 16 * common - 10 * own;
});
const dataset = arrayDataset({
  name: 'cloud',
  images: new Uint8Array(images.buffer),
  labels: new Uint8Array(COUNT),
  shape: [2, 1, 1],
  classes: ['one'],
});
const fit = await fitPrincipalComponents(dataset);
const pixels = await pixelStatistics(dataset);
const stages = [
  ['pixels', [], 1.05],
  ['centred', [subtractMeanImage({ mean: pixels.mean })], 0.55],
  ['standardised', [standardise(pixels)], 3.6],
  ['decorrelated', [projectToComponents(fit)], 0.55],
  ['whitened', [whiten(fit)], 3.6],
];
const panels = [];
for (const [title, transforms, reach] of stages) {
  for await (const { images } of loader(dataset, { batchSize: COUNT, transforms: [toFloat(), ...transforms] }).epoch(0)) {
    const domain = [-reach, reach];
    panels.push(
      plot(title, {
        width: 129,
        height: 129,
        margin: 1,
        axis: null,
        x: { domain },
        y: { domain },
        marks: [
          Plot.ruleX([0], { stroke: SOFT }),
          Plot.ruleY([0], { stroke: SOFT }),
          Plot.dot(Array.from({ length: COUNT }), {
            x: (_, i) => images[2 * i],
            y: (_, i) => images[2 * i + 1],
            r: 1.6,
            clip: true,
            fill: COLOURS[0],
          }),
        ],
      }),
    );
  }
}
writeFigure('preprocessing', 'Preprocessing of a cloud of points', panels);
