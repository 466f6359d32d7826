/** Who watches the kernels that run while a function is captured. */
import type { AnyBackend } from './backend.js';
import type { Kernel } from './kernels.js';
import type { Value } from './tensor.js';

/** A run of a kernel, with the values that it read and made. */
export interface RecordedKernel {
  readonly backend: AnyBackend;
  readonly kernel: Kernel<unknown, unknown>;
  readonly inputs: readonly Value[];
  readonly attrs: unknown;
  readonly outputs: readonly Value[];
}

/** Sees every run of a kernel, and what a replay could not repeat. */
export interface Recorder {
  ran(run: RecordedKernel): void;
  /** @param why - As `it reads numbers`. */
  refuse(why: string): void;
}

let recorder: Recorder | undefined;

/** The recorder of the capture under way. */
export const currentRecorder = (): Recorder | undefined => recorder;

/** Runs `fn` under a recorder. */
export function recordedBy<T>(next: Recorder, fn: () => T): T {
  const before = recorder;
  recorder = next;
  try {
    return fn();
  } finally {
    recorder = before;
  }
}
