import { checkOptions, option } from '@cnn/tensor';
import type { Callback } from '../callback.js';
import { improves, type Monitor, monitored, monitorRules, patienceOf } from './monitor.js';

/** Options of {@link reduceOnPlateau}. */
export interface ReduceOnPlateauOptions extends Monitor {
  /** The learning rate is multiplied by this. Default 0.1. */
  readonly factor?: number;
  /** Epochs without a better figure before it is. Default 3. */
  readonly patience?: number;
  /** The learning rate that it does not go below. Default 0. */
  readonly minimum?: number;
}

/**
 * Lowers the learning rate each time a figure stops improving: η ← max(minimum, factor η). PyTorch's ReduceLROnPlateau, whose
 * patience is one less.
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Callback {
  checkOptions('reduceOnPlateau', options, {
    ...monitorRules,
    factor: option.between(0, 1),
    patience: option.count,
    minimum: option.nonNegative,
  });
  const { factor = 0.1, patience = 3, minimum = 0 } = options;
  let best: number | undefined;
  let waited = 0;
  return {
    name: 'reduceOnPlateau',
    onEvent(event, run) {
      if (event.type !== 'epochEnd') return;
      const value = monitored(event, options);
      if (improves(value, best, options)) {
        best = value;
        waited = 0;
      } else if (++waited >= patience) {
        waited = 0;
        const least = event.learningRate > 0 ? minimum / event.learningRate : 0;
        // A schedule may have gone below the minimum by itself.
        run.learningRateScale *= Math.min(1, Math.max(factor, least));
      }
    },
    save: () => ({ data: { best: best ?? null, waited } }),
    restore: state => {
      ({ best, waited } = patienceOf('reduceOnPlateau', state));
    },
  };
}
