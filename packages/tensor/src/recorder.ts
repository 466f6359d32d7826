/** Who watches the kernels that run while a function is captured. Everything may tell a recorder something, so this imports nothing. */

/** A run of a kernel, with the values that it read and made. */
export interface RecordedKernel<Backend = unknown, Kernel = unknown, Value = unknown> {
  readonly backend: Backend;
  readonly kernel: Kernel;
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
