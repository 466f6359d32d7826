import type { Net } from '@cnn/layers';
import type { CallbackState, Checkpoint } from './checkpoint.js';
import type { EpochLog, TrainEvent } from './events.js';

/** What a callback can see and do. */
export interface TrainingRun {
  readonly net: Net;
  /** The epochs so far. */
  readonly history: readonly EpochLog[];
  /** Scales the learning rate that optimizer and schedule give; 1 at first. */
  learningRateScale: number;
  /** Ends the run after this step or epoch. */
  stop(): void;
  /** All of the run's state, as it is between two steps. */
  checkpoint(): Promise<Checkpoint>;
}

/** Something that follows a run: stops it, saves it, logs it. */
export interface Callback {
  /** Unique in a run: its state is saved under it. */
  readonly name: string;
  /** Awaited before the run goes on. */
  onEvent(event: TrainEvent, run: TrainingRun): void | Promise<void>;
  /** What it needs to go on in a resumed run. */
  save?(): CallbackState;
  restore?(state: CallbackState): void;
}
