/**
 * Trains LeNet-5 for some steps (`node tools/flat-memory.mjs 10000`) and fails unless memory stays flat: as many live buffers at the
 * end as before, and no more resident memory than after the first tenth, give or take what a garbage collector leaves.
 */
import { cpu } from '@cnn/backend-cpu';
import { digits, limit, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { lenet5 } from '@cnn/models';
import { adam } from '@cnn/optim';
import { fit } from '@cnn/train';

const ALLOWED_GROWTH = 48 * 1024 * 1024;

const steps = Number(process.argv[2] ?? 1000);
const backend = await cpu();
const net = initialise(lenet5(), { backend, input: [1, 28, 28], seed: 1 });
const before = backend.live();
let resident = 0;

const onEvent = event => {
  if (event.type === 'step' && event.step === Math.ceil(steps / 10)) resident = process.memoryUsage.rss();
};
const data = loader(limit(digits().train, 6400), { batchSize: 64, shuffle: true });
const { seconds, images } = await fit({
  net,
  loss: losses.softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.001 }),
  data,
  epochs: Math.ceil(steps / data.batches),
  onEvent,
});

const grown = process.memoryUsage.rss() - resident;
const leaked = backend.live() - before;
console.log(
  `${steps} steps at ${Math.round(images / seconds)} images/s: ${leaked} buffers more, ${(grown / 2 ** 20).toFixed(1)} MiB resident more than at a tenth`,
);
if (leaked !== 0 || grown > ALLOWED_GROWTH) process.exitCode = 1;
net.dispose();
await backend.dispose();
