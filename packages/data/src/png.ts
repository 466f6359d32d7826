/** PNG (ISO/IEC 15948). The chunks and sizes are checked here, with the byte in each message; fast-png decodes the pixels. */
import { crc32, FormatError } from '@cnn/tensor';
import { type DecodedPng, decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { exifOrientation, type Orientation } from './exif.js';

/** A decoded picture before its transparency and orientation are dealt with. */
export interface StoredPicture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 4]`: red, green, blue, alpha. */
  readonly rgba: Uint8Array;
  /** Whether the file holds grey values only. */
  readonly grey: boolean;
  readonly orientation: Orientation;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** Decodes a PNG file. Throws a {@link FormatError} for any damage and for more than `maxPixels`. */
export function decodePng(bytes: Uint8Array, source: string, maxPixels: number): StoredPicture {
  const { header, needed, data, orientation } = readChunks(bytes, source, maxPixels);
  checkDataSize(data, header, source);
  let png: DecodedPng;
  try {
    // Without the chunks that are not needed: fast-png would unpack a colour profile of any size.
    png = decode(needed);
  } catch (cause) {
    throw new FormatError(source, `damaged PNG (${(cause as Error).message})`, undefined, { cause });
  }
  const { width, height } = header;
  return {
    width,
    height,
    rgba: toRgba(png, header, source),
    grey: header.colourType === 0 || header.colourType === 4,
    orientation,
  };
}

/** Walks the chunks, checks their lengths, order and CRCs, and joins the ones that hold the picture. */
function readChunks(bytes: Uint8Array, source: string, maxPixels: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let header: Header | undefined;
  let orientation: Orientation = 1;
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw new FormatError(source, 'truncated PNG: no IEND chunk', bytes.length);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) {
      throw new FormatError(source, `truncated PNG: chunk ${type} at byte ${at} needs ${length} bytes`, bytes.length);
    }
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw new FormatError(source, `damaged PNG: wrong checksum of chunk ${type}`, at);
    }
    const content = bytes.subarray(at + 8, end - 4);
    if (!header) {
      if (type !== 'IHDR' || length !== 13) throw new FormatError(source, `not a PNG: it begins with chunk ${type}`, at);
      header = readHeader(view, at + 8, source, maxPixels);
    }
    if (type === 'IDAT') data.push(content);
    if (type === 'eXIf') orientation = exifOrientation(content);
    if (NEEDED.includes(type)) kept.push(bytes.subarray(at, end));
    at = end;
    if (type === 'IEND') {
      if (at !== bytes.length) throw new FormatError(source, `${bytes.length - at} bytes after the end of the PNG`, at);
      break;
    }
  }
  return { header, needed: joined(kept), data, orientation };
}

function readHeader(view: DataView, at: number, source: string, maxPixels: number): Header {
  const width = view.getUint32(at);
  const height = view.getUint32(at + 4);
  const depth = view.getUint8(at + 8);
  const colourType = view.getUint8(at + 9);
  const interlaced = view.getUint8(at + 12) === 1;
  if (width === 0 || height === 0) throw new FormatError(source, `a PNG of ${width}x${height} pixels`, at);
  if (width * height > maxPixels) throw new FormatError(source, `${width}x${height} pixels; at most ${maxPixels} are read`, at);
  if (!(colourType in SAMPLES)) throw new FormatError(source, `unknown PNG colour type ${colourType}`, at + 9);
  if (interlaced && depth < 8) throw new FormatError(source, `interlaced PNG with ${depth} bits a sample is not read`, at + 8);
  return { width, height, depth, colourType, interlaced };
}

/** Unpacks the data once to see that it has exactly the picture's size, so that nothing is missing and a small file cannot fill the memory. */
function checkDataSize(data: readonly Uint8Array[], header: Header, source: string): void {
  const bits = header.depth * SAMPLES[header.colourType]!;
  const bytesOf = (width: number, height: number): number => (width > 0 ? height * (1 + Math.ceil((width * bits) / 8)) : 0);
  const expected = header.interlaced
    ? ADAM7.reduce(
        (sum, { x, y, stepX, stepY }) =>
          sum + bytesOf(Math.ceil((header.width - x) / stepX), Math.ceil((header.height - y) / stepY)),
        0,
      )
    : bytesOf(header.width, header.height);
  let length = 0;
  const tooLong = new FormatError(source, `damaged PNG: its data unpacks to more than the picture's ${expected} bytes`);
  const unzip = new Unzlib(chunk => {
    length += chunk.length;
    if (length > expected) throw tooLong;
  });
  try {
    for (const chunk of data) unzip.push(chunk);
    unzip.push(new Uint8Array(0), true);
  } catch (cause) {
    if (cause === tooLong) throw tooLong;
    throw new FormatError(source, `damaged PNG: its data does not unpack (${(cause as Error).message})`, undefined, { cause });
  }
  if (length < expected) throw new FormatError(source, `damaged PNG: its data unpacks to ${length} of ${expected} bytes`);
}

const ADAM7 = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];

/** Grey, palette, 1 to 16 bits, alpha and transparent colours as eight-bit red, green, blue and alpha. */
function toRgba(png: DecodedPng, header: Header, source: string): Uint8Array {
  const { width, height, depth, colourType } = header;
  const samples = unpackSamples(png.data, width * SAMPLES[colourType]!, height, depth);
  const highest = 2 ** depth - 1;
  const scale = (value: number): number => Math.round((value * 255) / highest);
  const transparent = png.transparency;
  const rgba = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const to = pixel * 4;
    if (colourType === 3) {
      const index = samples[pixel]!;
      const colour = png.palette?.[index];
      if (!colour)
        throw new FormatError(
          source,
          `damaged PNG: pixel ${pixel} is colour ${index} of a palette of ${png.palette?.length ?? 0}`,
        );
      rgba.set([colour[0]!, colour[1]!, colour[2]!, colour[3] ?? 255], to);
    } else if (colourType === 0 || colourType === 4) {
      const at = colourType === 4 ? pixel * 2 : pixel;
      const alpha = colourType === 4 ? scale(samples[at + 1]!) : transparent?.[0] === samples[at] ? 0 : 255;
      rgba.fill(scale(samples[at]!), to, to + 3);
      rgba[to + 3] = alpha;
    } else {
      const at = pixel * (colourType === 6 ? 4 : 3);
      for (let channel = 0; channel < 3; channel++) rgba[to + channel] = scale(samples[at + channel]!);
      const hidden = transparent !== undefined && [0, 1, 2].every(channel => transparent[channel] === samples[at + channel]);
      rgba[to + 3] = colourType === 6 ? scale(samples[at + 3]!) : hidden ? 0 : 255;
    }
  }
  return rgba;
}

/** One value per sample, from rows that are packed to whole bytes where a sample has less than eight bits. */
function unpackSamples(data: DecodedPng['data'], rowLength: number, height: number, depth: number): ArrayLike<number> {
  if (depth >= 8) return data;
  const samples = new Uint8Array(rowLength * height);
  const rowBytes = Math.ceil((rowLength * depth) / 8);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < rowLength; i++) {
      const byte = data[row * rowBytes + ((i * depth) >> 3)]!;
      samples[row * rowLength + i] = (byte >> (8 - depth - ((i * depth) & 7))) & (2 ** depth - 1);
    }
  }
  return samples;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
