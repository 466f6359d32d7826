/**
 * A set of handwritten-looking digits that is made instead of downloaded. Each image is a function of the seed and its
 * place in the set: a style of its class (digit-strokes.ts) is bent, drawn with a pen of random width and set into the
 * frame as MNIST's are (LeCun et al., 1998): 28x28, white on black, the ink in a box of 16 to 20 pixels, its centre of
 * mass near the middle. Only + - * / and square roots are used, so that every machine makes the same bytes.
 */
import { checkOptions, option, randomBits, randomKey } from '@cnn/tensor';
import { arrayDataset, type Dataset, type DatasetPair } from './dataset.js';
import { DIGIT_STYLES, type Style } from './digit-strokes.js';

const SIZE = 28;
const CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Options of {@link digits}. */
export interface DigitsOptions {
  /** Training images; there are a fifth as many test images. Default 10000. */
  readonly count?: number;
  /** Names the set. A larger set of a seed begins with the smaller. Default 0. */
  readonly seed?: number;
}

/** The generated set of digits, images `[1, 28, 28]`, classes '0' to '9' in random order, all as likely. */
export function digits(options: DigitsOptions = {}): DatasetPair {
  checkOptions('digits', options, { count: option.count, seed: option.integer });
  const { count = 10_000, seed = 0 } = options;
  return { train: drawSet('digits train', count, seed), test: drawSet('digits test', Math.ceil(count / 5), seed) };
}

function drawSet(name: string, count: number, seed: number): Dataset {
  const images = new Uint8Array(count * SIZE * SIZE);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const chance = new Chance(name, seed, i);
    const label = chance.below(CLASSES.length);
    labels[i] = label;
    drawDigit(DIGIT_STYLES[label]!, chance, images.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE));
  }
  return arrayDataset({ name, images, labels, shape: [1, SIZE, SIZE], classes: CLASSES });
}

/** Random numbers of one image, taken one after the other from its key. */
class Chance {
  private readonly words: Uint32Array;
  private next = 0;

  constructor(set: string, seed: number, index: number) {
    // At most 60 for the strokes, then a byte of noise for each pixel.
    this.words = randomBits(60 + (SIZE * SIZE) / 4, randomKey(set, seed, index));
  }

  word(): number {
    return this.words[this.next++]!;
  }

  below(count: number): number {
    return Math.floor((this.word() / 2 ** 32) * count);
  }

  between(low: number, high: number): number {
    return low + ((high - low) * this.word()) / 2 ** 32;
  }

  /** Near to a normal distribution: four bytes summed, as far as 3.4 deviations. */
  normal(deviation: number): number {
    const word = this.word();
    return (((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510) / 147.8) * deviation;
  }
}

interface Line {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
}

function drawDigit(styles: readonly Style[], chance: Chance, image: Uint8Array): void {
  const style = styles[chance.below(styles.length)]!;
  const lines = bend(handDrawn(style, chance), chance);
  const startRadius = Math.min(2.1, Math.max(0.6, 1.25 + chance.normal(0.45)));
  const endRadius = Math.max(0.5, startRadius + chance.normal(0.2));
  render(placed(lines, Math.max(startRadius, endRadius), chance), startRadius, endRadius, chance, image);
}

/** The strokes as short straight lines: the points of the style pushed about, and the curve of Catmull and Rom (1974) through them. */
function handDrawn(style: Style, chance: Chance): Line[] {
  const moved = new Map<number, [number, number]>();
  const move = (x: number, y: number): [number, number] => {
    const place = x * 1024 + y;
    let point = moved.get(place);
    if (!point) {
      point = [x / 100 + chance.normal(0.035), y / 100 + chance.normal(0.035)];
      moved.set(place, point);
    }
    return point;
  };
  const lines: Line[] = [];
  for (const stroke of style) {
    const points: [number, number][] = [];
    for (let i = 0; i < stroke.length; i += 2) points.push(move(stroke[i]!, stroke[i + 1]!));
    for (let i = 0; i + 1 < points.length; i++) {
      const [x1, y1] = points[i]!;
      const [x2, y2] = points[i + 1]!;
      const [x0, y0] = points[i - 1] ?? [x1, y1];
      const [x3, y3] = points[i + 2] ?? [x2, y2];
      let [fromX, fromY] = [x1, y1];
      const steps = 4;
      for (let step = 1; step <= steps; step++) {
        const t = step / steps;
        const toX = catmullRom(x0, x1, x2, x3, t);
        const toY = catmullRom(y0, y1, y2, y3, t);
        lines.push({ fromX, fromY, toX, toY });
        [fromX, fromY] = [toX, toY];
      }
    }
  }
  return lines;
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** Turned, slanted, stretched and smoothly distorted by polynomials of the second and third degree. */
function bend(lines: readonly Line[], chance: Chance): Line[] {
  const half = chance.between(-0.13, 0.13); // tan of half the angle
  const cos = (1 - half * half) / (1 + half * half);
  const sin = (2 * half) / (1 + half * half);
  const slant = chance.between(-0.3, 0.55);
  const width = chance.between(0.75, 1.3);
  const [a, b, c] = [chance.between(-0.15, 0.15), chance.between(-0.15, 0.15), chance.between(-0.15, 0.15)];
  const [d, e, f] = [chance.between(-0.15, 0.15), chance.between(-0.15, 0.15), chance.between(-0.15, 0.15)];
  const warp = (px: number, py: number): [number, number] => {
    const u = 2 * px - 0.6;
    const v = 2 * py - 1;
    const x = u + a * (v * v - 0.5) + b * v * (v * v - 1) + c * u * v;
    const y = v + d * (u * u - 0.5) + e * u * v + f * (v * v - 0.5);
    const sx = (x - slant * y) * width;
    return [cos * sx - sin * y, sin * sx + cos * y];
  };
  return lines.map(line => {
    const [fromX, fromY] = warp(line.fromX, line.fromY);
    const [toX, toY] = warp(line.toX, line.toY);
    return { fromX, fromY, toX, toY };
  });
}

/** Scaled into the box and moved so that the centre of mass is near the middle of the frame, in pixels. */
function placed(lines: readonly Line[], radius: number, chance: Chance): Line[] {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  let [mass, massX, massY] = [0, 0, 0];
  for (const { fromX, fromY, toX, toY } of lines) {
    left = Math.min(left, fromX, toX);
    right = Math.max(right, fromX, toX);
    top = Math.min(top, fromY, toY);
    bottom = Math.max(bottom, fromY, toY);
    const [dx, dy] = [toX - fromX, toY - fromY];
    const length = Math.sqrt(dx * dx + dy * dy);
    mass += length;
    massX += (length * (fromX + toX)) / 2;
    massY += (length * (fromY + toY)) / 2;
  }
  const box = chance.between(16.5, 20.5);
  const scale = (box - 2 * radius) / Math.max(right - left, bottom - top);
  const shiftX = SIZE / 2 + chance.between(-1.6, 1.6) - (massX / mass) * scale;
  const shiftY = SIZE / 2 + chance.between(-1.6, 1.6) - (massY / mass) * scale;
  return lines.map(({ fromX, fromY, toX, toY }) => ({
    fromX: fromX * scale + shiftX,
    fromY: fromY * scale + shiftY,
    toX: toX * scale + shiftX,
    toY: toY * scale + shiftY,
  }));
}

/** Draws lines with a round pen whose radius goes from one to another, with soft and slightly ragged edges. */
function render(lines: readonly Line[], startRadius: number, endRadius: number, chance: Chance, image: Uint8Array): void {
  const depth = new Float64Array(SIZE * SIZE).fill(-4); // how far a pixel's centre is inside the ink
  lines.forEach(({ fromX, fromY, toX, toY }, i) => {
    const radius = startRadius + ((endRadius - startRadius) * i) / lines.length;
    const reach = radius + 1.5;
    const [dx, dy] = [toX - fromX, toY - fromY];
    const squared = dx * dx + dy * dy;
    const lastRow = Math.min(SIZE - 1, Math.floor(Math.max(fromY, toY) + reach));
    const lastColumn = Math.min(SIZE - 1, Math.floor(Math.max(fromX, toX) + reach));
    for (let row = Math.max(0, Math.floor(Math.min(fromY, toY) - reach)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.floor(Math.min(fromX, toX) - reach)); column <= lastColumn; column++) {
        const x = column + 0.5 - fromX;
        const y = row + 0.5 - fromY;
        const t = squared === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / squared));
        const [ex, ey] = [x - t * dx, y - t * dy];
        const inside = radius - Math.sqrt(ex * ex + ey * ey);
        const at = row * SIZE + column;
        if (inside > depth[at]!) depth[at] = inside;
      }
    }
  });
  const softness = chance.between(0.9, 1.6);
  const ragged = chance.between(0.1, 0.6);
  for (let i = 0; i < image.length; i += 4) {
    const noise = chance.word();
    for (let j = 0; j < 4; j++) {
      const inside = depth[i + j]! + ragged * (((noise >>> (8 * j)) & 255) / 255 - 0.5);
      image[i + j] = Math.round(255 * Math.min(1, Math.max(0, 0.5 + inside / softness)));
    }
  }
}
