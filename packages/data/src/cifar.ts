/**
 * The binary form of CIFAR-10 (Krizhevsky, 2009): records of 3,073 bytes, one for the label, then 1,024 red, 1,024 green
 * and 1,024 blue ones, row-major, without a header.
 */
import { FormatError } from '@cnn/tensor';
import { arrayDataset, type Dataset, type DatasetPair, type ImageShape } from './dataset.js';
import { unpacked } from './gzip.js';
import type { NamedBytes } from './idx.js';

const SHAPE: ImageShape = [3, 32, 32];
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;

/** The classes of CIFAR-10, as in its `batches.meta.txt`. */
export const CIFAR10_CLASSES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * Reads a file of CIFAR-10 records, any number from one.
 *
 * @param source - The file's name, for messages.
 * @returns images `[n, 3, 32, 32]` and labels `[n]`, copied.
 * @throws {FormatError} for an empty file, a cut record or a label above 9; it names the record and the byte.
 */
export function parseCifar10(bytes: Uint8Array, source: string): { images: Uint8Array; labels: Int32Array } {
  const count = Math.floor(bytes.length / RECORD);
  if (bytes.length === 0) throw new FormatError(source, 'no records: the file is empty', 0);
  if (bytes.length !== count * RECORD) {
    throw new FormatError(
      source,
      `${bytes.length} bytes are no whole number of records of ${RECORD}: record ${count} has ${bytes.length - count * RECORD}`,
      count * RECORD,
    );
  }
  const images = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  for (let record = 0; record < count; record++) {
    const at = record * RECORD;
    const label = bytes[at]!;
    if (label >= CIFAR10_CLASSES.length) throw new FormatError(source, `label ${label} of record ${record} is above 9`, at);
    labels[record] = label;
    images.set(bytes.subarray(at + 1, at + RECORD), record * PIXELS);
  }
  return { images, labels };
}

/** Reads `batches.meta.txt`, a class name a line. Throws a {@link FormatError} if there are not ten. */
export function parseCifar10Classes(bytes: Uint8Array, source: string): string[] {
  const names = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map(line => line.trim());
  const classes = names.filter(name => name !== '');
  if (classes.length !== CIFAR10_CLASSES.length) {
    throw new FormatError(source, `${classes.length} class names; CIFAR-10 has ${CIFAR10_CLASSES.length}`);
  }
  return classes;
}

/**
 * CIFAR-10, whole or in part, from its record files, plain or gzip. Files whose name begins with `test` are the test set and
 * the rest the training set, each in the order of their names.
 *
 * @throws {FormatError} as {@link parseCifar10}, and if training or test set would be empty.
 */
export async function cifar10From(
  files: readonly NamedBytes[],
  { name = 'cifar10', classes = CIFAR10_CLASSES }: { readonly name?: string; readonly classes?: readonly string[] } = {},
): Promise<DatasetPair> {
  const fileName = (source: string): string => source.split(/[\\/]/).at(-1)!;
  const sorted = [...files].sort((a, b) => (fileName(a.source) < fileName(b.source) ? -1 : 1));
  const isTest = ({ source }: NamedBytes): boolean => fileName(source).startsWith('test');
  const join = async (part: string, chosen: readonly NamedBytes[]): Promise<Dataset> => {
    if (chosen.length === 0) {
      const found = files.map(({ source }) => fileName(source)).join(', ') || 'no file';
      throw new FormatError(
        `${name} ${part}`,
        `no file for it; names that begin with 'test' are the test set; there is ${found}`,
      );
    }
    const parts: ReturnType<typeof parseCifar10>[] = [];
    for (const { source, bytes } of chosen) parts.push(parseCifar10(await unpacked(bytes, source), source));
    const labels = parts.flatMap(batch => Array.from(batch.labels));
    const images = new Uint8Array(labels.length * PIXELS);
    let at = 0;
    for (const batch of parts) {
      images.set(batch.images, at);
      at += batch.images.length;
    }
    return arrayDataset({ name: `${name} ${part}`, images, labels, shape: SHAPE, classes });
  };
  return {
    train: await join(
      'train',
      sorted.filter(file => !isTest(file)),
    ),
    test: await join('test', sorted.filter(isTest)),
  };
}
