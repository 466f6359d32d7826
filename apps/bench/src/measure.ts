import { median } from './statistics.js';

/** How long to measure. */
export interface Budget {
  /** Milliseconds for the runs that count. */
  readonly milliseconds: number;
  /** So many runs count at least, however long they take. */
  readonly leastRuns: number;
  /** Milliseconds before, for the engine to compile what runs often. One run is always made. */
  readonly warmUp: number;
}

/** Milliseconds after which an engine has compiled even the many functions of a training step. */
export const WARM_UP = 1500;

/** What {@link measure} gives. */
export interface Timing {
  /** Milliseconds of a run, the median. */
  readonly ms: number;
  readonly runs: number;
}

/** Times a piece of work over and over. */
export async function measure(run: () => Promise<void>, { milliseconds, leastRuns, warmUp }: Budget): Promise<Timing> {
  const once = async (): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  let warm = 0;
  do warm += await once();
  while (warm < warmUp);
  const times: number[] = [];
  let spent = 0;
  while (times.length < leastRuns || spent < milliseconds) {
    const time = await once();
    times.push(time);
    spent += time;
  }
  return { ms: median(times), runs: times.length };
}
