import { checkOptions, OptionError, option, randomKey, randomUniform } from '@cnn/tensor';
import { aroundZero, positiveRange, type RandomRange, rangeAroundZero } from './random-range.js';
import type { Transform } from './transform.js';
import { type SourceOf, warp } from './warp.js';

/** Options of {@link randomAffine}; what is left out is not done. */
export interface RandomAffineOptions {
  /** Rotation about the middle, in degrees clockwise. */
  readonly degrees?: RandomRange;
  /** Translation to the right, as a fraction of the width. */
  readonly translateX?: RandomRange;
  /** Translation down, as a fraction of the height. */
  readonly translateY?: RandomRange;
  /** Scaling: above 1 larger. */
  readonly scale?: readonly [low: number, high: number];
  /** Shearing of the rows against each other, in degrees within (-90, 90). */
  readonly shearX?: RandomRange;
  /** Shearing of the columns, in degrees within (-90, 90). */
  readonly shearY?: RandomRange;
  /** What is outside of the image. Default 0. */
  readonly fill?: number;
}

/** One affine change, in pixels and radians. */
interface Affine {
  readonly angle: number;
  readonly translateX: number;
  readonly translateY: number;
  readonly scale: number;
  readonly shearX: number;
  readonly shearY: number;
}

/**
 * Rotation, translation, scaling and shearing about the middle of the image, with numbers drawn for each image: a point p goes to
 * c + t + s R(degrees) Y(shearY) X(shearX) (p - c), where X takes x to x - y tan(shearX) and Y takes y to y - x tan(shearY).
 * Bilinear, the same size. Give it before `normalise`, so that what comes from outside is black.
 *
 * As torchvision's RandomAffine.
 */
export function randomAffine(options: RandomAffineOptions): Transform {
  checkOptions('randomAffine', options, {
    degrees: rangeAroundZero(),
    translateX: rangeAroundZero(),
    translateY: rangeAroundZero(),
    scale: positiveRange(),
    shearX: rangeAroundZero(-89, 89),
    shearY: rangeAroundZero(-89, 89),
    fill: option.number,
  });
  const { fill = 0, scale = [1, 1], ...ranges } = options;
  if (Object.keys(options).length === 0)
    throw new OptionError('randomAffine', 'degrees', undefined, 'at least one of the options');
  return {
    name: 'randomAffine',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      const draw = (name: string, [low, high]: readonly [number, number]): Float64Array =>
        randomUniform(batch.size, randomKey(...key, name), low, high);
      const drawAround = (name: Exclude<keyof RandomAffineOptions, 'fill' | 'scale'>): Float64Array =>
        draw(name, aroundZero(ranges[name] ?? 0));
      const angles = drawAround('degrees');
      const right = drawAround('translateX');
      const down = drawAround('translateY');
      const scales = draw('scale', scale);
      const shearsX = drawAround('shearX');
      const shearsY = drawAround('shearY');
      return warp(batch, [height, width], fill, image =>
        affineSource(height, width, {
          angle: radians(angles[image]!),
          translateX: right[image]! * width,
          translateY: down[image]! * height,
          scale: scales[image]!,
          shearX: radians(shearsX[image]!),
          shearY: radians(shearsY[image]!),
        }),
      );
    },
  };
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The inverse of the affine change: where a pixel of the result comes from. */
function affineSource(height: number, width: number, affine: Affine): SourceOf {
  const { angle, translateX, translateY, scale, shearX, shearY } = affine;
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  // R Y X written out; its determinant is 1.
  const xx = Math.cos(angle) + Math.sin(angle) * Math.tan(shearY);
  const yx = Math.sin(angle) - Math.cos(angle) * Math.tan(shearY);
  const xy = -xx * Math.tan(shearX) - Math.sin(angle);
  const yy = -yx * Math.tan(shearX) + Math.cos(angle);
  return (x, y) => {
    const fromX = x - centreX - translateX;
    const fromY = y - centreY - translateY;
    return [centreX + (yy * fromX - xy * fromY) / scale, centreY + (xx * fromY - yx * fromX) / scale];
  };
}
