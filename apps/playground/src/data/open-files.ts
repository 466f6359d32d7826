/** Datasets out of files that were dropped on the page. Loaded when the first file is. */
import {
  cifar10From,
  type DatasetPair,
  FASHION_MNIST_CLASSES,
  type ImageFile,
  imageFolders,
  mnistFrom,
  type NamedBytes,
  parseCifar10Classes,
  untar,
} from '@cnn/data';
import { FormatError, OptionError } from '@cnn/tensor';
import type { DroppedFile } from '../protocol.js';

/** Images of different or large sizes are scaled to this. */
const COMMON_SIZE = 32;
const LARGEST_SIZE = 64;

const PICTURE = /\.(png|jpe?g)$/i;
const IDX = /idx[13]?[-.]ubyte/i;
const ARCHIVE = /\.(tar|tgz|tar\.gz)$/i;

/** What is read of a dropped file, and when. */
interface Source {
  readonly path: string;
  read(): Promise<Uint8Array>;
}

/**
 * The dataset in some files: the four files of MNIST or Fashion-MNIST, the batches of CIFAR-10's binary version or its archive, or PNG
 * and JPEG images in folders by class.
 *
 * @throws {FormatError} for files that are none of these, are damaged, or lack one that belongs to them.
 */
export async function openFiles(files: readonly DroppedFile[]): Promise<DatasetPair> {
  const sources = files
    .filter(({ path }) => !path.split('/').some(part => part.startsWith('.')))
    .map(({ path, file }): Source => ({ path, read: async () => new Uint8Array(await file.arrayBuffer()) }));
  const archive = sources.find(({ path }) => ARCHIVE.test(path));
  return datasetOf(archive ? await unpack(archive) : sources);
}

async function unpack({ path, read }: Source): Promise<Source[]> {
  const entries = await untar(await read(), path);
  return entries.map(({ path, bytes }) => ({ path, read: async () => bytes }));
}

async function datasetOf(sources: readonly Source[]): Promise<DatasetPair> {
  if (sources.some(({ path }) => IDX.test(path))) return mnist(sources.filter(({ path }) => IDX.test(path)));
  if (sources.some(({ path }) => path.endsWith('.bin'))) return cifar10(sources);
  if (sources.some(({ path }) => PICTURE.test(path))) return pictures(sources);
  const names =
    sources
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ') || 'nothing';
  throw new FormatError(
    names,
    'not read here; drop the four files of MNIST (…-idx3-ubyte, …-idx1-ubyte), the .bin files of CIFAR-10, or folders of PNG and JPEG images, one a class',
  );
}

/** Who is who of MNIST's files: a pattern of the name, and the name as it is published. */
const roles = {
  trainImages: [/train.*images/i, 'train-images-idx3-ubyte'],
  trainLabels: [/train.*labels/i, 'train-labels-idx1-ubyte'],
  testImages: [/(t10k|test).*images/i, 't10k-images-idx3-ubyte'],
  testLabels: [/(t10k|test).*labels/i, 't10k-labels-idx1-ubyte'],
} as const;

async function mnist(sources: readonly Source[]): Promise<DatasetPair> {
  const paths = sources.map(({ path }) => path).join(', ');
  const find = (role: keyof typeof roles): Source | undefined =>
    sources.find(({ path }) => roles[role][0].test(path.split('/').at(-1)!));
  const missing = Object.keys(roles).filter(role => !find(role as keyof typeof roles));
  if (missing.length > 0) {
    throw new FormatError(paths, `drop it together with ${missing.map(role => roles[role as keyof typeof roles][1]).join(', ')}`);
  }
  const bytesOf = async (role: keyof typeof roles): Promise<NamedBytes> => {
    const { path, read } = find(role)!;
    return { source: path, bytes: await read() };
  };
  const files = {
    trainImages: await bytesOf('trainImages'),
    trainLabels: await bytesOf('trainLabels'),
    testImages: await bytesOf('testImages'),
    testLabels: await bytesOf('testLabels'),
  };
  const isFashion = /fashion/i.test(paths);
  return mnistFrom(files, isFashion ? { name: 'fashion-mnist', classes: FASHION_MNIST_CLASSES } : {});
}

async function cifar10(sources: readonly Source[]): Promise<DatasetPair> {
  const batches: NamedBytes[] = [];
  for (const { path, read } of sources) if (path.endsWith('.bin')) batches.push({ source: path, bytes: await read() });
  const names = sources.find(({ path }) => path.endsWith('batches.meta.txt'));
  return cifar10From(batches, names ? { classes: parseCifar10Classes(await names.read(), names.path) } : {});
}

async function pictures(sources: readonly Source[]): Promise<DatasetPair> {
  const files = sources.map(({ path, read }): ImageFile => ({ path, source: path, read }));
  try {
    const pair = await imageFolders(files, { name: 'your images' });
    const [, height, width] = pair.train.shape;
    if (Math.max(height, width) <= LARGEST_SIZE) return pair;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
  }
  return imageFolders(files, { name: 'your images', size: COMMON_SIZE });
}
