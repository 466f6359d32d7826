import { checkOptions, option, randomKey, randomUniform } from '@cnn/tensor';
import type { Transform } from './transform.js';
import { type SourceOf, warp } from './warp.js';

/** Options of {@link randomPerspective}. */
export interface RandomPerspectiveOptions {
  /**
   * How far a corner may move inwards, as a fraction of half the width and half the height, from 0 to 0.6. (Beyond two thirds,
   * the four corners may fold.) Default 0.5.
   */
  readonly distortion?: number;
  /** What is outside of the image. Default 0. */
  readonly fill?: number;
}

/** A point of an image in pixels. */
type Point = readonly [x: number, y: number];

/**
 * The image as seen from aside: each corner moves inwards by chance, and straight lines stay straight. Bilinear, the same size.
 * Give it before `normalise`, so that what comes from outside is black. As torchvision's RandomPerspective, but for
 * corners that need not be at whole pixels; it changes each image (see `randomApply`).
 */
export function randomPerspective(options: RandomPerspectiveOptions = {}): Transform {
  checkOptions('randomPerspective', options, { distortion: option.between(0, 0.6), fill: option.number });
  const { distortion = 0.5, fill = 0 } = options;
  return {
    name: 'randomPerspective',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      return warp(batch, [height, width], fill, image => {
        const moves = randomUniform(8, randomKey(...key, image), 0, distortion / 2);
        const [right, bottom] = [width - 1, height - 1];
        return perspectiveSource(height, width, [
          [moves[0]! * right, moves[1]! * bottom],
          [right - moves[2]! * right, moves[3]! * bottom],
          [right - moves[4]! * right, bottom - moves[5]! * bottom],
          [moves[6]! * right, bottom - moves[7]! * bottom],
        ]);
      });
    },
  };
}

/**
 * The map that brings the image's corners to four points, from the top left one clockwise: the inverse of the projective map of the unit square to a
 * quadrilateral (Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3).
 */
export function perspectiveSource(height: number, width: number, corners: readonly [Point, Point, Point, Point]): SourceOf {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const [sumX, sumY] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const determinant = (x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2);
  const g = (sumX * (y3 - y2) - (x3 - x2) * sumY) / determinant;
  const h = ((x1 - x2) * sumY - sumX * (y1 - y2)) / determinant;
  const [a, b, c] = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0];
  const [d, e, f] = [y1 - y0 + g * y1, y3 - y0 + h * y3, y0];
  return (x, y) => {
    const weight = (d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d);
    const u = ((e - f * h) * x + (c * h - b) * y + (b * f - c * e)) / weight;
    const v = ((f * g - d) * x + (a - c * g) * y + (c * d - a * f)) / weight;
    return [u * (width - 1), v * (height - 1)];
  };
}
