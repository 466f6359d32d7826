import { checkOptions, option, type RandomKey, randomKey, randomUniform } from '@cnn/tensor';
import type { ImageShape } from '../dataset.js';
import { positiveRange } from './random-range.js';
import type { Transform } from './transform.js';
import { warp } from './warp.js';

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Height and width of the result, or one number for both. Default: the image's own size. */
  readonly size?: number | readonly [height: number, width: number];
  /** The crop's area as a fraction of the image's. Default [0.08, 1]. */
  readonly scale?: readonly [low: number, high: number];
  /** The crop's width divided by its height, drawn evenly on a logarithmic scale. Default [3 / 4, 4 / 3]. */
  readonly ratio?: readonly [low: number, high: number];
}

interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * A window of random size, proportions and place, scaled to one size (Szegedy et al., "Going deeper with convolutions", 2015).
 * Where ten draws give no window that fits, it is the largest one in the middle with allowed proportions. Scaled bilinearly
 * without averaging, so much smaller results than windows show aliasing.
 *
 * As torchvision's RandomResizedCrop without antialiasing.
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): Transform {
  checkOptions('randomResizedCrop', options, {
    size: option.either(option.count, option.list(option.count, 2)),
    scale: positiveRange(1),
    ratio: positiveRange(),
  });
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  const resized = ([channels, height, width]: ImageShape): ImageShape => {
    if (size === undefined) return [channels, height, width];
    return typeof size === 'number' ? [channels, size, size] : [channels, ...size];
  };
  return {
    name: 'randomResizedCrop',
    shape: resized,
    apply: (batch, key) => {
      const [, fromHeight, fromWidth] = batch.shape;
      const [, height, width] = resized(batch.shape);
      return warp(batch, [height, width], 0, image => {
        const window = drawWindow(fromHeight, fromWidth, scale, ratio, randomKey(...key, image));
        // Half a pixel beyond the window's outermost centres, the nearest one's value stands.
        const within = (value: number, length: number): number => Math.min(length - 1, Math.max(0, value));
        return (x, y) => [
          window.left + within(((x + 0.5) * window.width) / width - 0.5, window.width),
          window.top + within(((y + 0.5) * window.height) / height - 0.5, window.height),
        ];
      });
    },
  };
}

const TRIES = 10;

function drawWindow(
  height: number,
  width: number,
  [leastScale, mostScale]: readonly [number, number],
  [leastRatio, mostRatio]: readonly [number, number],
  key: RandomKey,
): Window {
  const drawn = randomUniform(4 * TRIES, key);
  for (let at = 0; at < 4 * TRIES; at += 4) {
    const area = height * width * (leastScale + (mostScale - leastScale) * drawn[at]!);
    const ratio = leastRatio * (mostRatio / leastRatio) ** drawn[at + 1]!;
    const cropWidth = Math.round(Math.sqrt(area * ratio));
    const cropHeight = Math.round(Math.sqrt(area / ratio));
    if (cropWidth < 1 || cropHeight < 1 || cropWidth > width || cropHeight > height) continue;
    return {
      top: Math.floor(drawn[at + 2]! * (height - cropHeight + 1)),
      left: Math.floor(drawn[at + 3]! * (width - cropWidth + 1)),
      height: cropHeight,
      width: cropWidth,
    };
  }
  const ratio = Math.min(mostRatio, Math.max(leastRatio, width / height));
  const cropHeight = Math.max(1, Math.min(height, Math.round(width / ratio)));
  const cropWidth = Math.max(1, Math.min(width, Math.round(height * ratio)));
  return {
    top: Math.floor((height - cropHeight) / 2),
    left: Math.floor((width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  };
}
