/** docs/figures/linear-templates.svg: the weights of a softmax classifier of drawn digits, without and with L2 regularisation. */
import { fitLinearClassifier, predictLinear } from '@cnn/classic';
import { digits } from '@cnn/data';
import { picture, pictures, writeFigure } from '../figure.mjs';

const samplesOf = async dataset => {
  const { images, labels } = await dataset.read(Array.from({ length: dataset.length }, (_, i) => i));
  return { features: Float32Array.from(images, value => value / 255), labels };
};
const { train, test } = digits({ count: 2000 });
const [learned, asked] = await Promise.all([train, test].map(samplesOf));

const panels = [0, 0.1].map(regularisation => {
  const classifier = fitLinearClassifier(learned, { loss: 'softmax', learningRate: 0.1, epochs: 10, regularisation });
  const right = predictLinear(classifier, asked.features).filter((label, i) => label === asked.labels[i]).length;
  const items = Array.from({ length: 10 }, (_, label) => ({
    label: String(label),
    picture: picture([...classifier.weights.subarray(label * 784, (label + 1) * 784)], [28, 28], { signed: true }),
  }));
  const share = ((100 * right) / asked.labels.length).toFixed(1);
  return pictures(
    `${regularisation === 0 ? 'Without regularisation' : 'With L2, λ = 0.1'}: right on ${share} % of new digits`,
    items,
    { size: 64 },
  );
});
writeFigure('linear-templates', 'Templates of linear classifiers', panels);
