import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FormatError } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip, idxDataset, mnistFrom, type NamedBytes, parseIdx, statistics } from '../src/index.js';

const shared = new URL('../../../../shared/data/mnist/', import.meta.url);

/** An IDX file written by hand: magic, dimensions, values. */
const idx = (code: number, shape: number[], values: number[]): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    code,
    shape.length,
    ...shape.flatMap(size => [size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255]),
    ...values,
  ]);
const named = (source: string, bytes: Uint8Array): NamedBytes => ({ source, bytes });

describe('parseIdx', () => {
  it('reads bytes and wider values, big-endian', () => {
    expect(parseIdx(idx(8, [2, 2], [1, 2, 3, 255]), 'a')).toEqual({
      dtype: 'uint8',
      shape: [2, 2],
      data: Uint8Array.of(1, 2, 3, 255),
    });
    expect(parseIdx(idx(9, [2], [1, 255]), 'a').data).toEqual(Int8Array.of(1, -1));
    expect(parseIdx(idx(11, [2], [1, 0, 255, 254]), 'a').data).toEqual(Int16Array.of(256, -2));
    expect(parseIdx(idx(12, [1], [0, 1, 0, 0]), 'a').data).toEqual(Int32Array.of(65536));
    expect(parseIdx(idx(13, [1], [0x3f, 0xc0, 0, 0]), 'a').data).toEqual(Float32Array.of(1.5));
    expect(parseIdx(idx(14, [1], [0x3f, 0xf8, 0, 0, 0, 0, 0, 0]), 'a').data).toEqual(Float64Array.of(1.5));
  });

  it('names the file, the byte and the numbers of what is wrong', () => {
    const cases: [Uint8Array, number, RegExp][] = [
      [Uint8Array.of(0, 0, 8), 3, /a\.idx at byte 3: an IDX header needs 4 bytes; the file has 3/],
      [Uint8Array.of(0x1f, 0x8b, 8, 1, 0, 0, 0, 0), 0, /begins with bytes 31, 139/],
      [idx(10, [1], [0]), 2, /unknown dtype 10; known: 8, 9, 11, 12, 13, 14/],
      [Uint8Array.of(0, 0, 8, 0), 3, /no dimensions/],
      [Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0), 9, /truncated: a header of 3 dimensions needs 16 bytes; the file has 9/],
      [idx(8, [2, 2], [1, 2, 3]), 15, /truncated: uint8 \[2, 2\] needs 16 bytes; the file has 15/],
      [idx(8, [2, 2], [1, 2, 3, 4, 5]), 16, /trailing bytes: uint8 \[2, 2\] needs 16 bytes; the file has 17/],
      [idx(8, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), 16, /truncated/],
    ];
    for (const [bytes, offset, message] of cases) {
      let error: unknown;
      try {
        parseIdx(bytes, 'a.idx');
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).offset).toBe(offset);
      expect((error as FormatError).message).toMatch(message);
    }
  });

  it('refuses every truncation and every longer file', () => {
    const whole = idx(
      12,
      [3, 2],
      Array.from({ length: 24 }, (_, i) => i),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), cut => {
        expect(() => parseIdx(whole.subarray(0, cut), 'a')).toThrow(FormatError);
      }),
    );
    expect(() => parseIdx(Uint8Array.of(...whole, 0), 'a')).toThrow(FormatError);
  });
});

describe('idxDataset and mnistFrom', () => {
  const images = named('images', idx(8, [2, 1, 2], [1, 2, 3, 4]));
  const labels = named('labels', idx(8, [2], [1, 0]));
  const classes = ['no', 'yes'];

  it('reads plain and gzip files', async () => {
    for (const packed of [images, named('images.gz', gzipSync(images.bytes))]) {
      const dataset = await idxDataset({ name: 'tiny', images: packed, labels, classes });
      expect(dataset).toMatchObject({ name: 'tiny', length: 2, shape: [1, 1, 2], classes });
      expect(await dataset.read([1, 0])).toEqual({ images: Uint8Array.of(3, 4, 1, 2), labels: Int32Array.of(0, 1) });
    }
  });

  it('refuses files that do not fit together', async () => {
    const make = (changed: { images?: NamedBytes; labels?: NamedBytes }) =>
      idxDataset({ name: 'tiny', images, labels, classes, ...changed });
    await expect(make({ labels: named('labels', idx(8, [3], [1, 0, 0])) })).rejects.toThrow(
      'labels at byte 4: 3 labels for the 2 images of images',
    );
    await expect(make({ labels: named('labels', idx(8, [2], [1, 2])) })).rejects.toThrow(
      'labels at byte 9: label 2 of item 1 is no class; there are 2',
    );
    await expect(make({ labels: images })).rejects.toThrow('images at byte 2: holds uint8 [2, 1, 2]; labels are uint8 [n]');
    await expect(make({ images: labels })).rejects.toThrow('labels at byte 2: holds uint8 [2]; images are uint8 [n, h, w]');
    await expect(make({ images: named('none', idx(8, [0, 2, 2], [])), labels: named('none', idx(8, [0], [])) })).rejects.toThrow(
      'no pixels',
    );
    const wide = named('test images', idx(8, [1, 1, 3], [1, 2, 3]));
    const one = named('test labels', idx(8, [1], [0]));
    await expect(
      mnistFrom({ trainImages: images, trainLabels: labels, testImages: wide, testLabels: one }, { classes }),
    ).rejects.toThrow('test images at byte 8: images of 1x3, where images has 1x2');
  });

  it.skipIf(!existsSync(shared))('reads MNIST', async () => {
    const file = (name: string): NamedBytes => named(name, readFileSync(new URL(name, shared)));
    const { train, test } = await mnistFrom({
      trainImages: file('train-images-idx3-ubyte.gz'),
      trainLabels: file('train-labels-idx1-ubyte.gz'),
      testImages: file('t10k-images-idx3-ubyte.gz'),
      testLabels: file('t10k-labels-idx1-ubyte.gz'),
    });
    expect([train.length, test.length]).toEqual([60000, 10000]);
    const { mean, deviation } = await statistics(train); // The published 0.1307 and 0.3081.
    expect(mean[0]).toBeCloseTo(0.1307, 4);
    expect(deviation[0]).toBeCloseTo(0.3081, 4);
    expect([...(await train.read([0, 1, 2, 3, 4])).labels]).toEqual([5, 0, 4, 1, 9]);
  });
});

describe('gunzip', () => {
  const packed = gzipSync(new Uint8Array(100_000).fill(7));

  it('unpacks', async () => {
    expect(await gunzip(packed, 'a.gz')).toEqual(new Uint8Array(100_000).fill(7));
  });

  it('refuses truncated and damaged files', async () => {
    for (const cut of [1, 5, 20, packed.length - 9, packed.length - 1]) {
      await expect(gunzip(packed.subarray(0, cut), 'a.gz')).rejects.toThrow(/^a\.gz: damaged or truncated gzip data/);
    }
    const damaged = Uint8Array.from(packed);
    damaged[packed.length - 6]! ^= 1; // the CRC
    await expect(gunzip(damaged, 'a.gz')).rejects.toThrow(FormatError);
  });

  it('refuses what unpacks to more than it may', async () => {
    await expect(gunzip(packed, 'a.gz', 99_999)).rejects.toThrow('a.gz: unpacks to more than 99999 bytes');
    expect((await gunzip(packed, 'a.gz', 100_000)).length).toBe(100_000);
  });
});
