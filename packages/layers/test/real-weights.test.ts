/** A network that others trained, on real images: names, layouts and arithmetic as in PyTorch, whose outputs are expected. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cpu } from '@cnn/backend-cpu';
import { sizeOf, tensor } from '@cnn/tensor';
import { afterAll, expect, it } from 'vitest';
import { type Graph, initialise, loadWeights, modelFromJSON, modelToJSON, type Net, standardLayers } from '../src/index.js';
import { readWeights } from '../src/node.js';
import { burnMnist } from './models.js';

const shared = new URL('../../../../shared/data/', import.meta.url);
const absent = !existsSync(shared);
const read = (path: string) => readFileSync(new URL(path, shared));
const readJSON = (path: string) => JSON.parse(read(path).toString());
const backend = await cpu();
afterAll(() => backend.dispose());

interface Images {
  readonly shape: readonly number[];
  /** Normalised, one image after the other. */
  readonly pixels: Float32Array;
  readonly labels: Uint8Array;
}

function mnist(): Images {
  const bytes = gunzipSync(read('mnist/t10k-images-idx3-ubyte.gz')).subarray(16);
  const pixels = Float32Array.from(bytes, byte => (byte / 255 - 0.1307) / 0.3081);
  return { shape: [1, 28, 28], pixels, labels: gunzipSync(read('mnist/t10k-labels-idx1-ubyte.gz')).subarray(8) };
}

/** The model by way of its file form, with the weights of a file. */
async function load(model: Graph, input: readonly number[], file: string): Promise<Net> {
  const copy = modelFromJSON(JSON.parse(JSON.stringify(modelToJSON(model))), standardLayers);
  const net = initialise(copy, { backend, input });
  // The names of PyTorch and Burn; they also count batches, which batchNorm here does not need.
  const rename = (name: string): string | undefined =>
    name.endsWith('num_batches_tracked')
      ? undefined
      : name.replace(/running_mean$/, 'runningMean').replace(/running_var$/, 'runningVar');
  const { loaded } = loadWeights(net, await readWeights(fileURLToPath(new URL(file, shared))), { rename });
  expect(loaded.length).toBe(net.variables.length);
  return net;
}

async function outputs(net: Net, { shape, pixels }: Images, from: number, count: number): Promise<number[][]> {
  const size = sizeOf(shape);
  const x = tensor(backend, pixels.slice(from * size, (from + count) * size), { shape: [count, ...shape] });
  const y = net.apply(x);
  const numbers = await y.data();
  for (const t of [x, y]) t.dispose();
  return Array.from({ length: count }, (_, i) => [...numbers.subarray(10 * i, 10 * i + 10)]);
}

/** Expected outputs have 5 decimals. */
function expectRows(rows: number[][], expected: number[][]): void {
  expect(rows.length).toBe(expected.length);
  expected.forEach((row, i) => {
    row.forEach((value, j) => {
      const allowed = 1e-4 + 1e-4 * Math.abs(value);
      expect(Math.abs(rows[i]![j]! - value), `image ${i}, class ${j}: ${rows[i]![j]}, not ${value}`).toBeLessThan(allowed);
    });
  });
}

async function countRight(net: Net, images: Images): Promise<number> {
  let right = 0;
  for (let from = 0; from < images.labels.length; from += 250) {
    const rows = await outputs(net, images, from, 250);
    right += rows.filter((row, i) => row.indexOf(Math.max(...row)) === images.labels[from + i]).length;
  }
  return right;
}

it.skipIf(absent)("Burn's MNIST network gives PyTorch's outputs and reads 9,917 of 10,000 digits", async () => {
  const images = mnist();
  const expected = readJSON('models/mnist-burn-safetensors/expected.json');
  const net = await load(burnMnist(), images.shape, 'models/mnist-burn-safetensors/mnist.safetensors');
  expectRows(await outputs(net, images, 0, 16), expected.log_probs);
  expect(await countRight(net, images)).toBe(expected.correct_of_10000);
  net.dispose();
  expect(backend.live()).toBe(0);
});
