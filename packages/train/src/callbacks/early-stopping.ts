import { checkOptions, option, type TypedArray, UsageError } from '@cnn/tensor';
import type { Callback, TrainingRun } from '../callback.js';
import { captureVariables, restorer } from '../checkpoint.js';
import { improves, type Monitor, monitored, monitorRules, patienceOf } from './monitor.js';

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

  return {
    name: 'earlyStopping',
    async onEvent(event, run) {
      // A run that was resumed from where it had been stopped ends at once.
      if (event.type === 'start' && waited >= patience) run.stop();
      if (event.type !== 'epochEnd') return;
      const value = monitored(event, options);
      if (improves(value, best, options)) {
        best = value;
        waited = 0;
        if (restoreBest) arrays = await captureArrays(run);
      } else if (++waited >= patience) run.stop();
    },
    // After the others, so that what they save at the end is the run as it went and not the best weights.
    afterEvent(event, run) {
      if (event.type === 'end' && event.reason !== 'aborted' && best !== undefined && restoreBest) restoreArrays(run, arrays);
    },
    save: () => ({ data: { best: best ?? null, waited }, arrays }),
    restore: state => {
      ({ best, waited } = patienceOf('earlyStopping', state));
      arrays = { ...state.arrays };
      if (restoreBest && best !== undefined && Object.keys(arrays).length === 0) {
        throw new UsageError('earlyStopping: the checkpoint holds no best weights, since it was saved with restoreBest: false');
      }
    },
  };
}

async function captureArrays({ net }: TrainingRun): Promise<Record<string, TypedArray>> {
  const captured = await captureVariables(net.variables);
  return Object.fromEntries([...captured].map(([name, { data }]) => [name, data]));
}

function restoreArrays({ net }: TrainingRun, arrays: Readonly<Record<string, TypedArray>>): void {
  const captured = net.variables.flatMap(({ name, value }) => {
    const data = arrays[name];
    return data ? [[name, { shape: value.shape, data }] as const] : [];
  });
  restorer(net.variables, new Map(captured), 'earlyStopping')();
}
