import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { checkOptions, FormatError, OptionError, option } from '@cnn/tensor';
import { CIFAR10_CLASSES, cifar10From, parseCifar10Classes } from '../cifar.js';
import type { DatasetPair } from '../dataset.js';
import { digits } from '../digits.js';
import { type ImageFile, type ImageFoldersOptions, imageFolders } from '../folders.js';
import { MAX_UNPACKED_BYTES } from '../gzip.js';
import { FASHION_MNIST_CLASSES, MNIST_CLASSES, mnistFrom, type NamedBytes } from '../idx.js';
import { MAX_IMAGE_BYTES } from '../image.js';
import type { OnProgress } from '../progress.js';
import { untar } from '../tar.js';
import { cacheFolder } from './cache.js';
import { download } from './download.js';
import { readBytes } from './read-bytes.js';
import { SOURCES, type Source } from './sources.js';

const NAMES = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'folder'] as const;

/** The datasets that {@link openDataset} knows. */
export type DatasetName = (typeof NAMES)[number];

/** Options of {@link openDataset}. */
export interface OpenOptions {
  /** A folder with the set's files, or an archive of them; nothing is downloaded. `folder` needs it, `digits` takes none. */
  readonly dataDir?: string;
  /** Where downloads are kept. Default: {@link cacheFolder}. */
  readonly cacheDir?: string;
  /** How image files of `folder` are read. */
  readonly folder?: Pick<ImageFoldersOptions, 'size' | 'channels' | 'testFraction' | 'seed' | 'background'>;
  readonly onProgress?: OnProgress;
  /** Ends downloading and decoding. */
  readonly signal?: AbortSignal;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Opens a dataset by name.
 *
 * - `digits`: generated, no files.
 * - `mnist`, `fashion-mnist`: `train-images-idx3-ubyte` and its three companions, also as `train-images.idx3-ubyte`, plain or `.gz`.
 * - `cifar10`: `.bin` or `.bin.gz` files, whole or in part, those that begin with `test` for testing; also in `cifar-10-batches-bin`
 *   or the official `cifar-10-binary.tar.gz`.
 * - `folder`: PNG and JPEG in class folders, see `imageFolders`; also `.tar`, `.tar.gz` or `.tgz` archives of them.
 *
 * Files in `dataDir` are checked by structure. Without it, `mnist`, `fashion-mnist` and `cifar10` come from the cache, and
 * what is not there, or has changed, is downloaded from the official address; both are held against the published checksum.
 *
 * @throws {OptionError} for an unknown name or option.
 * @throws {FormatError} for missing, damaged or inconsistent files; it names the file and, where known, the byte.
 * @throws {DownloadError} if a download fails; nothing half-written is left.
 */
export async function openDataset(name: DatasetName, options: OpenOptions = {}): Promise<DatasetPair> {
  if (!NAMES.includes(name)) throw new OptionError('openDataset', 'name', name, NAMES.map(known => `'${known}'`).join(', '));
  checkOptions('openDataset', options, {
    dataDir: option.text,
    cacheDir: option.text,
    folder: option.any,
    onProgress: option.any,
    signal: option.any,
    fetch: option.any,
  });
  const { dataDir, folder } = options;
  if (folder && name !== 'folder')
    throw new OptionError('openDataset', 'folder', folder, `nothing; only the dataset 'folder' takes it`);
  switch (name) {
    case 'digits':
      if (dataDir !== undefined) throw new OptionError('openDataset', 'dataDir', dataDir, `nothing; 'digits' are generated`);
      return digits();
    case 'mnist':
    case 'fashion-mnist': {
      const classes = name === 'mnist' ? MNIST_CLASSES : FASHION_MNIST_CLASSES;
      return openMnist(dataDir ?? (await cached(name, SOURCES[name], options)), name, classes);
    }
    case 'cifar10':
      return openCifar10(dataDir ?? (await cached(name, SOURCES.cifar10, options)));
    case 'folder': {
      if (dataDir === undefined)
        throw new OptionError('openDataset', 'dataDir', dataDir, `a path; the dataset 'folder' needs it`);
      const { onProgress, signal } = options;
      return imageFolders(await imageFiles(dataDir), {
        name: dataDir,
        ...folder,
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
      });
    }
  }
}

/** The set's folder in the cache, with every file there and checked. */
async function cached(name: string, source: Source, options: OpenOptions): Promise<string> {
  const { cacheDir = cacheFolder(), onProgress, signal, fetch } = options;
  const folder = join(cacheDir, name);
  for (const [fileName, md5] of Object.entries(source.files)) {
    const file = join(folder, fileName);
    const present = await readBytes(file, MAX_UNPACKED_BYTES).catch(() => undefined);
    if (present && createHash('md5').update(present).digest('hex') === md5) continue;
    await download({
      addresses: source.addresses.map(address => address + fileName),
      file,
      md5,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      ...(fetch && { fetch }),
    });
  }
  return folder;
}

async function openMnist(folder: string, name: string, classes: readonly string[]): Promise<DatasetPair> {
  const present = await filesIn(folder);
  const find = async (part: string, kind: string): Promise<NamedBytes> => {
    const names = [`${part}-${kind}-ubyte`, `${part}.${kind}-ubyte`].flatMap(plain => [plain, `${plain}.gz`]);
    const found = names.find(candidate => present.includes(candidate));
    if (!found) throw new FormatError(folder, `none of ${names.join(', ')} in it`);
    const source = join(folder, found);
    return { source, bytes: await readBytes(source, MAX_UNPACKED_BYTES) };
  };
  const files = {
    trainImages: await find('train-images', 'idx3'),
    trainLabels: await find('train-labels', 'idx1'),
    testImages: await find('t10k-images', 'idx3'),
    testLabels: await find('t10k-labels', 'idx1'),
  };
  return mnistFrom(files, { name, classes });
}

async function openCifar10(path: string): Promise<DatasetPair> {
  const files = await cifar10Files(path);
  const meta = files.find(file => baseName(file.source) === 'batches.meta.txt');
  const records = files.filter(file => isCifarFile(baseName(file.source)));
  if (records.length === 0) throw new FormatError(path, 'no .bin or .bin.gz file in it');
  return cifar10From(records, { classes: meta ? parseCifar10Classes(meta.bytes, meta.source) : CIFAR10_CLASSES });
}

const baseName = (source: string): string => source.split(/[\\/]/).at(-1)!;
const isCifarFile = (name: string): boolean => /\.bin(\.gz)?$/.test(name);

/** Record files and class names from a folder, from `cifar-10-batches-bin` in it, or from an archive. */
async function cifar10Files(path: string): Promise<NamedBytes[]> {
  if (await isFile(path)) {
    const entries = await untar(await readBytes(path, MAX_UNPACKED_BYTES), path);
    return entries.map(entry => ({ source: `${path}/${entry.path}`, bytes: entry.bytes }));
  }
  const present = await filesIn(path);
  // `gunzip -k` leaves a file beside its archive; its images are there once.
  const isTwice = (name: string): boolean => name.endsWith('.gz') && present.includes(name.slice(0, -3));
  const wanted = present.filter(name => (isCifarFile(name) && !isTwice(name)) || name === 'batches.meta.txt');
  if (wanted.some(isCifarFile)) {
    const sources = wanted.map(name => join(path, name));
    return Promise.all(sources.map(async source => ({ source, bytes: await readBytes(source, MAX_UNPACKED_BYTES) })));
  }
  for (const inside of ['cifar-10-batches-bin', 'cifar-10-binary.tar.gz']) {
    if (present.includes(inside)) return cifar10Files(join(path, inside));
  }
  return [];
}

/** The image files of an archive, or of a folder and everything in it; a folder without folders may hold archives instead. */
async function imageFiles(path: string): Promise<ImageFile[]> {
  if (await isFile(path)) return archiveFiles(path);
  const entries = await filesIn(path);
  const folders = await Promise.all(entries.map(async name => !(await isFile(join(path, name)))));
  const archives = folders.includes(true) ? [] : entries.filter(name => /\.(tar|tar\.gz|tgz)$/i.test(name));
  if (archives.length === 0) return folderFiles(path, path, []);
  const files: ImageFile[] = [];
  for (const archive of archives) files.push(...(await archiveFiles(join(path, archive))));
  return files;
}

async function archiveFiles(archive: string): Promise<ImageFile[]> {
  const entries = await untar(await readBytes(archive, MAX_UNPACKED_BYTES), archive);
  return entries.map(({ path, bytes }) => ({ path, source: `${archive}/${path}`, read: () => bytes }));
}

/** All files below a folder. Links are followed, but not into a folder that holds them. */
async function folderFiles(top: string, folder: string, around: readonly string[]): Promise<ImageFile[]> {
  const here = await realpath(folder);
  if (around.includes(here)) return [];
  const files: ImageFile[] = [];
  for (const name of await readdir(folder)) {
    const source = join(folder, name);
    if (await isFile(source)) {
      files.push({ path: relative(top, source).split(sep).join('/'), source, read: () => readBytes(source, MAX_IMAGE_BYTES) });
    } else {
      files.push(...(await folderFiles(top, source, [...around, here])));
    }
  }
  return files;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new FormatError(path, 'no such file or folder');
  return found.isFile();
}

async function filesIn(folder: string): Promise<string[]> {
  if (await isFile(folder)) throw new FormatError(folder, 'a file, where a folder is needed');
  return (await readdir(folder)).sort();
}
