/**
 * Trains LeNet-5 on handwritten digits and says how many of the test images it reads.
 *
 *   npm run example -- train-on-mnist                     downloads MNIST once
 *   npm run example -- train-on-mnist --data-dir FOLDER   reads the four files of MNIST that you have
 *   npm run example -- train-on-mnist --data digits       needs no files: its digits are drawn by a program
 */
import { parseArgs } from 'node:util';
import { cpu } from '@cnn/backend-cpu';
import { limit, loader } from '@cnn/data';
import { openDataset } from '@cnn/data/node';
import { initialise, losses } from '@cnn/layers';
import { lenet5 } from '@cnn/models';
import { adam } from '@cnn/optim';
import { evaluate, fit } from '@cnn/train';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    'data-dir': { type: 'string' },
    epochs: { type: 'string', default: '3' },
    limit: { type: 'string', default: '60000' },
  },
});
const dataDir = values['data-dir'];
if (values.data !== 'mnist' && values.data !== 'digits') throw new Error('--data is mnist or digits');

const { train, test } = await openDataset(values.data, dataDir === undefined ? {} : { dataDir });
const net = initialise(lenet5(), { backend: await cpu(), input: [1, 28, 28], seed: 1 });
const loss = losses.softmaxCrossEntropy();

await fit({
  net,
  loss,
  optimizer: adam({ learningRate: 0.001 }),
  data: loader(limit(train, Number(values.limit)), { batchSize: 64, shuffle: true, seed: 1 }),
  epochs: Number(values.epochs),
  onEvent: event => event.type === 'epochEnd' && console.log(`epoch ${event.epoch}: loss ${event.trainLoss.toFixed(4)}`),
});

const { accuracy } = await evaluate({ net, loss, data: loader(test, { batchSize: 250 }) });
console.log(`${train.name}: ${(100 * accuracy).toFixed(2)} % of ${test.length} test images are read right`);
