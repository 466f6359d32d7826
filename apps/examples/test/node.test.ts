/** Each example that runs in Node, as from the command line. Files of data are made here; the real ones are in ../shared/data if at all. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.js';

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const source = fileURLToPath(new URL('../src', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnn-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The percentage in a line. */
const percent = (line: string | undefined): number => Number(/([\d.]+) %/.exec(line ?? '')?.[1]);

it('every example is shorter than 60 lines', async () => {
  for (const name of await readdir(source)) {
    const lines = (await readFile(join(source, name), 'utf8')).trimEnd().split('\n').length;
    expect(lines, name).toBeLessThan(60);
  }
});

describe('train-on-mnist', () => {
  it('trains on digits where it is told to', async () => {
    const lines = await run('train-on-mnist', '--data', 'digits', '--limit', '3200', '--epochs', '1');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^digits train: .* % of 2000 test images are read right$/);
    expect(percent(lines[1])).toBeGreaterThan(50);
  });

  it('says which files it misses instead of taking others', async () => {
    await expect(run('train-on-mnist', '--data-dir', folder)).rejects.toThrow('train-images-idx3-ubyte');
  });

  const mnist = join(shared, 'mnist');
  it.skipIf(!existsSync(mnist))(`trains on MNIST${existsSync(mnist) ? '' : ' (no ../shared/data/mnist)'}`, async () => {
    const lines = await run('train-on-mnist', '--data-dir', mnist, '--limit', '3200', '--epochs', '1');
    expect(percent(lines[1])).toBeGreaterThan(75);
  });
});

describe('pytorch-cifar10-tutorial', () => {
  it('trains on files in the format of CIFAR-10', async () => {
    const data = join(folder, 'cifar');
    await mkdir(data);
    // The class is how bright an image is.
    const records = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.alloc(3073, i % 10).fill(25 * (i % 10), 1)));
    await writeFile(join(data, 'data_batch_1.bin'), records(2000));
    await writeFile(join(data, 'test_batch.bin'), records(100));
    const lines = await run('pytorch-cifar10-tutorial', '--data-dir', data);
    expect(lines.map(line => line.replace(/[\d.]+( %)?$/, ''))).toEqual([
      '[1, 500] loss: ',
      '[2, 500] loss: ',
      'Accuracy of the network on the 100 test images: ',
    ]);
    expect(percent(lines[2])).toBeGreaterThan(30);
  });
});

it('two-backends: both learn the same', async () => {
  const [first, second] = await run('two-backends');
  const loss = (line: string | undefined): number => Number(/loss ([\d.]+)/.exec(line ?? '')?.[1]);
  expect([first, second].map(line => line?.split(':')[0])).toEqual(['cpu', 'cpu']);
  expect(loss(first)).toBeGreaterThan(1);
  expect(loss(second)).toBeCloseTo(loss(first), 3);
});

it('write-a-layer: the layer has its parameters, and the network learns', async () => {
  const [parameters, accuracy] = await run('write-a-layer');
  expect(parameters).toContain('2.squeeze [4, 8], 2.excite [8, 4]');
  expect(percent(accuracy)).toBeGreaterThan(60);
});

it('write-an-optimizer: it is data, and it trains', async () => {
  const [json, ...epochs] = await run('write-an-optimizer');
  expect(JSON.parse(json!)).toEqual({ type: 'acme/signDescent', learningRate: 0.001, momentum: 0.9, groups: [] });
  expect(percent(epochs.at(-1))).toBeGreaterThan(70);
});

it('write-an-op: values, both derivatives, and finite differences', async () => {
  expect((await run('write-an-op')).map(line => line.replace(/ +/g, ' '))).toEqual([
    'x³ [-8,0.125,27]',
    '3 x² [12,0.75,27]',
    '6 x [-12,3,18]',
    'finite differences agree: true',
  ]);
});

it('resume-a-run: it goes on to the same bits', async () => {
  const lines = await run('resume-a-run');
  expect(lines[0]).toBe('the run ended: aborted');
  expect(lines[1]).toMatch(/step-00000027\.safetensors is of epoch 1, batch 7$/);
  expect(lines.slice(2)).toEqual([
    'the run ended: finished',
    'the run ended: finished',
    'the same weights to the last bit: true',
  ]);
});

/** A grey picture of 24x24 with light in its upper or lower half. */
const picture = (top: boolean, seed: number): Uint8Array =>
  encode({
    width: 24,
    height: 24,
    channels: 1,
    data: Uint8Array.from({ length: 576 }, (_, i) => (i < 288 === top ? 200 : 20) + ((i * seed) % 37)),
  });

it('image-folder trains on images of your own, and classify-a-photo tells new ones apart', async () => {
  const data = join(folder, 'images');
  for (const name of ['ground', 'sky']) {
    await mkdir(join(data, name), { recursive: true });
    for (let i = 1; i <= 20; i++) await writeFile(join(data, name, `${i}.png`), picture(name === 'sky', i));
  }
  const out = join(folder, 'run');
  const lines = await run('image-folder', '--data-dir', data, '--size', '16', '--epochs', '8', '--out', out);
  expect(lines[0]).toBe('32 images to train on, 8 to test, of ground, sky');
  expect(lines[1]).toBe('100.0 % of the test images are read right');

  for (const name of ['ground', 'sky']) {
    const photo = join(folder, `${name}.png`);
    await writeFile(photo, picture(name === 'sky', 31));
    const [best] = await run('classify-a-photo', '--model', out, photo);
    expect(best).toMatch(new RegExp(`^ *[\\d.]+ % {2}${name}$`));
    expect(percent(best)).toBeGreaterThan(60);
  }
});
