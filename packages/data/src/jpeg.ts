/** JPEG (ITU-T T.81). The segments are checked here, with the byte in each message; jpeg-js decodes the pixels. */
import { FormatError } from '@cnn/tensor';
import { decode } from 'jpeg-js';
import { exifOrientation, type Orientation } from './exif.js';
import type { StoredPicture } from './png.js';

/** Whether bytes begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/** Decodes a JPEG file, baseline or progressive, grey, YCbCr, RGB, or CMYK as Adobe writes it. Throws a {@link FormatError} for any damage and for more than `maxPixels`. */
export function decodeJpeg(bytes: Uint8Array, source: string, maxPixels: number): StoredPicture {
  const { components, isRgb, orientation } = readSegments(bytes, source, maxPixels);
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      tolerantDecoding: false,
      maxResolutionInMP: maxPixels / 1e6,
      // jpeg-js keeps 32-bit coefficients of four components at most, and two copies of the pixels.
      maxMemoryUsageInMB: 64 + (maxPixels * 32) / 2 ** 20,
      ...(isRgb && { colorTransform: false }),
    });
    return { width, height, rgba: data, grey: components === 1, orientation };
  } catch (cause) {
    throw new FormatError(source, `damaged JPEG (${(cause as Error).message})`, undefined, { cause });
  }
}

interface Frame {
  readonly components: number;
  /** The components are red, green and blue, not luma and chroma. */
  readonly isRgb: boolean;
  readonly orientation: Orientation;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const APP14 = 0xee;

/** Walks from segment to segment to the end of the image: a decoder would take what a truncated file lacks for grey. */
function readSegments(bytes: Uint8Array, source: string, maxPixels: number): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = (): FormatError => new FormatError(source, 'truncated JPEG: it ends before its end marker', bytes.length);
  let frame: { components: number; identifiers: string } | undefined;
  let adobeTransform: number | undefined;
  let orientation: Orientation = 1;
  for (let at = 2; ; ) {
    if (at + 2 > bytes.length) throw truncated();
    if (bytes[at] !== 0xff) throw new FormatError(source, `damaged JPEG: a segment begins with byte ${bytes[at]}, not 255`, at);
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === EOI) break;
    if (marker === SOI || marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) {
      throw new FormatError(source, `damaged JPEG: marker ${marker.toString(16)} out of place`, at);
    }
    if (at + 4 > bytes.length) throw truncated();
    const length = view.getUint16(at + 2);
    if (length < 2) throw new FormatError(source, `damaged JPEG: a segment of ${length} bytes`, at + 2);
    const start = at + 4;
    const end = at + 2 + length;
    if (end > bytes.length) throw truncated();
    const content = bytes.subarray(start, end);
    if (isFrame(marker)) frame = readFrame(content, marker, start, source, maxPixels);
    if (marker === APP1 && startsWith(content, 'Exif\0\0')) orientation = exifOrientation(content.subarray(6));
    if (marker === APP14 && startsWith(content, 'Adobe') && content.length >= 12) adobeTransform = content[11]!;
    at = end;
    if (marker === SOS) {
      if (!frame) throw new FormatError(source, 'damaged JPEG: pixels before the size', start);
      while (at < bytes.length && !isMarkerAt(bytes, at)) at++;
    }
  }
  if (!frame) throw new FormatError(source, 'damaged JPEG: no image in it');
  if (frame.components === 4 && adobeTransform === undefined) {
    throw new FormatError(source, 'a JPEG of four components without the Adobe marker that says what they are');
  }
  const isRgb = frame.components === 3 && (adobeTransform === undefined ? frame.identifiers === 'RGB' : adobeTransform === 0);
  return { components: frame.components, isRgb, orientation };
}

/** C0 to CF, but for the tables DHT, DAC and the reserved JPG. */
const isFrame = (marker: number): boolean => (marker & 0xf0) === 0xc0 && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function readFrame(content: Uint8Array, marker: number, start: number, source: string, maxPixels: number) {
  if (marker > 0xc2)
    throw new FormatError(
      source,
      `JPEG of a form (marker ${marker.toString(16)}) that is not read: baseline and progressive are`,
      start,
    );
  const components = content[5] ?? 0;
  if (content.length < 6 + 3 * components) throw new FormatError(source, 'damaged JPEG: a short frame header', start);
  const height = content[1]! * 256 + content[2]!;
  const width = content[3]! * 256 + content[4]!;
  if (content[0] !== 8) throw new FormatError(source, `JPEG with ${content[0]} bits a sample; 8 are read`, start);
  if (width === 0 || height === 0) throw new FormatError(source, `a JPEG of ${width}x${height} pixels`, start + 1);
  if (width * height > maxPixels)
    throw new FormatError(source, `${width}x${height} pixels; at most ${maxPixels} are read`, start + 1);
  if (![1, 3, 4].includes(components))
    throw new FormatError(source, `JPEG with ${components} components; 1, 3 and 4 are read`, start + 5);
  const identifiers = Array.from({ length: components }, (_, i) => String.fromCharCode(content[6 + 3 * i]!)).join('');
  return { components, identifiers };
}

/** In the pixels, a byte 255 is followed by 0, and restart markers D0 to D7 belong to them. */
function isMarkerAt(bytes: Uint8Array, at: number): boolean {
  const next = bytes[at + 1] ?? 0;
  return bytes[at] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7);
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
