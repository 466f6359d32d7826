/** `npm run figures`: writes docs/augmentation.md and its picture, every augmentation of @cnn/data done to one photo. */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  arrayDataset,
  colourPcaJitter,
  compose,
  cutMix,
  cutout,
  decodeImage,
  fitColourPca,
  fitImage,
  loader,
  mixup,
  oneHot,
  randAugment,
  randomAffine,
  randomBlur,
  randomBrightness,
  randomContrast,
  randomCrop,
  randomElastic,
  randomErasing,
  randomGamma,
  randomHorizontalFlip,
  randomHue,
  randomJpeg,
  randomLensDistortion,
  randomNoise,
  randomPerspective,
  randomResizedCrop,
  randomSaturation,
  randomVerticalFlip,
  tenCrop,
  toFloat,
} from '@cnn/data';
import { encode } from 'jpeg-js';
import { must, root } from './process.mjs';

const SIDE = 112;
const COLUMNS = 6;
const shape = [3, SIDE, SIDE];
const file = name => `${root}docs/${name}`;
const photo = fitImage(decodeImage(readFileSync(file('figures/photo.jpg')), 'docs/figures/photo.jpg'), shape);
const upsideDown = photo.map(
  (_, i) => photo[i - (i % (SIDE * SIDE)) + SIDE * (SIDE - 1 - Math.floor((i % (SIDE * SIDE)) / SIDE)) + (i % SIDE)],
);
// Two images, so that mixup and CutMix have a partner.
const dataset = arrayDataset({
  name: 'the photo, and upside down',
  images: Uint8Array.of(...photo, ...upsideDown),
  labels: [0, 1],
  shape,
  classes: ['photo', 'upside down'],
});
const colours = await fitColourPca(arrayDataset({ name: 'the photo', images: photo, labels: [0], shape, classes: ['photo'] }));
const crop = index => ({
  name: 'tenCrop',
  apply: batch => {
    const crops = tenCrop(batch, { size: 80 });
    return { ...crops, images: crops.images.slice(index * 3 * 80 * 80), size: 1 };
  },
});

/** What stands under each picture, the transforms that make it, and where it shows more, a seed. A range of one number, so that it shows what the option does. */
const PICTURES = [
  ['the photo', []],
  ['`randomHorizontalFlip()`', [randomHorizontalFlip({ probability: 1 })]],
  ['`randomVerticalFlip()`', [randomVerticalFlip({ probability: 1 })]],
  ['`randomCrop({ padding: 24 })`', [randomCrop({ padding: 24 })]],
  ['`randomResizedCrop()`', [randomResizedCrop()]],
  ['`randomPerspective()`', [randomPerspective()]],
  ['`randomAffine`, `degrees` 30', [randomAffine({ degrees: [30, 30] })]],
  ['`translateX` 0.2', [randomAffine({ translateX: [0.2, 0.2] })]],
  ['`scale` 0.6', [randomAffine({ scale: [0.6, 0.6] })]],
  ['`shearX` 25', [randomAffine({ shearX: [25, 25] })]],
  ['`randomLensDistortion`, `strength` 0.5', [randomLensDistortion({ strength: [0.5, 0.5] })]],
  ['`strength` -0.3', [randomLensDistortion({ strength: [-0.3, -0.3] })]],
  ['`randomElastic({ alpha: 120, sigma: 6 })`', [randomElastic({ alpha: 120, sigma: 6 })]],
  ['`randomBrightness`, `factor` 1.5', [randomBrightness({ factor: [1.5, 1.5] })]],
  ['`randomContrast`, `factor` 0.4', [randomContrast({ factor: [0.4, 0.4] })]],
  ['`randomSaturation`, `factor` 2', [randomSaturation({ factor: [2, 2] })]],
  ['`randomHue`, `degrees` 120', [randomHue({ degrees: [120, 120] })]],
  ['`randomGamma`, `gamma` 2', [randomGamma({ gamma: [2, 2] })]],
  ['`randomBlur`, `sigma` 2', [randomBlur({ sigma: [2, 2] })]],
  ['`randomNoise({ deviation: 0.1 })`', [randomNoise({ deviation: 0.1 })]],
  ['`randomJpeg`, `quality` 8', [randomJpeg({ quality: [8, 8] })]],
  ['`colourPcaJitter({ ...colours, strength: 1 })`', [colourPcaJitter({ ...colours, strength: 1 })], 1],
  ['`cutout({ size: 48 })`', [cutout({ size: 48 })]],
  ['`randomErasing()`', [randomErasing({ probability: 1 })]],
  ['`mixup({ alpha: 1 })`', [oneHot({ classes: 2 }), mixup({ alpha: 1 })], 1],
  ['`cutMix()`', [oneHot({ classes: 2 }), cutMix()], 1],
  ['`randAugment()`', [randAugment()], 3],
  ['`randAugment({ magnitude: 25 })`', [randAugment({ magnitude: 25 })], 2],
  ['`tenCrop(batch, { size: 80 })`, the first', [crop(0)]],
  ['the tenth', [crop(9)]],
];

/** The image that transforms make of the photo, `[3, h, w]` from 0 to 1. */
async function pictureOf(transforms, seed) {
  const batches = loader(dataset, { batchSize: 2, seed, transforms: [toFloat(), compose(...transforms)] });
  for await (const batch of batches.epoch(0)) return batch;
}

const [width, height] = [COLUMNS, Math.ceil(PICTURES.length / COLUMNS)].map(count => count * (SIDE + 4));
const sheet = new Uint8Array(width * height * 4).fill(255);
for (const [i, [, transforms, seed = 7]] of PICTURES.entries()) {
  const {
    images,
    shape: [, rows, columns],
  } = await pictureOf(transforms, seed);
  const top = Math.floor(i / COLUMNS) * (SIDE + 4) + 2;
  const left = (i % COLUMNS) * (SIDE + 4) + 2;
  for (let at = 0; at < rows * columns; at++) {
    const pixel = (top + Math.floor(at / columns)) * width + left + (at % columns);
    for (let channel = 0; channel < 3; channel++)
      sheet[4 * pixel + channel] = Math.round(255 * images[channel * rows * columns + at]);
  }
}
writeFileSync(file('figures/augmentation.jpg'), encode({ data: sheet, width, height }, 80).data);

const captions = PICTURES.map(([caption]) => caption);
const rows = Array.from({ length: height / (SIDE + 4) }, (_, row) => captions.slice(row * COLUMNS, (row + 1) * COLUMNS));
const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
const line = cells => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
writeFileSync(
  file('augmentation.md'),
  `# Augmentation

Every transform of [@cnn/data](../packages/data/README.md) that changes images by chance, done to one photo; the names below stand as the pictures do.
Both are written by \`npm run figures\`.

![Thirty pictures of a cat: the photo, and what each transform makes of it](figures/augmentation.jpg)

${line(rows[0])}
${line(widths.map(width => '-'.repeat(width)))}
${rows.slice(1).map(line).join('\n')}

The photo is a part of "Chelsea" by Stefan van der Walt (CC0). Here it is in a batch with itself upside down, which is what mixup and CutMix mix it with.

\`\`\`ts
import {
  cutMix,
  digits,
  loader,
  normalise,
  oneHot,
  randomAffine,
  randomCrop,
  randomHorizontalFlip,
  statistics,
  toFloat,
} from '@cnn/data';

const { train } = digits({ count: 1000 });
const transforms = [
  randomCrop({ padding: 4 }),
  randomHorizontalFlip(),
  toFloat(),
  randomAffine({ degrees: 20 }), // from -20 to 20 degrees, for each image another
  normalise(await statistics(train)),
  oneHot({ classes: 10 }),
  cutMix(),
];
const batches = loader(train, { batchSize: 64, shuffle: true, seed: 1, transforms });
\`\`\`

- **Ranges.** Where an option is a range, \`[low, high]\` is drawn from evenly, for each image of a batch; both the same is a fixed number, as in the pictures. One
  number x is short for [-x, x], and for factors for [1 - x, 1 + x].
- **Order.** Geometric transforms fill in 0, so they come before \`normalise\`; what changes colours takes values from 0 to 1, so it comes
  between \`toFloat\` and \`normalise\`, and says so if it does not. \`mixup\` and \`cutMix\` come after \`oneHot\`.
- **By chance.** \`randomApply(randomBlur(), { probability: 0.1 })\` changes some images and leaves the others.
- **The same bits again.** What is drawn depends on the loader's seed, the epoch and the batch's position alone.
- **At test time.** \`tenCrop(batch, { size: 224 })\` gives ten views of each image; \`averageCrops\` takes the mean of what a model says to them.

## Without chance

\`statistics\` and \`normalise\` are one mean and deviation for each channel; \`pixelStatistics\` gives a mean image for \`subtractMeanImage\`, with
deviations for \`standardise\`. \`fitPrincipalComponents\` gives principal components for \`projectToComponents\` (PCA), \`whiten\` and \`zcaWhiten\`. All of these
fits are plain data: \`JSON.stringify\` saves them.
`,
);
await must('biome', ['format', '--write', 'docs/augmentation.md']);
