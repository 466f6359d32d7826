/**
 * Trains on images of your own: PNG and JPEG files in a folder for each class, `FOLDER/cat/1.jpg`, `FOLDER/dog/7.png`. A fifth of each
 * class is kept for testing, unless there are the folders `train` and `test` around them. The run is written to a folder from which
 * `classify-a-photo` and `cnn predict` read it.
 *
 *   npm run example -- image-folder --data-dir FOLDER
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@cnn/backend-cpu';
import { loader, normalise, randomHorizontalFlip, statistics, toFloat } from '@cnn/data';
import { openDataset } from '@cnn/data/node';
import * as nn from '@cnn/layers';
import { writeModel, writeWeights } from '@cnn/layers/node';
import { adam } from '@cnn/optim';
import { fit } from '@cnn/train';

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    size: { type: 'string', default: '32' },
    epochs: { type: 'string', default: '10' },
    out: { type: 'string', default: 'runs/images' },
  },
});
if (values['data-dir'] === undefined) throw new Error('--data-dir FOLDER, with a folder for each class');

const { train, test } = await openDataset('folder', {
  dataDir: values['data-dir'],
  folder: { size: Number(values.size), channels: 3 },
});
console.log(`${train.length} images to train on, ${test.length} to test, of ${train.classes.join(', ')}`);

const block = (filters: number) =>
  nn.sequential([nn.conv2d({ filters, kernelSize: 3, padding: 1 }), nn.batchNorm(), nn.relu(), nn.maxPool2d({ kernelSize: 2 })]);
const head = [nn.globalAvgPool2d(), nn.flatten(), nn.linear({ units: train.classes.length })];
const model = nn.sequential([block(16), block(32), block(64), ...head]);
const net = nn.initialise(model, { backend: await cpu(), input: train.shape, seed: 1 });

const scale = await statistics(train);
const { history } = await fit({
  net,
  loss: nn.losses.softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.003 }),
  data: loader(train, { batchSize: 16, shuffle: true, transforms: [toFloat(), normalise(scale), randomHorizontalFlip()] }),
  validation: loader(test, { batchSize: 16, transforms: [toFloat(), normalise(scale)] }),
  epochs: Number(values.epochs),
});
console.log(`${(100 * history.at(-1)!.testAccuracy!).toFixed(1)} % of the test images are read right`);

await mkdir(values.out, { recursive: true });
await writeModel(join(values.out, 'model.json'), model, { input: train.shape, classes: train.classes, normalise: scale });
await writeWeights(join(values.out, 'model.safetensors'), net);
console.log(`the model is in ${values.out}`);
