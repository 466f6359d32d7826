/** Small inputs, so that a whole run takes a second. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, digits } from '@cnn/data';

/** A model file with all that must survive a resume: running statistics, and masks that depend on the step. */
export const tinyModel = {
  format: 'cnn-model',
  version: 1,
  input: [1, 28, 28],
  model: {
    type: 'sequential',
    layers: [
      { type: 'conv2d', filters: 4, kernelSize: 5, stride: 3 },
      { type: 'batchNorm' },
      { type: 'relu' },
      { type: 'flatten' },
      { type: 'dropout', rate: 0.2 },
      { type: 'linear', units: 10 },
    ],
  },
};

/** An IDX file: two zero bytes, type 8 (bytes), the number of axes, their sizes as big-endian integers, the bytes. */
export function idx(sizes: readonly number[], bytes: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * sizes.length + bytes.length);
  const view = new DataView(file.buffer);
  file.set([0, 0, 8, sizes.length]);
  for (const [i, size] of sizes.entries()) view.setUint32(4 + 4 * i, size);
  file.set(bytes, 4 + 4 * sizes.length);
  return file;
}

async function writeSet(dir: string, part: string, set: Dataset): Promise<void> {
  const { images, labels } = await set.read(Array.from({ length: set.length }, (_, i) => i));
  await writeFile(join(dir, `${part}-images-idx3-ubyte`), idx([set.length, 28, 28], images));
  await writeFile(join(dir, `${part}-labels-idx1-ubyte`), idx([set.length], Uint8Array.from(labels)));
}

/** Writes 60 training and 12 test images as MNIST's files into `data`, and the model as `tiny.json`; gives arguments for them. */
export async function writeTiny(dir: string): Promise<string[]> {
  const data = join(dir, 'data');
  await mkdir(data);
  const { train, test } = digits({ count: 60 });
  await writeSet(data, 'train', train);
  await writeSet(data, 't10k', test);
  await writeFile(join(dir, 'tiny.json'), JSON.stringify(tinyModel));
  return ['--data', 'mnist', '--data-dir', 'data', '--model', 'tiny.json', '--batch', '10'];
}
