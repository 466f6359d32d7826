import { checkOptions, option, randomKey, randomPermutation, randomUniform } from '@cnn/tensor';
import { mixTargets } from './mix-targets.js';
import { randomBeta } from './random-beta.js';
import { fillRectangle, rectangleAround } from './rectangle.js';
import type { Transform } from './transform.js';

/** Options of {@link cutMix}. */
export interface CutMixOptions {
  /** λ, the share of the image that stays, has the distribution Beta(alpha, alpha). Default 1: evenly from 0 to 1. */
  readonly alpha?: number;
}

/**
 * A rectangle of each image of a batch replaced by what another image has there, and their targets mixed by area (Yun et al., "CutMix:
 * regularization strategy to train strong classifiers with localizable features", 2019). The rectangle has sides √(1 - λ) of the image's, lies
 * around a random pixel and is cut off at the edges; it is the same for all images of a batch. `labels` stay those of
 * the first. Give it after `oneHot`, and a loss that takes probabilities.
 *
 * @throws {UsageError} (when a batch is read) for a batch without targets.
 */
export function cutMix(options: CutMixOptions = {}): Transform {
  checkOptions('cutMix', options, { alpha: option.positive });
  const { alpha = 1 } = options;
  return {
    name: 'cutMix',
    apply: (batch, key) => {
      const [, height, width] = batch.shape;
      const partners = randomPermutation(batch.size, randomKey(...key, 'partners'));
      const side = Math.sqrt(1 - randomBeta(alpha, randomKey(...key, 'share')));
      const [x, y] = randomUniform(2, randomKey(...key, 'place'));
      const cut = rectangleAround(
        Math.floor(x! * width),
        Math.floor(y! * height),
        Math.floor(side * height),
        Math.floor(side * width),
        batch.shape,
      );
      const share = 1 - ((cut.bottom - cut.top) * (cut.right - cut.left)) / (height * width);
      const targets = mixTargets('cutMix', batch, partners, share);
      const images = batch.images.slice();
      for (let image = 0; image < batch.size; image++)
        fillRectangle(images, image, batch.shape, cut, { from: batch.images, image: partners[image]! });
      return { ...batch, images, targets };
    },
  };
}
