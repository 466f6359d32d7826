/**
 * The safetensors format: 8 bytes with the header's length, a JSON header that says of each tensor its dtype, shape and place,
 * then the tensors' bytes, little-endian, without gaps (https://github.com/huggingface/safetensors#format).
 */
import {
  arrayTypes,
  byteLengthOf,
  checkShape,
  type DType,
  DTypeError,
  FormatError,
  type Shape,
  ShapeError,
  show,
  showShape,
  sizeOf,
  type TypedArray,
  UsageError,
} from '@cnn/tensor';

/** A named array in a file. */
export interface SafetensorsTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: TypedArray;
}

/** What a file holds. */
export interface Safetensors {
  /** What errors call the file. */
  readonly source: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Free text by key, the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const METADATA = '__metadata__';
/** The limit that the format's own library sets. */
const MAX_HEADER_BYTES = 100_000_000;

/** How a dtype of the format is read. */
interface FileType {
  readonly bytes: number;
  readonly dtype: DType;
  /** Gives the numbers of `count` elements from a place in the file; `fail` refuses the element of an index. */
  read(view: DataView, at: number, count: number, fail: (index: number, problem: string) => never): TypedArray;
}

/** Elements that are stored as the host has them: a view of the file where they are aligned there, else a copy. */
const stored = (dtype: DType): FileType => {
  const type = arrayTypes[dtype];
  const bytes = type.BYTES_PER_ELEMENT;
  return {
    bytes,
    dtype,
    read: ({ buffer, byteOffset }, at, count) => {
      const start = byteOffset + at;
      if (start % bytes === 0) return new type(buffer as ArrayBuffer, start, count);
      return new type((buffer as ArrayBuffer).slice(start, start + count * bytes));
    },
  };
};

/** The value of a 16-bit float (IEEE 754 binary16): 1 sign bit, 5 of exponent, 10 of fraction. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const fileTypes: Readonly<Record<string, FileType>> = {
  F64: stored('float64'),
  F32: stored('float32'),
  F16: {
    bytes: 2,
    dtype: 'float32',
    read: (view, at, count) => Float32Array.from({ length: count }, (_, i) => fromFloat16(view.getUint16(at + 2 * i, true))),
  },
  // The upper half of a float32.
  BF16: {
    bytes: 2,
    dtype: 'float32',
    read: (view, at, count) => {
      const words = Uint32Array.from({ length: count }, (_, i) => view.getUint16(at + 2 * i, true) << 16);
      return new Float32Array(words.buffer);
    },
  },
  I64: {
    bytes: 8,
    dtype: 'int32',
    read: (view, at, count, fail) => {
      const numbers = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const value = view.getBigInt64(at + 8 * i, true);
        if (BigInt.asIntN(32, value) !== value) fail(i, `${value} does not fit int32`);
        numbers[i] = Number(value);
      }
      return numbers;
    },
  },
  I32: stored('int32'),
  U8: stored('uint8'),
  BOOL: {
    ...stored('bool'),
    read: (view, at, count, fail) => {
      const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + at, count);
      const odd = bytes.findIndex(byte => byte > 1);
      if (odd >= 0) fail(odd, `${bytes[odd]} is not a bool, 0 or 1`);
      return bytes;
    },
  },
};

const fileNames: Readonly<Record<DType, string>> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/**
 * Reads a safetensors file. F16 and BF16 become float32, exactly; I64 becomes int32. Data that is aligned for its type is a view
 * of `bytes`, not a copy. Nothing is read or allocated by a number that has not been checked against the file.
 *
 * @param source - What errors call the file.
 * @throws {FormatError} with the byte and the tensor's name: a truncated or longer file, a header that is not UTF-8 or JSON, is
 * larger than 100 MB or names something twice, an unknown dtype, an impossible shape, tensors that overlap, leave gaps or do not
 * fill their place, a 64-bit integer that does not fit int32, a bool other than 0 and 1.
 */
export function parseSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const { header, offsetOf, start } = readHeader(bytes, source);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || Object.values(metadata).some(text => typeof text !== 'string'))
    throw new FormatError(source, `${METADATA} is ${show(metadata)}; it holds text by key`, offsetOf(METADATA));

  const places = Object.entries(entries).map(([name, entry]) => {
    const fail = (problem: string): never => {
      throw new FormatError(source, `tensor '${name}': ${problem}`, offsetOf(name));
    };
    return { name, ...placeOf(entry, bytes.length - start, fail) };
  });
  checkCover(places, bytes.length - start, (problem, at) => {
    throw new FormatError(source, problem, start + at);
  });

  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, type, shape, begin } of places) {
    const data = type.read(view, start + begin, sizeOf(shape), (index, problem) => {
      throw new FormatError(source, `tensor '${name}', element ${index}: ${problem}`, start + begin + index * type.bytes);
    });
    tensors.set(name, { dtype: type.dtype, shape, data });
  }
  return { source, tensors, metadata: metadata as Record<string, string> };
}

/** Where a tensor lies in the data, in bytes. */
interface Place {
  readonly type: FileType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** The header as JSON, where each of its keys stands in the file, and where the data starts. */
function readHeader(bytes: Uint8Array, source: string) {
  const fail = (problem: string, at: number, options?: ErrorOptions): never => {
    throw new FormatError(source, problem, at, options);
  };
  if (bytes.length < 8) fail(`truncated: the header's length takes 8 bytes; the file has ${bytes.length}`, bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) fail(`a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`, 0);
  const start = 8 + Number(length);
  if (start > bytes.length) fail(`truncated: the header ends at byte ${start}; the file has ${bytes.length} bytes`, bytes.length);
  if (bytes[8] !== 0x7b || start === 8) fail("the header does not begin with '{'", 8);

  let text = '';
  let header: Record<string, unknown> = {};
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
  } catch (cause) {
    fail('the header is not UTF-8', 8, { cause });
  }
  try {
    header = JSON.parse(text);
  } catch (cause) {
    fail(`the header is not JSON: ${(cause as Error).message}`, 8, { cause });
  }
  const byteAt = (index: number): number => 8 + new TextEncoder().encode(text.slice(0, index)).length;
  const positions = keyPositions(text, (key, at) => fail(`the header names '${key}' twice`, byteAt(at)));
  return { header, offsetOf: (key: string) => byteAt(positions.get(key)!), start };
}

/** Where the outermost keys of a valid JSON object stand in its text. JSON.parse takes the last of equal keys; this refuses them. */
function keyPositions(text: string, refuse: (key: string, at: number) => never): Map<string, number> {
  const outermost = new Map<string, number>();
  const open: Map<string, number>[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '{' || character === '[') open.push(open.length === 0 ? outermost : new Map());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const from = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      let next = i + 1;
      while (' \t\r\n'.includes(text[next]!)) next++;
      if (text[next] !== ':') continue;
      const key = JSON.parse(text.slice(from, i + 1)) as string;
      if (open.at(-1)!.has(key)) refuse(key, from);
      open.at(-1)!.set(key, from);
    }
  }
  return outermost;
}

/** Checks what the header says of a tensor. */
function placeOf(entry: unknown, dataLength: number, fail: (problem: string) => never): Place {
  if (!isRecord(entry)) return fail(`is ${show(entry)}, not { dtype, shape, data_offsets }`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = typeof dtype === 'string' && Object.hasOwn(fileTypes, dtype) ? fileTypes[dtype]! : undefined;
  if (!type) return fail(`unknown dtype ${show(dtype)}; known: ${Object.keys(fileTypes).join(', ')}`);
  if (!isListOfSizes(shape)) return fail(`its shape is ${show(shape)}; sizes are whole numbers >= 0`);
  let size = type.bytes;
  for (const n of shape) {
    size *= n;
    if (!Number.isSafeInteger(size)) return fail(`its shape ${show(shape)} has too many elements`);
  }
  if (!isListOfSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return fail(`its data_offsets are ${show(offsets)}, not [begin, end]`);
  const [begin, end] = offsets as [number, number];
  if (end > dataLength) return fail(`truncated: it ends at byte ${end} of the data; there are ${dataLength} bytes`);
  if (end - begin !== size) return fail(`${dtype} ${showShape(shape)} takes ${size} bytes; its data_offsets hold ${end - begin}`);
  return { type, shape, begin, end };
}

/** Refuses tensors that do not cover the data exactly once. */
function checkCover(
  places: readonly (Place & { name: string })[],
  dataLength: number,
  fail: (problem: string, at: number) => never,
): void {
  let covered = 0;
  let before = '';
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) fail(`tensor '${name}' overlaps '${before}'`, begin);
    if (begin > covered) fail(`${begin - covered} bytes before tensor '${name}' belong to none`, covered);
    covered = end;
    before = name;
  }
  if (covered < dataLength) fail(`${dataLength - covered} trailing bytes`, covered);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOfSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0);

/** Sorts by UTF-16 code units, the same in every locale. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Writes a safetensors file. Its bytes depend on the contents only, not on their order: wider types come first, so that all are
 * aligned, then names in the order of their code units. The header is padded with spaces to a multiple of 8 bytes.
 *
 * @throws {ShapeError} where data does not fill its shape. @throws {DTypeError} where it is no array of its dtype.
 * @throws {UsageError} for a tensor called `__metadata__`, metadata that is not text, or a header above 100 MB.
 */
export function formatSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === METADATA) throw new UsageError(`safetensors: a tensor cannot be called '${METADATA}'`);
    checkShape(`safetensors: tensor '${name}'`, shape);
    if (!(data instanceof arrayTypes[dtype]))
      throw new DTypeError(`safetensors: tensor '${name}' is ${dtype}; its data is no ${arrayTypes[dtype].name}`);
    if (data.length !== sizeOf(shape))
      throw new ShapeError(`safetensors: tensor '${name}' is ${showShape(shape)}; its data has ${data.length} elements`);
  }
  const texts = Object.entries(metadata).sort(([a], [b]) => byName(a, b));
  for (const [key, text] of texts) {
    if (typeof text !== 'string') throw new UsageError(`safetensors: metadata '${key}' is ${show(text)}, not text`);
  }
  const width = ({ dtype }: SafetensorsTensor): number => arrayTypes[dtype].BYTES_PER_ELEMENT;
  const sorted = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || byName(a, b));

  // Joined by hand, since an object would put keys that look like numbers first.
  const object = (entries: readonly (readonly [string, string])[]): string =>
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
  const fields: [string, string][] = [];
  if (texts.length > 0) fields.push([METADATA, object(texts.map(([key, text]) => [key, JSON.stringify(text)]))]);
  let end = 0;
  for (const [name, tensor] of sorted) {
    const begin = end;
    end += byteLengthOf(tensor);
    fields.push([name, JSON.stringify({ dtype: fileNames[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] })]);
  }
  const unpadded = new TextEncoder().encode(object(fields));
  const headerLength = Math.ceil(unpadded.length / 8) * 8;
  if (headerLength > MAX_HEADER_BYTES)
    throw new UsageError(`safetensors: a header of ${headerLength} bytes; at most ${MAX_HEADER_BYTES} can be read`);

  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(unpadded, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
