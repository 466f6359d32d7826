import { checkOptions, OptionError, option } from '@cnn/tensor';
import type { Transform } from './transform.js';

/** Options of {@link oneHot}. */
export interface OneHotOptions {
  /** How many classes there are. */
  readonly classes: number;
}

/**
 * Sets `targets` `[size, classes]`: 1 at the label, 0 elsewhere.
 *
 * @throws {OptionError} for a label that is not below `classes`.
 */
export function oneHot(options: OneHotOptions): Transform {
  checkOptions('oneHot', options, { classes: option.count }, ['classes']);
  const { classes } = options;
  return {
    name: 'oneHot',
    apply: batch => {
      const targets = new Float32Array(batch.size * classes);
      batch.labels.forEach((label, i) => {
        if (label >= classes) throw new OptionError('oneHot', 'classes', classes, `more than the label ${label}`);
        targets[i * classes + label] = 1;
      });
      return { ...batch, targets };
    },
  };
}
