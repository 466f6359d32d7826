/**
 * `node tools/classic-on-mnist.mjs BASELINE DIR`: a baseline of @cnn/classic on MNIST's files in a folder; prints its accuracy on the
 * test images as JSON. A part of `npm run soak`. `softmax-on-pixels` also draws its templates in docs/figures/templates.jpg.
 */
import { writeFileSync } from 'node:fs';
import { cpu } from '@cnn/backend-cpu';
import { fitLinearClassifier, hog, nearestNeighbours, predictLinear, templates } from '@cnn/classic';
import { openDataset } from '@cnn/data/node';
import { encode } from 'jpeg-js';
import { root } from './process.mjs';

const SIDE = 28;
const SIZE = SIDE * SIDE;
const pixels = image => Float32Array.from(image, value => value / 255);
const edges = image => hog(image, [1, SIDE, SIDE], { cell: 4 });

const BASELINES = {
  'nearest-neighbour': async () => {
    const [train, test] = await samplesOf(pixels);
    const classifier = nearestNeighbours(await cpu(), train);
    return shareOfRight(await classifier.predict(test.features), test.labels);
  },
  'softmax-on-pixels': async () => {
    const [train, test] = await samplesOf(pixels);
    const classifier = fitLinearClassifier(train, { loss: 'softmax', learningRate: 0.1, epochs: 5 });
    writeTemplates(templates(classifier, [1, SIDE, SIDE]));
    return shareOfRight(predictLinear(classifier, test.features), test.labels);
  },
  'svm-on-hog': async () => {
    const [train, test] = await samplesOf(edges);
    const classifier = fitLinearClassifier(train, { loss: 'svm', learningRate: 0.1, epochs: 5 });
    return shareOfRight(predictLinear(classifier, test.features), test.labels);
  },
};

const [baseline, dataDir] = process.argv.slice(2);
console.log(JSON.stringify({ baseline, accuracy: await BASELINES[baseline]() }));

/** The features of all training images, and of all test images. */
async function samplesOf(featuresOf) {
  const { train, test } = await openDataset('mnist', { dataDir });
  return Promise.all(
    [train, test].map(async dataset => {
      const { images, labels } = await dataset.read(Array.from({ length: dataset.length }, (_, i) => i));
      const rows = Array.from(labels, (_, i) => featuresOf(images.subarray(i * SIZE, (i + 1) * SIZE)));
      const features = new Float32Array(rows.length * rows[0].length);
      rows.forEach((row, i) => {
        features.set(row, i * row.length);
      });
      return { features, labels };
    }),
  );
}

function shareOfRight(predicted, labels) {
  return predicted.filter((label, i) => label === labels[i]).length / labels.length;
}

/** The ten images side by side, each pixel as a square of three. */
function writeTemplates(images) {
  const [width, height] = [10 * SIDE * 3, SIDE * 3];
  const data = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [Math.floor((i % width) / 3), Math.floor(i / width / 3)];
    data.fill(images[Math.floor(x / SIDE) * SIZE + y * SIDE + (x % SIDE)], 4 * i, 4 * i + 3);
  }
  writeFileSync(`${root}docs/figures/templates.jpg`, encode({ data, width, height }, 85).data);
}
