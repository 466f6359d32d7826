import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FormatError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { CIFAR10_CLASSES, cifar10From, parseCifar10, parseCifar10Classes } from '../src/index.js';

const shared = new URL('../../../../shared/data/cifar-10/lossless/', import.meta.url);

/** Records of a label, then 1,024 bytes each of red, green and blue. */
const records = (...labels: number[]): Uint8Array =>
  Uint8Array.from(
    labels.flatMap((label, i) => [
      label,
      ...Array(1024).fill(10 * i + 1),
      ...Array(1024).fill(10 * i + 2),
      ...Array(1024).fill(10 * i + 3),
    ]),
  );

describe('parseCifar10', () => {
  it('reads label and planes of each record', () => {
    const { images, labels } = parseCifar10(records(3, 9), 'a.bin');
    expect([...labels]).toEqual([3, 9]);
    expect(images.length).toBe(2 * 3072);
    expect([0, 1023, 1024, 2048, 3071, 3072, 5120].map(i => images[i])).toEqual([1, 1, 2, 3, 3, 11, 13]);
  });

  it('names file, record and byte of what is wrong', () => {
    const thrown = (bytes: Uint8Array): FormatError => {
      try {
        parseCifar10(bytes, 'a.bin');
      } catch (error) {
        return error as FormatError;
      }
      throw new Error('nothing thrown');
    };
    expect(thrown(records(1, 2, 10)).message).toBe('a.bin at byte 6146: label 10 of record 2 is above 9');
    expect(thrown(records(1, 2).subarray(0, 4000)).message).toBe(
      'a.bin at byte 3073: 4000 bytes are no whole number of records of 3073: record 1 has 927',
    );
    expect(thrown(Uint8Array.of(...records(1), 5)).offset).toBe(3073);
    expect(thrown(new Uint8Array(0)).message).toMatch(/the file is empty/);
    for (const cut of [1, 3072, 3074, 6145]) expect(thrown(records(1, 2).subarray(0, cut))).toBeInstanceOf(FormatError);
  });
});

describe('cifar10From', () => {
  it('takes files by their names, plain or gzip', async () => {
    const { train, test } = await cifar10From([
      { source: 'dir/data_batch_2.bin', bytes: records(2) },
      { source: 'dir/test_batch.bin', bytes: records(7) },
      { source: 'test/data_batch_1.bin.gz', bytes: gzipSync(records(0, 1)) },
    ]);
    expect([...(await train.read([0, 1, 2])).labels]).toEqual([0, 1, 2]);
    expect([...(await test.read([0])).labels]).toEqual([7]);
    expect(train).toMatchObject({ shape: [3, 32, 32], classes: CIFAR10_CLASSES });
  });

  it('refuses a set without test or training files', async () => {
    await expect(cifar10From([{ source: 'a.bin', bytes: records(1) }])).rejects.toThrow(
      "cifar10 test: no file for it; names that begin with 'test' are the test set; there is a.bin",
    );
    await expect(cifar10From([{ source: 'test.bin', bytes: records(1) }])).rejects.toThrow(FormatError);
  });

  it('reads class names', () => {
    const text = `${CIFAR10_CLASSES.join('\n')}\n\n`;
    expect(parseCifar10Classes(new TextEncoder().encode(text), 'batches.meta.txt')).toEqual(CIFAR10_CLASSES);
    expect(() => parseCifar10Classes(new TextEncoder().encode('airplane\n'), 'batches.meta.txt')).toThrow(
      '1 class names; CIFAR-10 has 10',
    );
  });

  it.skipIf(!existsSync(shared))('reads parts of CIFAR-10', async () => {
    const file = (name: string) => ({ source: name, bytes: readFileSync(new URL(name, shared)) });
    const { train, test } = await cifar10From([file('train_first4000.bin.gz'), file('test_first1000.bin.gz')]);
    expect([train.length, test.length]).toEqual([4000, 1000]);
    // The known beginnings of data_batch_1 (frog, truck, truck, deer, automobile) and test_batch (cat, ship, ship, airplane, frog).
    const names = (labels: Int32Array): string[] => [...labels].map(label => CIFAR10_CLASSES[label]!);
    expect(names((await train.read([0, 1, 2, 3, 4])).labels)).toEqual(['frog', 'truck', 'truck', 'deer', 'automobile']);
    expect(names((await test.read([0, 1, 2, 3, 4])).labels)).toEqual(['cat', 'ship', 'ship', 'airplane', 'frog']);
    // The first training image begins with red 59, green 62, blue 63.
    const { images } = await train.read([0]);
    expect([images[0], images[1024], images[2048]]).toEqual([59, 62, 63]);
  });
});
