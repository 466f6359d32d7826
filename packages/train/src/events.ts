/** What a training run tells as it goes. */

/** The figures of one epoch; also a row of the history. */
export interface EpochLog {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over the epoch's training images, each at the moment it was trained on. */
  readonly trainLoss: number;
  /** Mean penalty of the weights over the epoch's training images, where there is regularisation; no part of the loss. */
  readonly penalty?: number;
  /** Share of them that was right, in [0, 1]. */
  readonly trainAccuracy: number;
  /** Of the validation images after the epoch, where there are any. */
  readonly testLoss?: number;
  readonly testAccuracy?: number;
  /** At the epoch's last step. */
  readonly learningRate: number;
  /** Time inside training steps. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/** The figures of one step. */
export interface StepLog {
  /** Steps of the whole run, from 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** Place in the epoch, from 1. */
  readonly batch: number;
  /** Batches in an epoch. */
  readonly batches: number;
  readonly epochs: number;
  /** Of this batch. */
  readonly loss: number;
  /** Of the weights, where there is regularisation; no part of the loss. */
  readonly penalty?: number;
  /** Of this batch. */
  readonly accuracy: number;
  readonly learningRate: number;
  /** Images trained on in this run. */
  readonly images: number;
  /** Time inside training steps, of this run. */
  readonly seconds: number;
}

/** Progress of a run, in order: start, then steps and the end of each epoch, then end. */
export type TrainEvent =
  | { readonly type: 'start'; readonly epochs: number; readonly batches: number; readonly step: number }
  | ({ readonly type: 'step' } & StepLog)
  | ({ readonly type: 'epochEnd' } & EpochLog)
  | { readonly type: 'end'; readonly reason: StopReason };

/** Why a run ended: all epochs done, a callback asked, or the signal. */
export type StopReason = 'finished' | 'stopped' | 'aborted';
