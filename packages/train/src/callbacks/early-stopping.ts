import { checkOptions, option, type TypedArray } from '@cnn/tensor';
import type { Callback, TrainingRun } from '../callback.js';
import { captureVariables, restoreVariables } from '../checkpoint.js';
import { improves, type Monitor, monitored, monitorRules } from './monitor.js';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends Monitor {
  /** Epochs without a better figure before the run ends. Default 5. */
  readonly patience?: number;
  /** Put the weights of the best epoch back at the end. Default true. */
  readonly restoreBest?: boolean;
}

/** Ends the run when a figure no longer improves, and goes back to the weights of the best epoch. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions('earlyStopping', options, { ...monitorRules, patience: option.count, restoreBest: option.boolean });
  const { patience = 5, restoreBest = true } = options;
  let best: number | undefined;
  let waited = 0;
  let arrays: Record<string, TypedArray> = {};

  const restore = (run: TrainingRun): void => {
    const shapes = new Map(run.net.variables.map(({ name, value }) => [name, { shape: value.shape, data: arrays[name]! }]));
    restoreVariables(run.net.variables, shapes, 'earlyStopping');
  };
  return {
    name: 'earlyStopping',
    async onEvent(event, run) {
      if (event.type === 'epochEnd') {
        const value = monitored(event, options);
        if (improves(value, best, options)) {
          best = value;
          waited = 0;
          if (restoreBest) {
            const captured = await captureVariables(run.net.variables);
            arrays = Object.fromEntries([...captured].map(([name, { data }]) => [name, data]));
          }
        } else if (++waited >= patience) run.stop();
      } else if (event.type === 'end' && event.reason !== 'aborted' && Object.keys(arrays).length > 0) restore(run);
    },
    save: () => ({ data: { best: best ?? null, waited }, arrays }),
    restore: state => {
      const data = state.data as { best: number | null; waited: number };
      best = data.best ?? undefined;
      waited = data.waited;
      arrays = { ...state.arrays };
    },
  };
}
