/**
 * `node tools/classic-on-mnist.mjs BASELINE DIR`: a baseline of @cnn/classic on MNIST's files in a folder; prints its accuracy on the
 * test images as JSON. A part of `npm run soak`.
 */
import { cpu } from '@cnn/backend-cpu';
import { fitLinearClassifier, hog, nearestNeighbours, predictLinear } from '@cnn/classic';
import { openDataset } from '@cnn/data/node';

const SIZE = 28 * 28;
const pixels = image => Float32Array.from(image, value => value / 255);
const edges = image => hog(image, [1, 28, 28], { cell: 4 });

const BASELINES = {
  'nearest-neighbour': async () => {
    const [train, test] = await samplesOf(pixels);
    const classifier = nearestNeighbours(await cpu(), train);
    return shareOfRight(await classifier.predict(test.features), test.labels);
  },
  'softmax-on-pixels': async () => {
    const [train, test] = await samplesOf(pixels);
    const classifier = fitLinearClassifier(train, { loss: 'softmax', learningRate: 0.1, epochs: 5 });
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
