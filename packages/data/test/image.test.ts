import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { FormatError, ShapeError } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage, fitImage, type Image } from '../src/index.js';

const fixtures = new URL('./fixtures/', import.meta.url);
const photos = new URL('../../../../shared/data/photos/', import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, fixtures)));
const names = readdirSync(fixtures).filter(name => /\.(png|jpg)$/.test(name));

/** The image in three channels. */
const colours = ({ data, channels }: Image): number[] =>
  channels === 3 ? [...data] : [...data].flatMap(value => [value, value, value]);

/** The largest difference from the pixels that Pillow reads. */
function difference(name: string, image: Image): number {
  const expected = fixture(name.replace(/\.\w+$/, '.rgb'));
  const found = colours(image);
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

describe('decodeImage', () => {
  it.each(names.filter(name => name.endsWith('.png')))('reads %s as Pillow does', name => {
    // Alpha is rounded once here and in steps there.
    const allowed = /alpha|rgba|transparent/.test(name) ? 1 : 0;
    expect(difference(name, decodeImage(fixture(name), name))).toBeLessThanOrEqual(allowed);
  });

  // Inverse DCT and colour conversion may round differently; halved chroma is repeated here and interpolated there.
  it.each(names.filter(name => name.endsWith('.jpg')))('reads %s as Pillow does', name => {
    expect(difference(name, decodeImage(fixture(name), name))).toBeLessThanOrEqual(name.startsWith('subsampled') ? 24 : 4);
  });

  it('turns images by their EXIF orientation', () => {
    for (const name of names.filter(file => file.startsWith('orientation'))) {
      const turned = ['5', '6', '7', '8'].some(digit => name.includes(digit));
      expect(decodeImage(fixture(name), name)).toMatchObject(turned ? { width: 11, height: 14 } : { width: 14, height: 11 });
    }
  });

  it('keeps grey images grey, unless a coloured background shows', () => {
    for (const name of ['grey.png', 'bits.png', 'grey16.png', 'grey-alpha.png', 'grey-jpeg.jpg']) {
      expect(decodeImage(fixture(name), name).channels).toBe(1);
    }
    expect(decodeImage(fixture('palette.png'), 'a').channels).toBe(3);
    const { channels, data } = decodeImage(fixture('grey-alpha.png'), 'a', { background: [255, 0, 0] });
    expect(channels).toBe(3);
    const grey = decodeImage(fixture('grey-alpha.png'), 'a', { background: [0, 0, 0] }).data;
    expect(data[1]).toBe(grey[0]);
    expect(data[0]).toBeGreaterThan(grey[0]!);
  });

  it('refuses every truncation of a PNG and a JPEG', () => {
    for (const name of ['rgba.png', 'baseline.jpg', 'progressive.jpg']) {
      const whole = fixture(name);
      for (let cut = 0; cut < whole.length; cut++) {
        expect(() => decodeImage(whole.subarray(0, cut), name), `${name} cut to ${cut}`).toThrow(FormatError);
      }
    }
    const cut = fixture('rgba.png').subarray(0, 300);
    expect(() => decodeImage(cut, 'a.png')).toThrow(/^a\.png at byte 300: truncated PNG/);
    const jpeg = fixture('baseline.jpg');
    expect(() => decodeImage(jpeg.subarray(0, -2), 'a.jpg')).toThrow(
      `a.jpg at byte ${jpeg.length - 2}: truncated JPEG: it ends before its end marker`,
    );
  });

  it('never takes a damaged PNG for whole, and throws nothing but a FormatError for a damaged JPEG', () => {
    const png = fixture('rgb.png');
    fc.assert(
      fc.property(fc.nat(png.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(png);
        damaged[at]! ^= change;
        expect(() => decodeImage(damaged, 'a.png')).toThrow(FormatError);
      }),
    );
    const jpeg = fixture('baseline.jpg');
    fc.assert(
      fc.property(fc.nat(jpeg.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(jpeg);
        damaged[at]! ^= change;
        try {
          decodeImage(damaged, 'a.jpg', { maxPixels: 10_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what is too large, at the byte that says so', () => {
    expect(() => decodeImage(fixture('rgb.png'), 'a.png', { maxPixels: 153 })).toThrow(
      'a.png at byte 16: 14x11 pixels; at most 153 are read',
    );
    expect(() => decodeImage(fixture('baseline.jpg'), 'a.jpg', { maxPixels: 153 })).toThrow(/14x11 pixels; at most 153 are read/);
    expect(decodeImage(fixture('rgb.png'), 'a.png', { maxPixels: 154 }).width).toBe(14);
    expect(() => decodeImage(fixture('rgb.png'), 'a.png', { maxBytes: 100 })).toThrow('a.png: 541 bytes; at most 100 are read');
  });

  it('refuses a PNG whose data is larger or smaller than its picture', () => {
    const header = Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0); // 2x2, grey: 6 bytes of rows
    expect([...decodeImage(png(header, new Uint8Array(6)), 'a').data]).toEqual([0, 0, 0, 0]);
    expect(() => decodeImage(png(header, new Uint8Array(5)), 'a')).toThrow('its data unpacks to 5 of 6 bytes');
    expect(() => decodeImage(png(header, new Uint8Array(50_000_000)), 'a')).toThrow("unpacks to more than the picture's 6 bytes");
    expect(() => decodeImage(Uint8Array.of(...png(header, new Uint8Array(6)), 0), 'a')).toThrow(
      '1 bytes after the end of the PNG',
    );
  });

  it('refuses other files by name', () => {
    expect(() => decodeImage(new TextEncoder().encode('GIF89a'), 'a.png')).toThrow(
      'a.png at byte 0: neither a PNG nor a JPEG file',
    );
    expect(() => decodeImage(new Uint8Array(0), 'a.png')).toThrow('an empty file');
    const bits = Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0, 1);
    expect(() => decodeImage(png(bits, new Uint8Array(6)), 'a')).toThrow('interlaced PNG with 1 bits a sample is not read');
  });

  it.skipIf(!existsSync(photos))('reads photographs and refuses the truncated one', () => {
    const read = (name: string) => decodeImage(readFileSync(new URL(name, photos)), name);
    expect(read('rocket.jpg')).toMatchObject({ width: 640, height: 427, channels: 3 });
    expect(read('pelican.jpeg')).toMatchObject({ channels: 3 });
    expect(read('camera.png')).toMatchObject({ width: 512, height: 512, channels: 1 });
    expect(read('foo3x5x4indexed.png')).toMatchObject({ width: 5, height: 3, channels: 3 });
    expect(read('chessboard_RGB.png')).toMatchObject({ width: 200, height: 200, channels: 3 });
    expect(() => read('truncated.jpg')).toThrow(/^truncated\.jpg at byte 400: truncated JPEG/);
  });
});

describe('fitImage', () => {
  const grey = (height: number, width: number, data: number[]): Image => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from(data),
  });
  const fit = (image: Image, height: number, width: number): number[] => [...fitImage(image, [1, height, width])];

  it('keeps an image of the right size', () => {
    expect(fit(grey(2, 3, [1, 2, 3, 4, 5, 6]), 2, 3)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('averages over areas when it shrinks', () => {
    expect(fit(grey(2, 4, [0, 4, 100, 104, 8, 12, 108, 112]), 1, 2)).toEqual([6, 106]);
    // Three pixels to two: a whole one and half of the middle one each, over 1.5.
    expect(fit(grey(3, 3, [30, 60, 90, 30, 60, 90, 30, 60, 90]), 2, 2)).toEqual([40, 80, 40, 80]);
  });

  it('interpolates between pixel centres when it grows', () => {
    expect(fit(grey(2, 2, [0, 100, 0, 100]), 4, 4).slice(0, 4)).toEqual([0, 25, 75, 100]);
    expect(fit(grey(1, 1, [7]), 3, 3)).toEqual(Array(9).fill(7));
  });

  it('cuts to the middle', () => {
    expect(fit(grey(1, 4, [1, 2, 3, 4]), 1, 2)).toEqual([2, 3]);
    // 2x6 to 1x1: the middle two columns of two rows.
    expect(fit(grey(2, 6, [9, 9, 10, 20, 9, 9, 9, 9, 30, 40, 9, 9]), 1, 1)).toEqual([25]);
  });

  it('stays between the least and the greatest value at any sizes', () => {
    const size = fc.integer({ min: 1, max: 17 });
    fc.assert(
      fc.property(size, size, size, size, (height, width, newHeight, newWidth) => {
        expect(new Set(fit(grey(height, width, Array(height * width).fill(123)), newHeight, newWidth))).toEqual(new Set([123]));
      }),
    );
  });

  it('changes between grey and colour', () => {
    const colour: Image = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 200, 100) };
    expect([...fitImage(colour, [3, 1, 2])]).toEqual([255, 0, 0, 200, 0, 100]);
    expect([...fitImage(colour, [1, 1, 2])]).toEqual([76, 129]); // 0.299 * 255; 0.587 * 200 + 0.114 * 100
    expect([...fitImage(grey(1, 2, [5, 6]), [3, 1, 2])]).toEqual([5, 6, 5, 6, 5, 6]);
    expect(() => fitImage(colour, [2, 1, 1])).toThrow(ShapeError);
  });
});

/** A PNG file of one header and one block of data, with a CRC computed bit by bit. */
function png(header: Uint8Array, rows: Uint8Array): Uint8Array {
  const chunk = (type: string, content: Uint8Array): number[] => {
    const body = [...new TextEncoder().encode(type), ...content];
    let crc = 0xffffffff;
    for (const byte of body) for (let bit = 0; bit < 8; bit++) crc = ((crc ^ (byte >>> bit)) & 1 ? 0xedb88320 : 0) ^ (crc >>> 1);
    return [...uint32(content.length), ...body, ...uint32(~crc)];
  };
  const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([
    ...signature,
    ...chunk('IHDR', header),
    ...chunk('IDAT', deflateSync(rows)),
    ...chunk('IEND', new Uint8Array(0)),
  ]);
}
