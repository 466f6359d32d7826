import { checkOptions, option, randomKey, randomPermutation } from '@cnn/tensor';
import { sizeOf } from '../dataset.js';
import { mixTargets } from './mix-targets.js';
import { randomBeta } from './random-beta.js';
import type { Transform } from './transform.js';

/** Options of {@link mixup}. */
export interface MixupOptions {
  /** λ has the distribution Beta(alpha, alpha): small is mostly near 0 and 1. Default 0.2. */
  readonly alpha?: number;
}

/**
 * Each image of a batch laid over another one, and their targets too: λ x + (1 - λ) x', with one λ for a batch (Zhang et al., "mixup:
 * beyond empirical risk minimization", 2017). `labels` stay those of the first. Give it after `oneHot`, and a loss that takes probabilities.
 *
 * @throws {UsageError} (when a batch is read) for a batch without targets.
 */
export function mixup(options: MixupOptions = {}): Transform {
  checkOptions('mixup', options, { alpha: option.positive });
  const { alpha = 0.2 } = options;
  return {
    name: 'mixup',
    apply: (batch, key) => {
      const partners = randomPermutation(batch.size, randomKey(...key, 'partners'));
      const share = randomBeta(alpha, randomKey(...key, 'share'));
      const targets = mixTargets('mixup', batch, partners, share);
      const size = sizeOf(batch.shape);
      // #region mixup
      const images = batch.images.map((value, i) => {
        const partner = partners[Math.floor(i / size)]!;
        return share * value + (1 - share) * batch.images[partner * size + (i % size)]!;
      });
      // #endregion mixup
      return { ...batch, images, targets };
    },
  };
}
