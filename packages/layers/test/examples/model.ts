import { cpu } from '@cnn/backend-cpu';
import { conv2d, flatten, formatSummary, initialise, linear, maxPool2d, relu, sequential, summary } from '@cnn/layers';
import { tensor } from '@cnn/tensor';

const model = sequential({
  conv: conv2d({ filters: 8, kernelSize: 3, padding: 1 }),
  act: relu(),
  pool: maxPool2d({ kernelSize: 2 }),
  flat: flatten(),
  head: linear({ units: 10 }),
});
console.log(formatSummary(summary(model, [1, 28, 28])));

const backend = await cpu();
const net = initialise(model, { backend, input: [1, 28, 28], seed: 1 });
const images = tensor(backend, new Float32Array(2 * 28 * 28), { shape: [2, 1, 28, 28] });
const logits = net.apply(images);
console.log(logits.shape, await logits.data());
for (const each of [images, logits, net]) each.dispose();
