/** Kernels cut into parts for the threads that there are. */
import type { KernelExports } from '../generated/exports.js';
import { callKernel, type KernelCall, type KernelName, type Threads } from './threads.js';

/** The parts of `Runtime` that run kernels on threads. */
export interface Parallel {
  /** How many threads there are, the caller's among them. */
  readonly threads: number;
  /**
   * Runs a kernel on parts of a range of `total` things, at least `grain` of them in each but for the last, on as many threads
   * as there are. Parts write to different places, and what they compute must not depend on where the range is cut, so that
   * results are the same for any number of threads.
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
  return {
    threads,
    over(total, grain, kernel, args) {
      const call = (first: number, count: number) => ({ kernel, args: args(first, count) as KernelCall['args'] });
      const parts = Math.min(threads, Math.floor(total / grain));
      if (parts < 2 || !others) {
        callKernel(exports, call(0, total));
        return;
      }
      const size = Math.ceil(total / parts);
      const calls: KernelCall[] = [];
      for (let first = 0; first < total; first += size) calls.push(call(first, Math.min(size, total - first)));
      others.run(calls);
    },
    together(calls) {
      if (!others) for (const call of calls) callKernel(exports, call);
      else for (let first = 0; first < calls.length; first += threads) others.run(calls.slice(first, first + threads));
    },
  };
}
