/**
 * Says what is on a photo, with a trained model: the folder of a run of `cnn train` or of the example `image-folder`.
 *
 *   npx cnn train --data digits --model lenet5 --out runs/digits
 *   npm run example -- classify-a-photo --model runs/digits PHOTO
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@cnn/backend-cpu';
import { decodeImage, fitImage, type ImageShape } from '@cnn/data';
import { initialise, loadWeights, standardLayers } from '@cnn/layers';
import { readModel, readWeights } from '@cnn/layers/node';
import { tensor } from '@cnn/tensor';
import { predict } from '@cnn/train';

const { values, positionals } = parseArgs({ options: { model: { type: 'string' } }, allowPositionals: true });
const [photo] = positionals;
if (values.model === undefined || photo === undefined) throw new Error('--model FOLDER PHOTO');

const file = join(values.model, 'model.json');
const { model, input, classes, normalise } = await readModel(file, standardLayers);
if (!input || !classes || !normalise) throw new Error(`${file} is not the model of a run: it lacks input, classes or normalise`);

const backend = await cpu();
const net = initialise(model, { backend, input });
loadWeights(net, await readWeights(join(values.model, 'model.safetensors')));

// As in training: scaled to the input's size, bytes as 0 to 1, each channel with the mean and deviation of the training images.
const [channels, height, width] = input as ImageShape;
const bytes = fitImage(decodeImage(await readFile(photo), photo), [channels, height, width]);
const pixels = Float32Array.from(bytes, (byte, i) => {
  const channel = Math.floor(i / (height * width));
  return (byte / 255 - normalise.mean[channel]!) / normalise.deviation[channel]!;
});

const [probabilities = []] = await predict(net, tensor(backend, pixels, { shape: [1, channels, height, width] }));
const ranked = probabilities.map((probability, i) => ({ probability, name: classes[i] }));
ranked.sort((a, b) => b.probability - a.probability);
for (const { name, probability } of ranked.slice(0, 5)) console.log(`${(100 * probability).toFixed(1).padStart(5)} %  ${name}`);
