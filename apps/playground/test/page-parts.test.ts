/** Parts of the page that need no browser. */
import { describe, expect, test } from 'vitest';
import { openFiles } from '../src/data/open-files.js';
import type { TrainingSettings } from '../src/protocol.js';
import { fromFragment, toFragment } from '../src/share.js';
import { emptyCurve, extended, smoothed } from '../src/ui/curve.js';
import { fitDrawing } from '../src/ui/drawing.js';

const settings: TrainingSettings = {
  optimizer: 'rmsprop',
  learningRate: 0.0123,
  momentum: 0.5,
  weightDecay: 1e-4,
  batchSize: 7,
  augmentation: ['rotate'],
};

describe('a link', () => {
  const shared = { network: '{ "ünicode": "∑" }', settings, data: 'digits' };
  test('carries network and settings, and no sign that a link may not have', async () => {
    const fragment = await toFragment(shared);
    expect(fragment).toMatch(/^#net=[\w-]+$/);
    expect(await fromFragment(fragment)).toEqual(shared);
    expect(await fromFragment('')).toBeUndefined();
  });
  test('that was cut or changed is refused', async () => {
    const fragment = await toFragment(shared);
    await expect(fromFragment(fragment.slice(0, -9))).rejects.toThrow('the link is damaged');
    await expect(fromFragment('#net=!')).rejects.toThrow('the link is damaged');
    const odd = await toFragment({ ...shared, settings: { ...settings, optimizer: 'magic' as 'sgd' } });
    await expect(fromFragment(odd)).rejects.toThrow('the link is damaged');
  });
});

describe('dropped files', () => {
  const idx = (rank: number, shape: number[], values: number[]) =>
    new Uint8Array([0, 0, 8, rank, ...shape.flatMap(n => [0, 0, n >> 8, n & 255]), ...values]);
  const dropped = (files: Record<string, Uint8Array>) =>
    Object.entries(files).map(([path, bytes]) => ({ path, file: new Blob([bytes as Uint8Array<ArrayBuffer>]) }));
  const mnist = {
    'fashion/train-images-idx3-ubyte': idx(3, [2, 2, 1], [1, 2, 3, 4]),
    'fashion/train-labels-idx1-ubyte': idx(1, [2], [9, 0]),
    'fashion/t10k-images-idx3-ubyte': idx(3, [1, 2, 1], [5, 6]),
    'fashion/t10k-labels-idx1-ubyte': idx(1, [1], [4]),
  };
  test('of MNIST and Fashion-MNIST', async () => {
    const { train, test } = await openFiles(dropped(mnist));
    expect([train.name, train.length, test.length, train.shape]).toEqual(['fashion-mnist train', 2, 1, [1, 2, 1]]);
    expect(train.classes[9]).toBe('Ankle boot');
    expect((await test.read([0])).images).toEqual(Uint8Array.of(5, 6));
  });
  test('of CIFAR-10', async () => {
    const record = (label: number) => new Uint8Array(3073).fill(label, 0, 1);
    const { train, test } = await openFiles(
      dropped({ 'c/data_batch_1.bin': record(3), 'c/test_batch.bin': record(8), 'c/readme.html': record(1) }),
    );
    expect([train.length, test.length, train.shape]).toEqual([1, 1, [3, 32, 32]]);
    expect((await test.read([0])).labels).toEqual(Int32Array.of(8));
  });
  test('that lack one say which', async () => {
    const { 'fashion/t10k-labels-idx1-ubyte': _, ...rest } = mnist;
    await expect(openFiles(dropped(rest))).rejects.toThrow('drop it together with t10k-labels-idx1-ubyte');
  });
  test('that are nothing of this say what is read', async () => {
    await expect(openFiles(dropped({ 'notes.txt': Uint8Array.of(1) }))).rejects.toThrow(
      /^notes.txt: not read here; drop the four files of MNIST/,
    );
  });
});

describe('a drawing', () => {
  test('is scaled to 20 of 28 parts, with its centre of mass in the middle', () => {
    const side = 100;
    const ink = new Float32Array(side * side);
    for (let y = 10; y < 50; y++) ink.fill(1, y * side + 60, y * side + 70);
    const pixels = fitDrawing(ink, side, [1, 28, 28])!;
    const rows = Array.from({ length: 28 }, (_, y) => pixels.subarray(y * 28, y * 28 + 28).reduce((sum, x) => sum + x, 0));
    const inked = rows.flatMap((sum, y) => (sum > 0 ? [y] : []));
    expect([inked[0], inked.at(-1)]).toEqual([4, 23]);
    const columns = Array.from({ length: 28 }, (_, x) => pixels[14 * 28 + x]!).flatMap((value, x) => (value > 127 ? [x] : []));
    expect([columns[0], columns.at(-1)]).toEqual([12, 15]);
  });
  test('without ink is none', () => {
    expect(fitDrawing(new Float32Array(100), 10, [1, 28, 28])).toBeUndefined();
  });
});

describe('a curve', () => {
  test('keeps its course when there are too many points for it', () => {
    const points = Array.from({ length: 5000 }, (_, i) => ({ step: i + 1, loss: 5000 - i, accuracy: i / 5000 }));
    let curve = emptyCurve;
    for (let i = 0; i < 5000; i += 100) curve = extended(curve, points.slice(i, i + 100));
    expect(curve.steps.length).toBeLessThanOrEqual(1200);
    expect(curve.steps).toEqual([...curve.steps].sort((a, b) => a - b));
    // What is one less than another's step count stays so in means.
    for (const [i, loss] of curve.loss.entries()) expect(loss + curve.steps[i]!).toBeCloseTo(5001);
  });
  test('is smoothed by means of the points before', () => {
    expect(smoothed([4, 2])).toEqual([4, 2]);
    expect(smoothed(Array.from({ length: 16 }, (_, i) => i)).slice(0, 3)).toEqual([0, 0.5, 1.5]);
  });
});
