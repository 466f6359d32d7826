/** docs/figures/understanding.svg: filters, saliency, occlusion, fooling and class pictures of a small network of drawn digits. */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { conv2d, flatten, initialise, linear, losses, maxPool2d, relu, sequential } from '@cnn/layers';
import { adam } from '@cnn/optim';
import { grad, ops, tensor, tidy } from '@cnn/tensor';
import { fit } from '@cnn/train';
import { picture, pictures, writeFigure } from '../figure.mjs';

const SIDE = 28;
const backend = await cpu();
const { train, test } = digits({ count: 4000 });
const block = filters => [conv2d({ filters, kernelSize: 5 }), relu(), maxPool2d({ kernelSize: 2 })];
const net = initialise(sequential([...block(8), ...block(16), flatten(), linear({ units: 10 })]), {
  backend,
  input: [1, SIDE, SIDE],
  seed: 2,
});
const { history } = await fit({
  net,
  loss: losses.softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.003 }),
  data: loader(train, { batchSize: 50, shuffle: true }),
  validation: loader(test, { batchSize: 200 }),
  epochs: 5,
});
console.log(`right on ${(100 * history.at(-1).testAccuracy).toFixed(1)} % of new digits`);

const imageOf = pixels => tensor(backend, Float32Array.from(pixels), { shape: [1, 1, SIDE, SIDE] });
const probabilities = pixels => tidy(() => [...ops.softmax(net.apply(imageOf(pixels))).dataSync()]);
const classOf = pixels => {
  const all = probabilities(pixels);
  return all.indexOf(Math.max(...all));
};
/** The gradient of a class's score, before softmax, for each pixel. */
const gradientOf = (pixels, label) =>
  tidy(() => {
    const x = imageOf(pixels);
    const score = () =>
      ops.sum(
        ops.slice(net.apply(x), [
          [0, 1],
          [label, label + 1],
        ]),
      );
    return [...grad(score, [x]).grads[0].dataSync()];
  });

/** How likely the class is with a grey square over each place. */
const occluded = (pixels, label) => {
  const places = [];
  for (let y = 0; y < SIDE; y += 2) {
    for (let x = 0; x < SIDE; x += 2) {
      const covered = pixels.map((value, i) =>
        Math.abs((i % SIDE) - x) < 4 && Math.abs(Math.floor(i / SIDE) - y) < 4 ? 0.5 : value,
      );
      places.push(probabilities(covered)[label]);
    }
  }
  return places;
};

/** A step that makes each pixel a little brighter or darker, whichever speaks for another class (Goodfellow et al., 2014), until it wins. */
const fooled = (pixels, label, target) => {
  let changed = pixels;
  for (let step = 0; step < 40 && classOf(changed) !== target; step++) {
    const [towards, away] = [gradientOf(changed, target), gradientOf(changed, label)];
    changed = changed.map((value, i) => Math.min(1, Math.max(0, value + 0.02 * Math.sign(towards[i] - away[i]))));
  }
  return changed;
};

/** A picture that the class's score likes best, by gradient ascent from black with an L2 penalty (Simonyan et al., 2013). */
const classPicture = label => {
  let pixels = Array(SIDE * SIDE).fill(0);
  for (let step = 0; step < 100; step++) {
    const slope = gradientOf(pixels, label);
    pixels = pixels.map((value, i) => Math.max(0, value + 0.02 * (slope[i] - value)));
  }
  return pixels;
};

const { images, labels } = await test.read(Array.from({ length: 100 }, (_, i) => i));
const samples = [0, 3, 5, 7, 8].map(label => {
  const i = labels.indexOf(label);
  return { label, pixels: Array.from(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), value => value / 255) };
});
const square = (values, options) => picture(values, [Math.sqrt(values.length), Math.sqrt(values.length)], options);
const filters = [...net.variable('0.weight').value.dataSync()];
const panel = (title, items) => pictures(title, items, { size: 63 });

writeFigure('understanding', 'What a small network of digits looks at', [
  panel(
    'The eight filters of the first layer',
    Array.from({ length: 8 }, (_, i) => ({ picture: square(filters.slice(25 * i, 25 * i + 25), { signed: true }) })),
  ),
  panel(
    'Five digits',
    samples.map(({ label, pixels }) => ({ label, picture: square(pixels) })),
  ),
  panel(
    "Saliency: the size of each pixel's gradient",
    samples.map(({ label, pixels }) => ({ label, picture: square(gradientOf(pixels, label).map(Math.abs)) })),
  ),
  panel(
    'Occlusion: dark where a grey square costs the class',
    samples.map(({ label, pixels }) => ({ label, picture: square(occluded(pixels, label), { range: [0, 1] }) })),
  ),
  panel(
    'Fooled: a little of each pixel, and another class',
    samples.map(({ label, pixels }) => {
      const changed = fooled(pixels, label, (label + 1) % 10);
      return { label: `${label} → ${classOf(changed)}`, picture: square(changed, { range: [0, 1] }) };
    }),
  ),
  panel(
    'What each class likes best, by gradient ascent',
    Array.from({ length: 10 }, (_, label) => ({ label, picture: square(classPicture(label)) })),
  ),
]);
net.dispose();
