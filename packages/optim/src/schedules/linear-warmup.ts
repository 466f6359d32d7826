import { option } from '@cnn/tensor';
import { defineSchedule, type Schedule, scheduleOption } from '../schedule.js';

/** Options of {@link linearWarmup}. */
export interface LinearWarmupOptions {
  /** How long it rises. */
  readonly length: number;
  /** What comes afterwards, with its own time from 0. */
  readonly after: Schedule;
  /** It starts at this share of `after`'s first learning rate. Default 0. */
  readonly startFactor: number;
}

/** A straight line up to the first learning rate of another schedule, and then that schedule (Goyal et al., 2017). */
export const linearWarmup = defineSchedule<LinearWarmupOptions, 'startFactor'>({
  type: 'linearWarmup',
  options: { length: option.positive, after: scheduleOption, startFactor: option.between(0, 1) },
  defaults: { startFactor: 0 },
  // #region rate
  at: ({ length, after, startFactor }, t) =>
    t < length ? after.at(0) * (startFactor + ((1 - startFactor) * t) / length) : after.at(t - length),
  // #endregion rate
});
