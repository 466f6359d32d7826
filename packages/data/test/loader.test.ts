import { OptionError, type RandomKey, ShapeError, UsageError } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrayDataset,
  type Batch,
  type Dataset,
  type LoaderOptions,
  loader,
  randomCrop,
  randomHorizontalFlip,
  toFloat,
} from '../src/index.js';

/** Item i has the bytes i and i + 1, modulo 256. */
const numbered = (length: number): Dataset =>
  arrayDataset({
    name: 'numbered',
    images: Uint8Array.from({ length: 2 * length }, (_, i) => (i >> 1) + (i & 1)),
    labels: Array.from({ length }, (_, i) => i % 3),
    shape: [1, 1, 2],
    classes: ['0', '1', '2'],
  });

async function batchesOf(dataset: Dataset, options: LoaderOptions, epoch = 0, startBatch = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader(dataset, options).epoch(epoch, { startBatch })) batches.push(batch);
  return batches;
}

const indicesOf = (batches: readonly Batch[]): number[] => batches.flatMap(batch => [...batch.indices]);

const anyOptions = fc.record({
  batchSize: fc.integer({ min: 1, max: 9 }),
  shuffle: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1000 }),
  dropLast: fc.boolean(),
  prefetch: fc.integer({ min: 0, max: 4 }),
});

describe('loader', () => {
  it('gives each item once an epoch, in order or shuffled, and drops only a short last batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 9, max: 40 }),
        anyOptions,
        fc.integer({ min: 0, max: 5 }),
        async (length, options, epoch) => {
          const batches = await batchesOf(numbered(length), options, epoch);
          const indices = indicesOf(batches);
          const kept = options.dropLast ? length - (length % options.batchSize) : length;
          expect(indices.length).toBe(kept);
          expect(new Set(indices).size).toBe(kept);
          if (!options.shuffle) expect(indices).toEqual(Array.from({ length: kept }, (_, i) => i));
          expect(batches.length).toBe(loader(numbered(length), options).batches);
          for (const [i, batch] of batches.entries()) {
            expect(batch.size).toBe(
              i < batches.length - 1 || options.dropLast ? options.batchSize : kept - i * options.batchSize,
            );
            expect([...batch.labels]).toEqual([...batch.indices].map(index => index % 3));
            expect([...batch.images]).toEqual(
              [...batch.indices].flatMap(index => [Math.fround(index / 255), Math.fround((index + 1) / 255)]),
            );
          }
        },
      ),
    );
  });

  it('gives the same bits again, whatever is read ahead, and from startBatch on as without it', async () => {
    const transforms = [randomCrop({ padding: 1 }), randomHorizontalFlip(), toFloat()];
    await fc.assert(
      fc.asyncProperty(anyOptions, fc.integer({ min: 0, max: 3 }), fc.nat(), async (options, epoch, skip) => {
        const dataset = numbered(25);
        const whole = await batchesOf(dataset, { ...options, transforms }, epoch);
        expect(await batchesOf(dataset, { ...options, transforms, prefetch: 1 }, epoch)).toEqual(whole);
        const start = skip % (whole.length + 1);
        expect(await batchesOf(dataset, { ...options, transforms }, epoch, start)).toEqual(whole.slice(start));
      }),
      { numRuns: 40 },
    );
  });

  it('shuffles and augments anew in each epoch and for each seed', async () => {
    const dataset = numbered(60);
    const options = { batchSize: 60, shuffle: true, transforms: [randomHorizontalFlip()] };
    const seen = await Promise.all([
      batchesOf(dataset, options, 0),
      batchesOf(dataset, options, 1),
      batchesOf(dataset, { ...options, seed: 1 }, 0),
    ]);
    expect(new Set(seen.map(batches => indicesOf(batches).join())).size).toBe(3);
    const flips = seen.map(([batch]) =>
      Array.from({ length: 60 }, (_, i) => batch!.images[2 * i]! > batch!.images[2 * i + 1]!).join(),
    );
    expect(new Set(flips).size).toBe(3);
  });

  it('gives every batch of an epoch another key', async () => {
    const keys: RandomKey[] = [];
    const spy = {
      name: 'spy',
      apply: (batch: Batch, key: RandomKey) => {
        keys.push(key);
        return batch;
      },
    };
    await batchesOf(numbered(12), { batchSize: 3, transforms: [spy, spy] });
    expect(new Set(keys.map(String)).size).toBe(8);
  });

  it('reads no item of the batches it skips, and no more than prefetch batches ahead', async () => {
    const reads: number[][] = [];
    const dataset = numbered(20);
    const spied: Dataset = {
      name: 'spied',
      length: dataset.length,
      shape: dataset.shape,
      classes: dataset.classes,
      read: indices => {
        reads.push(Array.from(indices));
        return dataset.read(indices);
      },
      [Symbol.asyncIterator]: () => dataset[Symbol.asyncIterator](),
    };
    const batches = loader(spied, { batchSize: 4, prefetch: 1 }).epoch(0, { startBatch: 2 })[Symbol.asyncIterator]();
    await batches.next();
    expect(reads).toEqual([
      [8, 9, 10, 11],
      [12, 13, 14, 15],
    ]);
  });

  it('throws a failed read when its batch comes, and leaves none unhandled', async () => {
    const dataset = numbered(12);
    const failing: Dataset = {
      name: 'failing',
      length: 12,
      shape: dataset.shape,
      classes: dataset.classes,
      read: async indices => {
        if (indices[0] === 8) throw new Error('disk gone');
        return dataset.read(indices);
      },
      [Symbol.asyncIterator]: () => dataset[Symbol.asyncIterator](),
    };
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const batch of loader(failing, { batchSize: 4 }).epoch(0)) {
        seen.push(batch.indices[0]!);
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    };
    await expect(run()).rejects.toThrow('disk gone');
    expect(seen).toEqual([0, 4]);
    for await (const _ of loader(failing, { batchSize: 4 }).epoch(0)) break;
    await new Promise(resolve => setTimeout(resolve, 5));
  });

  it('knows the shape of its batches', () => {
    const transforms = [randomCrop({ padding: 2, size: [3, 4] })];
    expect(loader(numbered(9), { batchSize: 4, transforms }).batchShape).toEqual([4, 1, 3, 4]);
  });

  it('says what decides its batches', () => {
    const transforms = [toFloat(), randomCrop({ padding: 2 })];
    expect(loader(numbered(9), { batchSize: 4 }).settings).toEqual({ shuffle: false, seed: 0, transforms: 'toFloat' });
    expect(loader(numbered(9), { batchSize: 4, shuffle: true, seed: 3, transforms }).settings).toEqual({
      shuffle: true,
      seed: 3,
      transforms: 'toFloat, randomCrop',
    });
  });

  it.each([
    [toFloat, 'transform 1 is a function, not a transform as toFloat() gives it'],
    [undefined, 'transform 1 is undefined'],
    [{ name: 'nothing' }, 'transform 1 is {"name":"nothing"}'],
  ])('refuses what is no transform: %#', (transform, message) => {
    expect(() => loader(numbered(9), { batchSize: 3, transforms: [toFloat(), transform as never] })).toThrow(message);
  });

  it('refuses a pair of datasets, or none', () => {
    for (const dataset of [{ train: numbered(9), test: numbered(3) }, undefined]) {
      expect(() => loader(dataset as never, { batchSize: 3 })).toThrow(UsageError);
      expect(() => loader(dataset as never, { batchSize: 3 })).toThrow(
        'is not a dataset; of a pair { train, test } it takes one',
      );
    }
  });

  it('refuses impossible options', () => {
    expect(() => loader(numbered(9), { batchSize: 0 })).toThrow(OptionError);
    expect(() => loader(numbered(9), { batchsize: 3 } as unknown as LoaderOptions)).toThrow(/no option of this name/);
    expect(() => loader(numbered(9), { batchSize: 10, dropLast: true })).toThrow(/9 images, which make no batch of 10/);
    expect(() => loader(numbered(9), { batchSize: 3, transforms: [randomCrop({ padding: 0, size: 5 })] })).toThrow(ShapeError);
    expect(() => loader(numbered(9), { batchSize: 3 }).epoch(0.5)).toThrow(OptionError);
    expect(() => loader(numbered(9), { batchSize: 3 }).epoch(0, { startBatch: 4 })).toThrow(/at most the 3 batches/);
  });
});
