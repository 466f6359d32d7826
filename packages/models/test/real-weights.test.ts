/** CIFAR ResNets that others trained, on real pictures: names and arithmetic as in PyTorch, whose outputs are expected. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cpu } from '@cnn/backend-cpu';
import { initialise, loadWeights } from '@cnn/layers';
import { readWeights } from '@cnn/layers/node';
import { tensor } from '@cnn/tensor';
import { expect, it } from 'vitest';
import { cifarResnet } from '../src/index.js';

const shared = new URL('../../../../shared/data/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, shared));

/** The first 1,000 test images, normalised: of records of a label byte, then 1,024 red, green and blue ones. */
function cifar10(): { pixels: Float32Array; labels: Uint8Array } {
  const records = gunzipSync(read('cifar-10/lossless/test_first1000.bin.gz'));
  const mean = [0.485, 0.456, 0.406];
  const deviation = [0.229, 0.224, 0.225];
  const pixels = Float32Array.from({ length: 1000 * 3072 }, (_, i) => {
    const channel = Math.floor((i % 3072) / 1024);
    return (records[i + Math.floor(i / 3072) + 1]! / 255 - mean[channel]!) / deviation[channel]!;
  });
  return { pixels, labels: Uint8Array.from({ length: 1000 }, (_, i) => records[3073 * i]!) };
}

it.skipIf(!existsSync(shared)).each([
  [20, 915],
  [56, 926],
])("ResNet-%i gives PyTorch's outputs and knows %i of 1,000 pictures", async (depth, right) => {
  const { pixels, labels } = cifar10();
  const { logits } = JSON.parse(read(`models/resnet-cifar10/resnet${depth}.expected.json`).toString());
  const backend = await cpu({ threads: 2 });
  const net = initialise(cifarResnet({ depth }), { backend, input: [3, 32, 32] });
  const weights = await readWeights(fileURLToPath(new URL(`models/resnet-cifar10/resnet${depth}.safetensors`, shared)));
  const { loaded } = loadWeights(net, weights, {
    rename: name => name.replace(/running_mean$/, 'runningMean').replace(/running_var$/, 'runningVar'),
  });
  expect(loaded.length).toBe(net.variables.length);
  let found = 0;
  for (let from = 0; from < 1000; from += 250) {
    const x = tensor(backend, pixels.slice(from * 3072, (from + 250) * 3072), { shape: [250, 3, 32, 32] });
    const y = net.apply(x);
    const scores = await y.data();
    for (const t of [x, y]) t.dispose();
    // Expected outputs are of the first images and have five decimals.
    if (from === 0)
      logits.flat().forEach((score: number, i: number) => {
        expect(Math.abs(scores[i]! - score)).toBeLessThan(1e-4 + 1e-4 * Math.abs(score));
      });
    for (let i = 0; i < 250; i++) {
      const row = scores.subarray(10 * i, 10 * i + 10);
      if (row.indexOf(Math.max(...row)) === labels[from + i]) found++;
    }
  }
  expect(found).toBe(right);
  net.dispose();
  expect(backend.live()).toBe(0);
  backend.dispose();
});
