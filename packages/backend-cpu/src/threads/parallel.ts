/** Kernels cut into parts for the threads that there are. */
import type { KernelExports } from '../generated/exports.js';
import { callKernel, type KernelCall, type KernelName } from './kernel-call.js';
import type { Threads } from './threads.js';

/** A part of a range: its first thing, and how many. */
export type Part = readonly [first: number, count: number];

/** The parts of `Runtime` that run kernels on threads. */
export interface Parallel {
  /** How many threads there are, the caller's among them. */
  readonly threads: number;
  /** Cuts a range of `total` things into parts of nearly equal size, at most one for each thread, with at least `grain` things where there are several. */
  parts(total: number, grain: number): readonly Part[];
  /**
   * Runs a kernel on {@link parts} of a range at the same time. Parts write to different places, and what they compute must not
   * depend on where the range is cut, so that results are the same for any number of threads.
   *
   * @param args - The arguments for the part [first, first + count). It may call `scratch` for memory of the part's own.
   */
  over<K extends KernelName>(
    total: number,
    grain: number,
    kernel: K,
    args: (first: number, count: number) => Parameters<KernelExports[K]>,
  ): void;
  /** Runs calls at the same time that write to different places. */
  together(calls: readonly KernelCall[]): void;
}

/** @param others - The threads beside the caller's own, if there are any. */
export function parallel(exports: KernelExports, others: Threads | undefined): Parallel {
  const threads = 1 + (others?.count ?? 0);
  const parts = (total: number, grain: number): Part[] => {
    // #region parts
    const most = Math.max(1, Math.min(threads, Math.floor(total / grain)));
    return Array.from({ length: most }, (_, i) => {
      const first = Math.floor((total * i) / most);
      return [first, Math.floor((total * (i + 1)) / most) - first];
    });
    // #endregion parts
  };
  const together = (calls: readonly KernelCall[]): void => {
    if (!others || calls.length === 1) for (const call of calls) callKernel(exports, call);
    else {
      // Neighbouring calls run on one thread, whose cache holds what others of these parts have left there.
      const rounds = Math.ceil(calls.length / threads);
      for (let round = 0; round < rounds; round++) {
        others.run(
          calls.filter((_, i) => i % rounds === round),
          call => callKernel(exports, call),
        );
      }
    }
  };
  return {
    threads,
    parts,
    over(total, grain, kernel, args) {
      if (!others) callKernel(exports, { kernel, args: args(0, total) as KernelCall['args'] });
      else together(parts(total, grain).map(([first, count]) => ({ kernel, args: args(first, count) as KernelCall['args'] })));
    },
    together,
  };
}
