import { checkOptions } from '@cnn/tensor';
import { colourOnly, photometric } from './photometric.js';
import { aroundZero, type RandomRange, rangeAroundZero } from './random-range.js';
import type { Transform } from './transform.js';

/** Options of {@link randomHue}. */
export interface RandomHueOptions {
  /** How far hues are turned on the colour circle, in degrees: 120 makes red green. Default 36: from -36 to 36. */
  readonly degrees?: RandomRange;
}

/**
 * Hues turned on the colour circle of HSV (Smith, "Color gamut transform pairs", 1978); value and saturation stay. Give it between `toFloat`
 * and `normalise`. As torchvision's `adjust_hue`, which counts in turns.
 *
 * @throws {ShapeError} for images that have not 3 channels.
 */
export function randomHue(options: RandomHueOptions = {}): Transform {
  checkOptions('randomHue', options, { degrees: rangeAroundZero() });
  return {
    shape: colourOnly('randomHue'),
    ...photometric('randomHue', aroundZero(options.degrees ?? 36), (image, degrees, [, height, width]) => {
      const plane = height * width;
      for (let i = 0; i < plane; i++) {
        const [red, green, blue] = turned(image[i]!, image[plane + i]!, image[2 * plane + i]!, degrees / 60);
        image[i] = red;
        image[plane + i] = green;
        image[2 * plane + i] = blue;
      }
    }),
  };
}

/** A colour with its hue turned by some sixths of the circle. */
function turned(red: number, green: number, blue: number, sixths: number): readonly [number, number, number] {
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  if (chroma === 0) return [red, green, blue];
  const hue = value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  // The distance of a channel's own hue decides how much of the chroma it lacks.
  const channel = (offset: number): number => {
    const distance = (((offset + hue + sixths) % 6) + 6) % 6;
    return value - chroma * Math.max(0, Math.min(distance, 4 - distance, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
