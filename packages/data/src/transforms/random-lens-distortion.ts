import { checkOptions, option, randomUniform } from '@cnn/tensor';
import { aroundZero, type RandomRange, rangeAroundZero } from './random-range.js';
import type { Transform } from './transform.js';
import { warp } from './warp.js';

/** Options of {@link randomLensDistortion}. */
export interface RandomLensDistortionOptions {
  /** k, above 0 a barrel, below 0 a cushion; from -0.3 to 1. Default 0.2: from -0.2 to 0.2. */
  readonly strength?: RandomRange;
  /** What is outside of the image. Default 0. */
  readonly fill?: number;
}

/**
 * The radial distortion of a lens: what is at a distance r from the middle comes from r (1 + k r²), where r is 1 at the corners
 * (Brown, "Decentering distortion of lenses", 1966, with the first coefficient alone). Bilinear, the same size.
 */
export function randomLensDistortion(options: RandomLensDistortionOptions = {}): Transform {
  // Below -1/3, r (1 + k r²) would fall again before the corner, and a ring of the image would be seen twice.
  checkOptions('randomLensDistortion', options, { strength: rangeAroundZero(-0.3, 1), fill: option.number });
  const { strength = 0.2, fill = 0 } = options;
  const [low, high] = aroundZero(strength);
  return {
    name: 'randomLensDistortion',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
      const corner = Math.max(1, centreX ** 2 + centreY ** 2);
      const strengths = randomUniform(batch.size, key, low, high);
      return warp(batch, [height, width], fill, image => (x, y) => {
        const stretch = 1 + (strengths[image]! * ((x - centreX) ** 2 + (y - centreY) ** 2)) / corner;
        return [centreX + (x - centreX) * stretch, centreY + (y - centreY) * stretch];
      });
    },
  };
}
