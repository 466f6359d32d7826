/**
 * IDX, the format of MNIST and Fashion-MNIST: two zero bytes, a byte for the dtype, a byte for the number of dimensions,
 * each dimension as a big-endian 32-bit number, then the values, big-endian and row-major.
 */
import { FormatError } from '@cnn/tensor';
import { arrayDataset, type Dataset, type DatasetPair } from './dataset.js';
import { unpacked } from './gzip.js';

/** A file's bytes and its name, which messages use. */
export interface NamedBytes {
  readonly source: string;
  readonly bytes: Uint8Array;
}

/** The numbers of an IDX file, in the type that its header names. */
export type IdxArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** What an IDX file holds. */
export interface IdxFile {
  readonly dtype: 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: IdxArray;
}

const DTYPES: Readonly<Record<number, { dtype: IdxFile['dtype']; bytes: number }>> = {
  8: { dtype: 'uint8', bytes: 1 },
  9: { dtype: 'int8', bytes: 1 },
  11: { dtype: 'int16', bytes: 2 },
  12: { dtype: 'int32', bytes: 4 },
  13: { dtype: 'float32', bytes: 4 },
  14: { dtype: 'float64', bytes: 8 },
};

/**
 * Reads an IDX file. Bytes are a view of the file, wider values a copy.
 *
 * @param source - The file's name, for messages.
 * @throws {FormatError} for a wrong magic number or dtype, and for a file shorter or longer than its header says; it names the byte.
 */
export function parseIdx(bytes: Uint8Array, source: string): IdxFile {
  if (bytes.length < 4) throw new FormatError(source, `an IDX header needs 4 bytes; the file has ${bytes.length}`, bytes.length);
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw new FormatError(source, `not an IDX file: it begins with bytes ${bytes[0]}, ${bytes[1]} instead of 0, 0`, 0);
  }
  const found = DTYPES[bytes[2]!];
  if (!found) throw new FormatError(source, `unknown dtype ${bytes[2]}; known: ${Object.keys(DTYPES).join(', ')}`, 2);
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (rank === 0) throw new FormatError(source, 'no dimensions', 3);
  if (bytes.length < start) {
    throw new FormatError(
      source,
      `truncated: a header of ${rank} dimensions needs ${start} bytes; the file has ${bytes.length}`,
      bytes.length,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = shape.reduce((product, size) => product * size, 1);
  const end = start + length * found.bytes;
  const expected = `${found.dtype} [${shape.join(', ')}] needs ${end} bytes; the file has ${bytes.length}`;
  if (bytes.length < end) throw new FormatError(source, `truncated: ${expected}`, bytes.length);
  if (bytes.length > end) throw new FormatError(source, `trailing bytes: ${expected}`, end);
  return { dtype: found.dtype, shape, data: readValues(found.dtype, bytes, view, start, length) };
}

function readValues(dtype: IdxFile['dtype'], bytes: Uint8Array, view: DataView, start: number, length: number): IdxArray {
  const each = <T extends IdxArray>(array: T, get: (at: number) => number): T => {
    for (let i = 0; i < length; i++) array[i] = get(start + i * array.BYTES_PER_ELEMENT);
    return array;
  };
  switch (dtype) {
    case 'uint8':
      return bytes.subarray(start);
    case 'int8':
      return each(new Int8Array(length), at => view.getInt8(at));
    case 'int16':
      return each(new Int16Array(length), at => view.getInt16(at));
    case 'int32':
      return each(new Int32Array(length), at => view.getInt32(at));
    case 'float32':
      return each(new Float32Array(length), at => view.getFloat32(at));
    case 'float64':
      return each(new Float64Array(length), at => view.getFloat64(at));
  }
}

/** What {@link idxDataset} makes a dataset of: the files are plain or gzip. */
export interface IdxDatasetOptions {
  readonly name: string;
  /** uint8 `[n, h, w]`. */
  readonly images: NamedBytes;
  /** uint8 `[n]`. */
  readonly labels: NamedBytes;
  readonly classes: readonly string[];
}

/**
 * A dataset of grey images, `[1, h, w]`, from an IDX file of images and one of labels.
 *
 * @throws {FormatError} for files that break the format, that hold something else, that differ in length, or with a label that
 * is no class; it names the file and the byte.
 */
export async function idxDataset({ name, images, labels, classes }: IdxDatasetOptions): Promise<Dataset> {
  const imageFile = parseIdx(await unpacked(images.bytes, images.source), images.source);
  const labelFile = parseIdx(await unpacked(labels.bytes, labels.source), labels.source);
  const [count, height, width] = imageFile.shape;
  if (imageFile.dtype !== 'uint8' || imageFile.shape.length !== 3) {
    throw new FormatError(
      images.source,
      `holds ${imageFile.dtype} [${imageFile.shape.join(', ')}]; images are uint8 [n, h, w]`,
      2,
    );
  }
  if (labelFile.dtype !== 'uint8' || labelFile.shape.length !== 1) {
    throw new FormatError(labels.source, `holds ${labelFile.dtype} [${labelFile.shape.join(', ')}]; labels are uint8 [n]`, 2);
  }
  if (labelFile.shape[0] !== count) {
    throw new FormatError(labels.source, `${labelFile.shape[0]} labels for the ${count} images of ${images.source}`, 4);
  }
  if (count === 0 || height === 0 || width === 0) {
    throw new FormatError(images.source, `no pixels: the images are [${imageFile.shape.join(', ')}]`, 4);
  }
  const wrong = labelFile.data.findIndex(label => label >= classes.length);
  if (wrong !== -1) {
    throw new FormatError(
      labels.source,
      `label ${labelFile.data[wrong]} of item ${wrong} is no class; there are ${classes.length}`,
      8 + wrong,
    );
  }
  return arrayDataset({
    name,
    images: imageFile.data as Uint8Array,
    labels: labelFile.data,
    shape: [1, height!, width!],
    classes,
  });
}

/** The classes of MNIST. */
export const MNIST_CLASSES: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** The classes of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017). */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** The four files of a set in MNIST's form, plain or gzip. */
export interface MnistFiles {
  readonly trainImages: NamedBytes;
  readonly trainLabels: NamedBytes;
  readonly testImages: NamedBytes;
  readonly testLabels: NamedBytes;
}

/**
 * MNIST, or a set in its form, from its four files.
 *
 * @throws {FormatError} as {@link idxDataset}, and if training and test images differ in size.
 */
export async function mnistFrom(
  files: MnistFiles,
  { name = 'mnist', classes = MNIST_CLASSES }: { readonly name?: string; readonly classes?: readonly string[] } = {},
): Promise<DatasetPair> {
  const train = await idxDataset({ name: `${name} train`, images: files.trainImages, labels: files.trainLabels, classes });
  const test = await idxDataset({ name: `${name} test`, images: files.testImages, labels: files.testLabels, classes });
  if (train.shape.join() !== test.shape.join()) {
    throw new FormatError(
      files.testImages.source,
      `images of ${test.shape[1]}x${test.shape[2]}, where ${files.trainImages.source} has ${train.shape[1]}x${train.shape[2]}`,
      8,
    );
  }
  return { train, test };
}
