/** How long it takes until the backend can be used. */
import { spawnSync } from 'node:child_process';
import { CnnError } from '@cnn/tensor';
import { inFolder } from './folder.js';
import { median } from './statistics.js';

/** What {@link measureStartUp} gives, in milliseconds. */
export interface StartUp {
  /** From an empty script's first line to `await cpu()` being done: the median of the pairs' differences. */
  readonly ms: number;
  /** From the start of an empty process to its first line. */
  readonly emptyMs: number;
  /** From the start of a process to the backend being ready. */
  readonly readyMs: number;
}

const PAIRS = 11;
const empty = 'console.log(performance.timeOrigin + performance.now());';
const ready = `import { cpu } from '@cnn/backend-cpu'; await cpu(); ${empty}`;

/** Starts fresh processes in pairs: an empty script, and one that imports the built backend and has it ready. */
export function measureStartUp(): StartUp {
  const times: { empty: number; ready: number }[] = [];
  // The first pair fills the disk cache.
  for (let pair = 0; pair <= PAIRS; pair++) {
    const time = { empty: timeOf(empty), ready: timeOf(ready) };
    if (pair > 0) times.push(time);
  }
  return {
    ms: median(times.map(({ empty, ready }) => ready - empty)),
    emptyMs: median(times.map(({ empty }) => empty)),
    readyMs: median(times.map(({ ready }) => ready)),
  };
}

/** Milliseconds from the start of a process to the moment that its script prints. */
function timeOf(script: string): number {
  const start = performance.timeOrigin + performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: inFolder('.'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new CnnError(`bench: the script that starts the backend failed: ${stderr.trim()}`);
  return Number(stdout) - start;
}
