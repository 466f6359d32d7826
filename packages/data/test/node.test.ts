import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { CnnError, FormatError, OptionError } from '@cnn/tensor';
import { encode } from 'fast-png';
import { packTar } from 'modern-tar';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../src/index.js';
import { cachedData, cacheFolder, DownloadError, download, type OpenOptions, openDataset } from '../src/node.js';

const shared = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const content = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnn-data-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** A server on this machine; its address. */
async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const rejection = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('not rejected');
};

describe('download', () => {
  const target = (): string => join(folder, 'cache', 'a.gz');
  const options = (address: string) => ({ addresses: [address], file: target(), md5: md5(content) });
  const left = (): Promise<string[]> => readdir(join(folder, 'cache'));

  it('writes the file, whole, and tells of progress', async () => {
    const address = await serve((_, response) => response.setHeader('content-length', content.length).end(content));
    const seen: Progress[] = [];
    await download({ ...options(address), onProgress: progress => seen.push(progress) });
    expect(new Uint8Array(await readFile(target()))).toEqual(content);
    expect(seen.at(-1)).toEqual({ stage: 'download', name: 'a.gz', done: 300_000, total: 300_000, unit: 'bytes' });
    expect(await left()).toEqual(['a.gz']);
  });

  it('leaves nothing when the checksum is wrong', async () => {
    const address = await serve((_, response) => response.end('<html>Sign in to this network</html>'));
    const error = await rejection(download(options(address)));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      `${address}: wrong checksum: MD5 ${md5(new TextEncoder().encode('<html>Sign in to this network</html>'))} of 36 bytes; published: ${md5(content)}`,
    );
    expect(await left()).toEqual([]);
  });

  it('leaves nothing when the connection breaks, or ends early', async () => {
    const address = await serve((request, response) => {
      response.setHeader('content-length', content.length);
      response.write(content.subarray(0, 100_000), () => setTimeout(() => request.socket.destroy(), 20));
    });
    const error = await rejection(download(options(address)));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toMatch(/the connection broke after \d+ of 300000 bytes/);
    const short = async () => new Response(content.slice(0, 1000), { headers: { 'content-length': '300000' } });
    const early = await rejection(download({ ...options('http://example/'), fetch: short }));
    expect(early.message).toBe('http://example/: the connection ended after 1000 of 300000 bytes');
    expect(await left()).toEqual([]);
  });

  it('keeps the file that was there when it fails', async () => {
    await mkdir(join(folder, 'cache'));
    await writeFile(target(), 'old');
    await rejection(download({ ...options('http://example/'), fetch: async () => new Response('other') }));
    expect(await readFile(target(), 'utf8')).toBe('old');
    expect(await left()).toEqual(['a.gz']);
  });

  it('names an HTTP error, and no answer', async () => {
    const address = await serve((_, response) => response.writeHead(403, 'Forbidden').end('no'));
    const error = await rejection(download(options(address)));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toBe(`${address}: HTTP status 403 Forbidden`);
    server!.close();
    server!.closeAllConnections();
    expect((await rejection(download(options(address)))).message).toMatch(/no answer \(.*ECONNREFUSED/);
    expect(await left()).toEqual([]);
  });

  it('tries the next address, and names all when none works', async () => {
    const fetch = async (address: unknown) =>
      address === 'http://good/' ? new Response(content) : new Response('', { status: 404 });
    await download({ ...options(''), addresses: ['http://bad/', 'http://good/'], fetch });
    expect(await left()).toEqual(['a.gz']);
    const error = await rejection(download({ ...options(''), addresses: ['http://bad/', 'http://worse/'], fetch }));
    expect(error.message).toBe('a.gz: no address gave it: http://bad/: HTTP status 404; http://worse/: HTTP status 404');
  });

  it('stops when asked and leaves nothing', async () => {
    const address = await serve((_, response) => {
      response.setHeader('content-length', content.length).write(content.subarray(0, 1000));
    });
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('enough'));
    expect((await rejection(download({ ...options(address), signal: controller.signal, onProgress: stop }))).message).toBe(
      'enough',
    );
    expect(await left()).toEqual([]);
  });

  it('names a full disk and leaves nothing', async () => {
    const handle = await open(join(folder, 'probe'), 'w');
    vi.spyOn(Object.getPrototypeOf(handle), 'write').mockRejectedValue(
      Object.assign(new Error('ENOSPC: no space left on device, write')),
    );
    await handle.close();
    const error = await rejection(download({ ...options('http://example/'), fetch: async () => new Response(content) }));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toBe(`http://example/: ENOSPC: no space left on device, write (writing ${target()})`);
    expect(await left()).toEqual([]);
  });

  it('names a folder that cannot be made', async () => {
    await writeFile(join(folder, 'cache'), 'a file');
    const error = await rejection(download(options('http://example/')));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toMatch(/cache: the folder cannot be used/);
  });

  it('removes what a killed download left, after a day', async () => {
    await mkdir(join(folder, 'cache'));
    await writeFile(join(folder, 'cache', '.a.gz.1.partial'), 'old');
    await utimes(join(folder, 'cache', '.a.gz.1.partial'), 0, 0);
    await writeFile(join(folder, 'cache', '.a.gz.2.partial'), 'still written');
    await download({ ...options('http://example/'), fetch: async () => new Response(content) });
    expect((await left()).sort()).toEqual(['.a.gz.2.partial', 'a.gz']);
  });

  it('of a killed process is never taken for whole', async () => {
    let sent = (): void => {};
    const halfway = new Promise<void>(resolve => {
      sent = resolve;
    });
    const address = await serve((_, response) => {
      response.setHeader('content-length', content.length).write(content.subarray(0, 200_000), () => sent());
    });
    const files = fileURLToPath(new URL('../../tensor/src/node/write-whole.ts', import.meta.url));
    const script = `
      const { writeWhole } = await import(${JSON.stringify(await compiled(files))});
      const { body } = await fetch(${JSON.stringify(address)});
      await writeWhole(${JSON.stringify(join(folder, 'a.gz'))}, async append => {
        for await (const chunk of body) { await append(chunk); console.log('written'); }
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.all([halfway, new Promise(resolve => child.stdout.once('data', resolve))]);
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const names = await readdir(folder);
    expect(names.some(name => name.endsWith('.partial'))).toBe(true);
    expect(names).not.toContain('a.gz');
  });
});

/** A module that imports no other of ours, as plain JavaScript for a process without vitest. */
async function compiled(file: string): Promise<string> {
  const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const outfile = join(folder, 'compiled.mjs');
  await writeFile(outfile, outputText);
  return outfile;
}

const idx = (shape: number[], values: number[]): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap(size => [0, 0, 0, size]), ...values]);

/** A tiny set in MNIST's form. */
const mnistFiles: Record<string, Uint8Array> = {
  'train-images-idx3-ubyte': idx([2, 1, 1], [5, 6]),
  'train-labels-idx1-ubyte': idx([2], [3, 4]),
  't10k-images-idx3-ubyte': idx([1, 1, 1], [7]),
  't10k-labels-idx1-ubyte': idx([1], [9]),
};
const record = (label: number): Uint8Array => new Uint8Array(3073).fill(label);

describe('openDataset', () => {
  const put = async (files: Record<string, Uint8Array | string>): Promise<string> => {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    return folder;
  };
  const png = (value: number): Uint8Array => encode({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(value) });

  it('makes digits', async () => {
    const { train, test } = await openDataset('digits');
    expect([train.length, test.length]).toEqual([10_000, 2000]);
  });

  it('reads MNIST from a folder, plain or gzip, in both spellings', async () => {
    await put(mnistFiles);
    const plain = await openDataset('mnist', { dataDir: folder });
    expect(await plain.train.read([0, 1])).toEqual({ images: Uint8Array.of(5, 6), labels: Int32Array.of(3, 4) });
    for (const name of Object.keys(mnistFiles)) await rm(join(folder, name));
    await put(
      Object.fromEntries(
        Object.entries(mnistFiles).map(([name, bytes]) => [`${name.replace('-idx', '.idx')}.gz`, gzipSync(bytes)]),
      ),
    );
    const packed = await openDataset('fashion-mnist', { dataDir: folder });
    expect(await packed.test.read([0])).toEqual({ images: Uint8Array.of(7), labels: Int32Array.of(9) });
    expect(packed.test.classes[9]).toBe('Ankle boot');
  });

  it('names what is missing or wrong in a folder', async () => {
    await expect(openDataset('mnist', { dataDir: join(folder, 'none') })).rejects.toThrow(/none: no such file or folder/);
    await expect(openDataset('mnist', { dataDir: folder })).rejects.toThrow(
      /none of train-images-idx3-ubyte, train-images-idx3-ubyte\.gz/,
    );
    await put({ ...mnistFiles, 'train-labels-idx1-ubyte': idx([2], [3]) });
    const error = await rejection(openDataset('mnist', { dataDir: folder }));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      `${join(folder, 'train-labels-idx1-ubyte')} at byte 9: truncated: uint8 [2] needs 10 bytes; the file has 9`,
    );
    await expect(openDataset('mnist', { dataDir: join(folder, 'train-labels-idx1-ubyte') })).rejects.toThrow(
      'a file, where a folder is needed',
    );
  });

  it('reads CIFAR-10 from files, from the folder in it and from the archive', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const files = { 'data_batch_1.bin': record(1), 'test_batch.bin': record(2), 'batches.meta.txt': names.join('\n') };
    const check = async (dataDir: string): Promise<void> => {
      const { train, test } = await openDataset('cifar10', { dataDir });
      expect([(await train.read([0])).labels[0], (await test.read([0])).labels[0]]).toEqual([1, 2]);
      expect(train.classes).toEqual(names);
    };
    await put(files);
    await check(folder);
    await put({ 'data_batch_1.bin.gz': gzipSync(record(1)) });
    // The same file packed beside it, as `gunzip -k` leaves it, is not a second one.
    expect((await openDataset('cifar10', { dataDir: folder })).train.length).toBe(1);
    for (const name of [...Object.keys(files), 'data_batch_1.bin.gz']) await rm(join(folder, name));
    await put(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes])));
    await check(folder);
    await rm(join(folder, 'cifar-10-batches-bin'), { recursive: true });
    await expect(openDataset('cifar10', { dataDir: folder })).rejects.toThrow('no .bin or .bin.gz file in it');
    const entries = Object.entries(files).map(([name, bytes]) => {
      const body = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
      return { header: { name: `cifar-10-batches-bin/${name}`, size: body.length, type: 'file' as const }, body };
    });
    await put({ 'cifar-10-binary.tar.gz': gzipSync(await packTar(entries)) });
    await check(folder);
    await check(join(folder, 'cifar-10-binary.tar.gz'));
  });

  it('reads image folders, links, and archives', async () => {
    await put({
      'train/a/1.png': png(1),
      'train/b/1.png': png(2),
      'test/a/1.png': png(3),
      'left.tar.gz': 'not read, because there are folders',
    });
    await mkdir(join(folder, 'elsewhere'));
    const linked = await mkdtemp(join(tmpdir(), 'cnn-data-'));
    await writeFile(join(linked, '1.png'), png(4));
    await rm(join(folder, 'elsewhere'), { recursive: true });
    await symlink(linked, join(folder, 'train', 'c'));
    await symlink(folder, join(folder, 'train', 'c', 'round'));
    const { train, test } = await openDataset('folder', { dataDir: folder });
    await rm(linked, { recursive: true });
    expect(train).toMatchObject({ length: 3, classes: ['a', 'b', 'c'], shape: [1, 2, 2] });
    expect(test.length).toBe(1);
    for (const name of ['train', 'test', 'left.tar.gz']) await rm(join(folder, name), { recursive: true });
    const archive = (path: string) => packTar([{ header: { name: path, size: png(1).length, type: 'file' }, body: png(1) }]);
    await put({ '1.tgz': gzipSync(await archive('train/a/1.png')), '2.tar': await archive('test/a/1.png') });
    const packed = await openDataset('folder', { dataDir: folder, folder: { size: 4, channels: 3 } });
    expect([packed.train.length, packed.test.length, ...packed.train.shape]).toEqual([1, 1, 3, 4, 4]);
    const one = await openDataset('folder', { dataDir: join(folder, '1.tgz'), folder: { testFraction: 0 } });
    expect(one.train.length).toBe(1);
  });

  it('refuses unknown names and options that do not go together', async () => {
    await expect(openDataset('imagenet' as 'mnist')).rejects.toThrow(/option 'name' is 'imagenet'; allowed: 'digits', 'mnist'/);
    await expect(openDataset('folder')).rejects.toThrow(/option 'dataDir' is undefined/);
    await expect(openDataset('digits', { dataDir: folder })).rejects.toThrow(OptionError);
    await expect(openDataset('mnist', { dataDir: folder, folder: { size: 2 } })).rejects.toThrow(OptionError);
    await expect(openDataset('mnist', { datadir: folder } as OpenOptions)).rejects.toThrow(/no option of this name/);
  });

  it('never uses a download with a wrong checksum, and asks the official addresses', async () => {
    const asked: string[] = [];
    const fetch = async (address: unknown) => {
      asked.push(String(address));
      return new Response('not it');
    };
    for (const name of ['mnist', 'fashion-mnist', 'cifar10'] as const) {
      const error = await rejection(openDataset(name, { cacheDir: folder, fetch }));
      expect(error).toBeInstanceOf(CnnError);
      expect(error.message).toMatch(/wrong checksum/);
      expect(await readdir(join(folder, name))).toEqual([]);
    }
    expect(asked).toEqual([
      'https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz',
      'https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz',
      'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    ]);
    expect(await cachedData({ cacheDir: folder })).toEqual([]);
  });

  it.skipIf(!existsSync(shared))('reads the real sets where they are there', async () => {
    const { train } = await openDataset('fashion-mnist', { dataDir: join(shared, 'fashion-mnist') });
    expect([train.length, ...train.shape]).toEqual([60_000, 1, 28, 28]);
    const cifar = await openDataset('cifar10', { dataDir: join(shared, 'cifar-10', 'lossless') });
    expect([cifar.train.length, cifar.test.length]).toEqual([4000, 1000]);
  });
});

describe('cacheFolder and cachedData', () => {
  it('follow the environment', () => {
    vi.stubEnv('CNN_CACHE_DIR', '/x/y');
    expect(cacheFolder()).toBe('/x/y');
    vi.stubEnv('CNN_CACHE_DIR', '');
    vi.stubEnv('XDG_CACHE_HOME', '/x');
    expect(cacheFolder()).toBe(join('/x', 'cnn'));
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', '/home/me');
    expect(cacheFolder()).toBe(join('/home/me', '.cache', 'cnn'));
  });

  it('lists what is there', async () => {
    expect(await cachedData({ cacheDir: join(folder, 'none') })).toEqual([]);
    await mkdir(join(folder, 'mnist'));
    await writeFile(join(folder, 'mnist', 't10k-labels-idx1-ubyte.gz'), '1234');
    await writeFile(join(folder, 'mnist', '.train-images-idx3-ubyte.gz.1.partial'), '1234');
    expect(await cachedData({ cacheDir: folder })).toEqual([
      {
        name: 'mnist',
        folder: join(folder, 'mnist'),
        files: [{ name: 't10k-labels-idx1-ubyte.gz', bytes: 4 }],
        bytes: 4,
        complete: false,
      },
    ]);
  });
});
