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
  // The window of the picture that has the shape's proportions.
  const scale = Math.min(image.width / width, image.height / height);
  const columns = axisWeights(image.width, scale, width);
  const rows = axisWeights(image.height, scale, height);
  const planes = new Float64Array(image.channels * height * width);
  const narrowed = new Float64Array(image.height * width);
  for (let channel = 0; channel < image.channels; channel++) {
    for (let y = 0; y < image.height; y++) {
      columns.forEach(({ first, weights }, x) => {
        let sum = 0;
        for (let i = 0; i < weights.length; i++)
          sum += weights[i]! * image.data[(y * image.width + first + i) * image.channels + channel]!;
        narrowed[y * width + x] = sum;
      });
    }
    rows.forEach(({ first, weights }, y) => {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i]! * narrowed[(first + i) * width + x]!;
        planes[(channel * height + y) * width + x] = sum;
      }
    });
  }
  const size = height * width;
  if (image.channels === 3 && channels === 1) {
    return Uint8Array.from({ length: size }, (_, i) =>
      Math.round(0.299 * planes[i]! + 0.587 * planes[size + i]! + 0.114 * planes[2 * size + i]!),
    );
  }
  return Uint8Array.from({ length: channels * size }, (_, i) => Math.round(planes[image.channels === 1 ? i % size : i]!));
}

interface PixelWeights {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each of `size` new pixels, the old ones it is made of: `scale` old pixels to a new one, the window in the middle of `length`. */
function axisWeights(length: number, scale: number, size: number): PixelWeights[] {
  const start = (length - size * scale) / 2;
  return Array.from({ length: size }, (_, i) => {
    if (scale <= 1) {
      const centre = Math.min(length - 1, Math.max(0, start + (i + 0.5) * scale - 0.5));
      const first = Math.min(length - 1, Math.floor(centre));
      const next = centre - first;
      return next === 0 ? { first, weights: [1] } : { first, weights: [1 - next, next] };
    }
    // Rounding may put the window's ends a hair outside the picture.
    const low = Math.max(0, start + i * scale);
    const high = Math.min(length, start + (i + 1) * scale);
    const first = Math.floor(low);
    const last = Math.ceil(high);
    return {
      first,
      weights: Array.from({ length: last - first }, (_, j) => (Math.min(high, first + j + 1) - Math.max(low, first + j)) / scale),
    };
  });
}
