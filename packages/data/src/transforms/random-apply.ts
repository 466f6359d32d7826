import { checkOptions, option, randomBernoulli, randomKey } from '@cnn/tensor';
import { applyToPart } from './apply-to-part.js';
import { compose, type Transform } from './transform.js';

/** Options of {@link randomApply}. */
export interface RandomApplyOptions {
  /** How likely an image is changed. Default 0.5. */
  readonly probability?: number;
}

/**
 * A transform of images done to each image by chance: `randomApply(randomBlur(), { probability: 0.1 })`. As torchvision's RandomApply.
 *
 * @throws {UsageError} (when a batch is read) if the transform changes shapes or targets.
 */
export function randomApply(transform: Transform, options: RandomApplyOptions = {}): Transform {
  checkOptions('randomApply', options, { probability: option.between(0, 1) });
  const { probability = 0.5 } = options;
  const checked = compose(transform);
  return {
    ...checked,
    name: `randomApply(${checked.name})`,
    apply: (batch, key) => {
      const chosen = randomBernoulli(batch.size, randomKey(...key, 'probability'), probability);
      const positions = Array.from(chosen.keys()).filter(image => chosen[image]);
      applyToPart(checked, batch, positions, randomKey(...key, 'transform'));
      return batch;
    },
  };
}
