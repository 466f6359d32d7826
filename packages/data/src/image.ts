import { checkOptions, FormatError, option, ShapeError } from '@cnn/tensor';
import type { ImageShape } from './dataset.js';
import type { Orientation } from './exif.js';
import { decodeJpeg, isJpeg } from './jpeg.js';
import { decodePng, isPng, type StoredPicture } from './png.js';

/** A picture, upright and without transparency. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Bytes 0 to 255, `[height, width, channels]`. */
  readonly data: Uint8Array;
}

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /** The colour behind transparent pixels: red, green, blue, 0 to 255. Default white. */
  readonly background?: readonly [red: number, green: number, blue: number];
  /** The most pixels a picture may have. Default 2^26, 67 million. */
  readonly maxPixels?: number;
  /** The most bytes a file may have. Default 2^28, 256 MiB. */
  readonly maxBytes?: number;
}

/** The most bytes an image file may have unless an option says otherwise. */
export const MAX_IMAGE_BYTES = 2 ** 28;

/**
 * Decodes a PNG or JPEG file, told apart by their first bytes: grey, colour, palette, 1 to 16 bits (rounded to 8), alpha, CMYK.
 * The orientation that EXIF gives is applied. A grey file stays grey unless the background shows through in colour.
 *
 * @param source - The file's name, for messages.
 * @throws {FormatError} for any other format, for damaged, truncated and too large files; it names the byte where known.
 */
export function decodeImage(bytes: Uint8Array, source: string, options: DecodeImageOptions = {}): Image {
  checkOptions('decodeImage', options, {
    background: option.list(option.between(0, 255), 3),
    maxPixels: option.count,
    maxBytes: option.count,
  });
  const { background = [255, 255, 255], maxPixels = 2 ** 26, maxBytes = MAX_IMAGE_BYTES } = options;
  if (bytes.length > maxBytes) throw new FormatError(source, `${bytes.length} bytes; at most ${maxBytes} are read`);
  const decoder = isPng(bytes) ? decodePng : isJpeg(bytes) ? decodeJpeg : undefined;
  if (!decoder) throw new FormatError(source, bytes.length === 0 ? 'an empty file' : 'neither a PNG nor a JPEG file', 0);
  const picture = decoder(bytes, source, maxPixels);
  return upright(withoutAlpha(picture, background), picture.orientation);
}

function withoutAlpha({ width, height, rgba, grey }: StoredPicture, background: readonly number[]): Image {
  const channels = grey && background.every(value => value === background[0]) ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = rgba[pixel * 4 + 3]!;
    for (let channel = 0; channel < channels; channel++) {
      if (alpha === 255) {
        data[pixel * channels + channel] = rgba[pixel * 4 + channel]!;
        continue;
      }
      data[pixel * channels + channel] = Math.round(
        (rgba[pixel * 4 + channel]! * alpha + background[channel]! * (255 - alpha)) / 255,
      );
    }
  }
  return { width, height, channels, data };
}

/** Turns and mirrors a stored picture as its orientation asks. */
function upright(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { channels } = image;
  const [lastX, lastY] = [image.width - 1, image.height - 1];
  const [width, height] = orientation >= 5 ? [image.height, image.width] : [image.width, image.height];
  const origins: Record<Exclude<Orientation, 1>, (x: number, y: number) => [number, number]> = {
    2: (x, y) => [lastX - x, y],
    3: (x, y) => [lastX - x, lastY - y],
    4: (x, y) => [x, lastY - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, lastY - x],
    7: (x, y) => [lastX - y, lastY - x],
    8: (x, y) => [lastX - y, x],
  };
  const origin = origins[orientation];
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = origin(x, y);
      const from = (fromY * image.width + fromX) * channels;
      for (let channel = 0; channel < channels; channel++)
        data[(y * width + x) * channels + channel] = image.data[from + channel]!;
    }
  }
  return { width, height, channels, data };
}

/**
 * A picture as a model takes it: scaled until it covers the shape, cut to it in the middle, and set plane by plane. Along an
 * axis that grows, values are interpolated linearly between pixel centres; along one that shrinks, they are averaged
 * over the area that a new pixel covers. Colour becomes grey by the luma of ITU-R BT.601; grey becomes three equal planes.
 *
 * @returns bytes `[c, h, w]`.
 * @throws {ShapeError} unless the shape has 1 or 3 channels.
 */
export function fitImage(image: Image, shape: ImageShape): Uint8Array {
  const [channels, height, width] = shape;
  if (channels !== 1 && channels !== 3)
    throw new ShapeError(`fitImage: images have 1 or 3 channels; asked for [${shape.join(', ')}]`);
  const planes = image.height === height && image.width === width ? planesOf(image) : scaledPlanes(image, height, width);
  const size = height * width;
  const fitted = new Uint8Array(channels * size);
  for (let i = 0; i < fitted.length; i++) {
    if (image.channels === channels) fitted[i] = Math.round(planes[i]!);
    else if (channels === 3) fitted[i] = Math.round(planes[i % size]!);
    else fitted[i] = Math.round(0.299 * planes[i]! + 0.587 * planes[size + i]! + 0.114 * planes[2 * size + i]!);
  }
  return fitted;
}

/** `[height, width, channels]` as `[channels, height, width]`. */
function planesOf({ width, height, channels, data }: Image): Float64Array {
  const planes = new Float64Array(data.length);
  for (let from = 0, pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) planes[channel * width * height + pixel] = data[from++]!;
  }
  return planes;
}

/** The window in the middle of a picture that has the proportions asked for, scaled: first along the rows, then along the columns. */
function scaledPlanes(image: Image, height: number, width: number): Float64Array {
  const scale = Math.min(image.width / width, image.height / height);
  const columns = axisWeights(image.width, scale, width);
  const rows = axisWeights(image.height, scale, height);
  const source = planesOf(image);
  const narrowed = new Float64Array(image.channels * image.height * width);
  for (let row = 0; row < image.channels * image.height; row++) {
    for (let x = 0; x < width; x++) {
      const from = row * image.width + columns.first[x]!;
      let sum = 0;
      for (let tap = 0; tap < columns.taps; tap++) sum += columns.weights[x * columns.taps + tap]! * source[from + tap]!;
      narrowed[row * width + x] = sum;
    }
  }
  const scaled = new Float64Array(image.channels * height * width);
  for (let channel = 0; channel < image.channels; channel++) {
    for (let y = 0; y < height; y++) {
      const to = (channel * height + y) * width;
      for (let tap = 0; tap < rows.taps; tap++) {
        const weight = rows.weights[y * rows.taps + tap]!;
        const from = (channel * image.height + rows.first[y]! + tap) * width;
        for (let x = 0; x < width; x++) scaled[to + x]! += weight * narrowed[from + x]!;
      }
    }
  }
  return scaled;
}

/** How each new value along an axis is made of old ones: `taps` of them from `first` on. */
interface AxisWeights {
  readonly taps: number;
  readonly first: Int32Array;
  /** `[size, taps]`. */
  readonly weights: Float64Array;
}

/** `scale` old values to a new one; the window of `size` new ones is in the middle of the `length` old ones. */
function axisWeights(length: number, scale: number, size: number): AxisWeights {
  const start = (length - size * scale) / 2;
  const taps = Math.min(length, scale <= 1 ? 2 : Math.ceil(scale) + 1);
  const first = new Int32Array(size);
  const weights = new Float64Array(size * taps);
  for (let i = 0; i < size; i++) {
    // Growing, the new centre lies between two old ones; shrinking, the new value covers an interval of old ones.
    const centre = Math.min(length - 1, Math.max(0, start + (i + 0.5) * scale - 0.5));
    const [low, high] = [start + i * scale, start + (i + 1) * scale];
    first[i] = Math.min(length - taps, Math.max(0, Math.floor(scale <= 1 ? centre : low)));
    for (let tap = 0; tap < taps; tap++) {
      const old = first[i]! + tap;
      const weight = scale <= 1 ? 1 - Math.abs(centre - old) : (Math.min(high, old + 1) - Math.max(low, old)) / scale;
      weights[i * taps + tap] = Math.max(0, weight);
    }
  }
  return { taps, first, weights };
}
