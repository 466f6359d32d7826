import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FormatError, OptionError } from '@cnn/tensor';
import { encode } from 'fast-png';
import { packTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { type Dataset, type ImageFile, imageFolders, type Progress, untar } from '../src/index.js';

const shared = new URL('../../../../shared/data/cifar-10/jpeg/', import.meta.url);

/** A grey PNG file of one value. */
const png = (value: number, height = 2, width = 2): Uint8Array =>
  encode({ width, height, channels: 1, data: new Uint8Array(height * width).fill(value) });
const file = (path: string, bytes = png(0)): ImageFile => ({ path, source: `set/${path}`, read: () => bytes });

/** Label names and first bytes of all items, sorted. */
async function items(dataset: Dataset): Promise<string[]> {
  const found: string[] = [];
  for await (const { image, label } of dataset) found.push(`${dataset.classes[label]} ${image[0]}`);
  return found.sort();
}

describe('imageFolders', () => {
  it('takes train and test folders, with classes sorted by name', async () => {
    const { train, test } = await imageFolders([
      file('train/dog/1.png', png(1)),
      file('train/cat/1.PNG', png(2)),
      file('train/cat-like/deeper/1.png', png(3)),
      file('test/dog/1.png', png(4)),
      file('train/README.txt'),
      file('train/.hidden/1.png'),
      file('__MACOSX/train/cat/._1.png'),
    ]);
    expect(train).toMatchObject({ name: 'folder train', classes: ['cat', 'cat-like', 'dog'], shape: [1, 2, 2] });
    expect(await items(train)).toEqual(['cat 2', 'cat-like 3', 'dog 1']);
    expect(await items(test)).toEqual(['dog 4']);
  });

  it('passes over folders around the set', async () => {
    const { train, test } = await imageFolders([
      file('./my-set/v2/train/a/1.png', png(1)),
      file('./my-set/v2/test/a/1.png', png(2)),
    ]);
    expect([await items(train), await items(test)]).toEqual([['a 1'], ['a 2']]);
  });

  it('splits class folders by a seed, class by class', async () => {
    const files = ['a', 'b'].flatMap((name, label) =>
      Array.from({ length: 10 * (label + 1) }, (_, i) => file(`${name}/${i}.png`, png(i))),
    );
    const { train, test } = await imageFolders(files);
    expect([train.length, test.length]).toEqual([24, 6]);
    expect((await items(test)).filter(item => item.startsWith('a'))).toHaveLength(2);
    expect([...(await items(train)), ...(await items(test))].sort()).toEqual(
      files.map((_, i) => (i < 10 ? `a ${i}` : `b ${i - 10}`)).sort(),
    );
    const again = await imageFolders([...files].reverse());
    expect(await again.train.read([0, 1, 2])).toEqual(await train.read([0, 1, 2]));
    const few = await imageFolders([file('a/1.png', png(1)), file('b/1.png', png(2)), file('b/2.png', png(2))]);
    expect([await items(few.train), await items(few.test)]).toEqual([['a 1', 'b 2'], ['b 2']]);
    const other = await imageFolders(files, { seed: 1, testFraction: 0.5 });
    expect([other.train.length, other.test.length]).toEqual([15, 15]);
    // The first items are a mixture, not one class.
    expect(new Set((await train.read([0, 1, 2, 3, 4, 5])).labels).size).toBe(2);
  });

  it('sets images of several sizes to one, and says how if none is given', async () => {
    const files = [file('a/1.png', png(10, 2, 4)), file('a/2.png', png(20, 3, 3))];
    await expect(imageFolders(files)).rejects.toThrow(
      "imageFolders: option 'size' is undefined; allowed: a size, because images differ: set/a/1.png is 2x4 (height x width), set/a/2.png is 3x3",
    );
    const { train } = await imageFolders(files, { size: [2, 1], testFraction: 0 });
    expect(train).toMatchObject({ length: 2, shape: [1, 2, 1] });
    expect(await items(train)).toEqual(['a 10', 'a 20']);
  });

  it('is in colour if any image is, or as asked', async () => {
    const red = encode({
      width: 2,
      height: 2,
      channels: 3,
      data: Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 200 : 0)),
    });
    const files = [file('a/1.png', png(10)), file('a/2.png', red)];
    expect((await imageFolders(files)).train.shape).toEqual([3, 2, 2]);
    expect((await imageFolders([files[0]!], { channels: 3 })).train.shape).toEqual([3, 2, 2]);
    const grey = (await imageFolders(files, { channels: 1, testFraction: 0 })).train;
    expect(grey.shape).toEqual([1, 2, 2]);
    expect(await items(grey)).toEqual(['a 10', 'a 60']); // 0.299 * 200
  });

  it('names the file that is wrong', async () => {
    await expect(imageFolders([])).rejects.toThrow('folder: no PNG or JPEG image in it');
    await expect(imageFolders([file('a/1.png'), file('2.png')])).rejects.toThrow('set/2.png: lies in no class folder');
    await expect(imageFolders([file('train/a/1.png'), file('b/1.png')])).rejects.toThrow(
      "set/b/1.png: lies beside the folders 'train' and 'test'",
    );
    await expect(imageFolders([file('train/a/1.png'), file('test/b/1.png')])).rejects.toThrow(
      "set/test/b/1.png: class 'b' has no training image",
    );
    await expect(imageFolders([file('a/1.webp')])).rejects.toThrow('set/a/1.webp: only PNG and JPEG images are read');
    await expect(imageFolders([file('a/1.png'), file('./a/1.png')])).rejects.toThrow('a second file of the path a/1.png');
    const truncated = imageFolders([file('a/1.png'), file('a/2.png', png(1).subarray(0, 40))]);
    await expect(truncated).rejects.toThrow(/^set\/a\/2\.png at byte 40: truncated PNG/);
    await expect(truncated).rejects.toBeInstanceOf(FormatError);
    await expect(imageFolders([file('a/1.png')], { testFraction: 1 })).rejects.toThrow(OptionError);
  });

  it('tells of progress and stops when asked', async () => {
    const files = [file('a/1.png'), file('a/2.png'), file('b/1.png')];
    const seen: Progress[] = [];
    await imageFolders(files, { onProgress: progress => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ stage: 'decode', name: 'folder', done: 3, total: 3, unit: 'images' });
    const controller = new AbortController();
    const stopped = imageFolders(files, { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
  });
});

describe('untar', () => {
  const entry = (name: string, body: Uint8Array) => ({ header: { name, size: body.length, type: 'file' as const }, body });

  it('gives the files of an archive, plain or gzip', async () => {
    const archive = await packTar([
      { header: { name: 'a/', size: 0, type: 'directory' } },
      entry('a/1.png', png(1)),
      entry('b.txt', new Uint8Array(0)),
    ]);
    for (const packed of [archive, gzipSync(archive)]) {
      const files = await untar(packed, 'a.tar');
      expect(files.map(({ path }) => path)).toEqual(['a/1.png', 'b.txt']);
      expect(files[0]!.bytes).toEqual(png(1));
    }
  });

  it('refuses truncated and damaged archives', async () => {
    const archive = await packTar([entry('a/1.png', new Uint8Array(3000)), entry('a/2.png', new Uint8Array(3000))]);
    for (const cut of [100, 512, 1000, 3584, 4096, 5000]) {
      await expect(untar(archive.subarray(0, cut), 'a.tar'), `cut to ${cut}`).rejects.toThrow(/^a\.tar: damaged tar archive/);
    }
    const damaged = Uint8Array.from(archive);
    damaged[2]! ^= 1; // a letter of the first name
    await expect(untar(damaged, 'a.tar')).rejects.toThrow('a.tar: damaged tar archive (Invalid tar header checksum.)');
    await expect(untar(new Uint8Array(1024), 'a.tar')).rejects.toThrow('a tar archive without entries');
    await expect(untar(gzipSync(archive).subarray(0, 60), 'a.tar.gz')).rejects.toThrow(/damaged or truncated gzip data/);
  });

  it.skipIf(!existsSync(shared))(
    'and imageFolders read 10,000 JPEGs',
    async () => {
      const name = 'cifar10_jpeg_test.tar.gz';
      const files = (await untar(readFileSync(new URL(name, shared)), name)).map(({ path, bytes }) =>
        file(path.replace('test/', ''), bytes),
      );
      const { train, test } = await imageFolders(files);
      expect([train.length, test.length, ...train.shape]).toEqual([8000, 2000, 3, 32, 32]);
      expect(train.classes).toEqual(['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']);
    },
    240_000,
  );
});
