import type { Net } from '@cnn/layers';
import type { CallbackState, Checkpoint } from './checkpoint.js';
import type { EpochLog, TrainEvent } from './events.js';

/** What a callback can see and do. */
export interface TrainingRun {
  readonly net: Net;
  /** The epochs so far. */
  readonly history: readonly EpochLog[];
  /** Scales the learning rate that optimizer and schedule give; 1 at first. It is saved with the run. */
  learningRateScale: number;
  /** Ends the run after this step or epoch, or before the first one. */
  stop(): void;
  /** All of the run's state, as it is between two steps. Call it from `afterEvent`, when every callback has seen the event. */
  checkpoint(): Promise<Checkpoint>;
}

/** Something that follows a run: stops it, saves it, logs it. Each run needs callbacks of its own. */
export interface Callback {
  /** Unique in a run: its state is saved under it. */
  readonly name: string;
  /** Awaited before the run goes on. */
  onEvent?(event: TrainEvent, run: TrainingRun): void | Promise<void>;
  /** Awaited when every callback's `onEvent` has seen the event, so that what is saved here is of one moment. */
  afterEvent?(event: TrainEvent, run: TrainingRun): void | Promise<void>;
  /** What it needs to go on in a resumed run. */
  save?(): CallbackState | Promise<CallbackState>;
  /** Takes back what `save` gave, before the event 'start'. Throws a FormatError for anything else. */
  restore?(state: CallbackState): void;
  /** Frees what it holds on the backend, when the run has ended, also by an error. */
  dispose?(): void;
}
