/** Datasets of image files that lie in folders named after their classes. */
import { checkOptions, FormatError, OptionError, option, randomKey, randomPermutation, UsageError } from '@cnn/tensor';
import { arrayDataset, type DatasetPair, type ImageShape, sizeOf, subset } from './dataset.js';
import { decodeImage, fitImage, type Image } from './image.js';
import type { OnProgress } from './progress.js';

/** An image file, on disk or in an archive. */
export interface ImageFile {
  /** Its path from the top of the set, with '/': `train/cat/1.png`. */
  readonly path: string;
  /** Its name in messages. */
  readonly source: string;
  /** Its bytes. */
  read(): Uint8Array | Promise<Uint8Array>;
}

/** Options of {@link imageFolders}. */
export interface ImageFoldersOptions {
  /** What the set is called. Default `folder`. */
  readonly name?: string;
  /** Height and width that each image is scaled and cut to, or one number for both. Default: the images' own size, if all share it. */
  readonly size?: number | readonly [height: number, width: number];
  /** 1 for grey, 3 for colour. Default: 1 if all files are grey, otherwise 3. */
  readonly channels?: 1 | 3;
  /** The part of each class that is the test set, where the folders do not say. Default 0.2. */
  readonly testFraction?: number;
  /** Names the choice of that part and the order of the items. Default 0. */
  readonly seed?: number;
  /** The colour behind transparent pixels. Default white. */
  readonly background?: readonly [red: number, green: number, blue: number];
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

interface LabelledFile extends ImageFile {
  readonly part: 'train' | 'test' | undefined;
  readonly className: string;
}

const READ = /\.(png|jpe?g)$/i;
const NOT_READ = /\.(gif|webp|bmp|tiff?|avif|heic|heif|jxl|jp2|svg)$/i;
const PAUSE_EVERY = 64;

/**
 * A dataset of PNG and JPEG files: `train/CLASS/…` and `test/CLASS/…`, or `CLASS/…` alone, which is split class by class.
 * Folders around all of it are passed over, hidden files and files that are no images left out. Classes are sorted by name. The
 * images are decoded once, into memory; their order is mixed by the seed, so that the first n items are a fair sample.
 * Decoding runs on the calling thread: 60,000 JPEGs of 32x32 take 8 s of one core, once a run, and workers would save at most
 * half of that on two cores.
 *
 * @throws {FormatError} for a set without images, an image outside of a class folder, a class that only the test set has, an image
 * format that is not read, or a damaged file; it names the file.
 * @throws {OptionError} for images of several sizes without the option `size`.
 */
export async function imageFolders(files: readonly ImageFile[], options: ImageFoldersOptions = {}): Promise<DatasetPair> {
  checkOptions('imageFolders', options, {
    name: option.text,
    size: option.either(option.count, option.list(option.count, 2)),
    channels: option.oneOf(1, 3),
    testFraction: option.between(0, 1, { openEnd: true }),
    seed: option.integer,
    background: option.list(option.between(0, 255), 3),
    onProgress: option.any,
    signal: option.any,
  });
  const { name = 'folder', testFraction = 0.2, seed = 0 } = options;
  const labelled = sortByPath(labelFiles(files, name));
  const classes = [...new Set(labelled.filter(file => file.part !== 'test').map(file => file.className))].sort();
  const stray = labelled.find(file => !classes.includes(file.className));
  if (stray) throw new FormatError(stray.source, `class '${stray.className}' has no training image`);

  const labels = labelled.map(file => classes.indexOf(file.className));
  const { images, shape } = await decodeAll(labelled, name, options);
  const all = arrayDataset({ name, images, labels, shape, classes });
  const isTest = testItems(labelled, labels, classes, testFraction, seed);
  const order = Array.from(randomPermutation(labelled.length, randomKey('folder', 'order', seed)));
  return {
    train: subset(
      all,
      order.filter(i => !isTest[i]),
      `${name} train`,
    ),
    test: subset(
      all,
      order.filter(i => isTest[i]),
      `${name} test`,
    ),
  };
}

/** Reads part and class from the paths. */
function labelFiles(files: readonly ImageFile[], name: string): LabelledFile[] {
  let found = files
    .map(file => ({ file, parts: file.path.split('/').filter(part => part !== '' && part !== '.') }))
    .filter(({ parts }) => !parts.some(part => part.startsWith('.') || part === '__MACOSX'));
  const notRead = found.find(({ file }) => NOT_READ.test(file.path));
  if (notRead) throw new FormatError(notRead.file.source, 'only PNG and JPEG images are read');
  found = found.filter(({ file }) => READ.test(file.path));
  if (found.length === 0) throw new FormatError(name, 'no PNG or JPEG image in it');

  const isPart = (part: string | undefined): part is 'train' | 'test' => part === 'train' || part === 'test';
  const top = (): string => found[0]!.parts[0]!;
  while (!isPart(top()) && found.every(({ parts }) => parts[0] === top() && parts.length > 2)) {
    found = found.map(({ file, parts }) => ({ file, parts: parts.slice(1) }));
  }
  const inParts = found.some(({ parts }) => isPart(parts[0]));
  const seen = new Set<string>();
  return found.map(({ file, parts }) => {
    const part = inParts ? parts[0] : undefined;
    if (inParts && !isPart(part))
      throw new FormatError(file.source, `lies beside the folders 'train' and 'test', not in one of them`);
    if (parts.length < (inParts ? 3 : 2)) throw new FormatError(file.source, 'lies in no class folder');
    const path = parts.join('/');
    if (seen.has(path)) throw new FormatError(file.source, `a second file of the path ${path}`);
    seen.add(path);
    return {
      path,
      source: file.source,
      read: () => file.read(),
      part: part as LabelledFile['part'],
      className: parts[inParts ? 1 : 0]!,
    };
  });
}

const sortByPath = (files: readonly LabelledFile[]): LabelledFile[] => [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

/** Which items are the test set: those in its folder, or a part of each class that is chosen by chance. */
function testItems(
  files: readonly LabelledFile[],
  labels: readonly number[],
  classes: readonly string[],
  fraction: number,
  seed: number,
): boolean[] {
  if (files.some(file => file.part === 'test')) return files.map(file => file.part === 'test');
  const isTest = files.map(() => false);
  classes.forEach((className, label) => {
    const items = [...labels.keys()].filter(i => labels[i] === label);
    const order = randomPermutation(items.length, randomKey('folder', 'split', className, seed));
    // At least one of each class, but never its only one.
    const count = fraction === 0 ? 0 : Math.min(items.length - 1, Math.max(1, Math.round(items.length * fraction)));
    for (const chosen of order.subarray(0, count)) isTest[items[chosen]!] = true;
  });
  return isTest;
}

async function decodeAll(
  files: readonly LabelledFile[],
  name: string,
  { size, channels, background, onProgress, signal }: ImageFoldersOptions,
): Promise<{ images: Uint8Array; shape: ImageShape }> {
  let planes: Uint8Array | undefined;
  let shape: ImageShape = [3, 0, 0];
  let allGrey = true;
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted();
    const image = decodeImage(await file.read(), file.source, background ? { background } : {});
    if (!planes) {
      shape = [channels ?? 3, ...(size === undefined ? ([image.height, image.width] as const) : pair(size))];
      planes = allocate(files.length, shape, name);
    }
    if (size === undefined) checkSize(image, file, shape, files[0]!);
    planes.set(fitImage(image, shape), i * sizeOf(shape));
    allGrey &&= image.channels === 1;
    onProgress?.({ stage: 'decode', name, done: i + 1, total: files.length, unit: 'images' });
    // Files of an archive come without waiting; timers and signals need a turn now and then.
    if (i % PAUSE_EVERY === 0) await new Promise(resolve => setTimeout(resolve));
  }
  if (channels !== undefined || !allGrey) return { images: planes!, shape };
  const plane = shape[1] * shape[2];
  const grey = new Uint8Array(files.length * plane);
  for (let i = 0; i < files.length; i++) grey.set(planes!.subarray(i * 3 * plane, i * 3 * plane + plane), i * plane);
  return { images: grey, shape: [1, shape[1], shape[2]] };
}

const pair = (size: number | readonly [number, number]): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

function checkSize(image: Image, file: ImageFile, shape: ImageShape, first: ImageFile): void {
  if (image.height === shape[1] && image.width === shape[2]) return;
  throw new OptionError(
    'imageFolders',
    'size',
    undefined,
    `a size, because images differ: ${first.source} is ${shape[1]}x${shape[2]} (height x width), ${file.source} is ${image.height}x${image.width}`,
  );
}

function allocate(count: number, shape: ImageShape, name: string): Uint8Array {
  try {
    return new Uint8Array(count * sizeOf(shape));
  } catch (cause) {
    throw new UsageError(`${name}: ${count} images [${shape.join(', ')}] do not fit into memory; give a smaller 'size'`, {
      cause,
    });
  }
}
