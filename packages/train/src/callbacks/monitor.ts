/** Which figure of an epoch a callback follows. */
import { FormatError, OptionError, option, show } from '@cnn/tensor';
import type { CallbackState } from '../checkpoint.js';
import type { EpochLog } from '../events.js';

/** The figure, and when it counts as better. */
export interface Monitor {
  /** Default 'testLoss'. Losses should fall, accuracies rise. */
  readonly monitor?: 'testLoss' | 'testAccuracy' | 'trainLoss' | 'trainAccuracy';
  /** A change counts only if it is larger than this. Default 0. */
  readonly minDelta?: number;
  /** Whether `minDelta` is a share of the best figure so far, as 0.01 for one in a hundred. Default false. */
  readonly relative?: boolean;
}

/** Rules for the options of {@link Monitor}. */
export const monitorRules = {
  monitor: option.oneOf('testLoss', 'testAccuracy', 'trainLoss', 'trainAccuracy'),
  minDelta: option.nonNegative,
  relative: option.boolean,
};

/** The figure of an epoch. @throws {OptionError} if the run has no validation data to take it from. */
export function monitored(log: EpochLog, { monitor = 'testLoss' }: Monitor): number {
  const value = log[monitor];
  if (value === undefined)
    throw new OptionError('callback', 'monitor', monitor, 'a training figure, since the run has no validation data');
  return value;
}

/** Whether a figure is better than the best so far. */
export function improves(
  value: number,
  best: number | undefined,
  { monitor = 'testLoss', minDelta = 0, relative = false }: Monitor,
): boolean {
  if (best === undefined) return true;
  const margin = relative ? minDelta * Math.abs(best) : minDelta;
  return monitor.endsWith('Loss') ? value < best - margin : value > best + margin;
}

/** The best figure so far and the epochs since, as a callback saved them. @throws {FormatError} for anything else. */
export function patienceOf(callback: string, { data }: CallbackState): { best: number | undefined; waited: number } {
  const { best, waited } = Object(data) as { best?: unknown; waited?: unknown };
  if (!(best === null || option.number.accepts(best)) || !option.index.accepts(waited))
    throw new FormatError('checkpoint', `what '${callback}' saved is damaged: ${show(data)}`);
  return { best: (best as number | null) ?? undefined, waited: waited as number };
}
