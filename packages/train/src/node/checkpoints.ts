import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CnnError, checkOptions, option } from '@cnn/tensor';
import { writeFileAtomic } from '@cnn/tensor/node';
import type { Callback, TrainingRun } from '../callback.js';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../checkpoint.js';

/** Options of {@link checkpoints}. */
export interface CheckpointsOptions {
  /** The folder; made if it is missing. */
  readonly dir: string;
  /** Save after every so many steps, besides the end of each epoch. */
  readonly everySteps?: number;
  /** Save when so many seconds have passed since the last time. Default 30. */
  readonly everySeconds?: number;
  /** How many of the newest to keep. Default 3. */
  readonly keep?: number;
}

const fileName = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`;
const stepIn = (name: string): number | undefined => {
  const found = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Saves the run at the end of each epoch and now and then between; each file is whole or not there. */
export function checkpoints(options: CheckpointsOptions): Callback {
  checkOptions(
    'checkpoints',
    options,
    { dir: option.text, everySteps: option.count, everySeconds: option.positive, keep: option.count },
    ['dir'],
  );
  const { dir, everySteps, everySeconds = 30, keep = 3 } = options;
  let saved = performance.now();
  let last = -1;
  const save = async (step: number, run: TrainingRun): Promise<void> => {
    if (step === last) return;
    await mkdir(dir, { recursive: true });
    await writeFileAtomic(join(dir, fileName(step)), formatCheckpoint(await run.checkpoint()));
    last = step;
    saved = performance.now();
    const old = (await steps(dir)).slice(keep);
    for (const step of old) await rm(join(dir, fileName(step)), { force: true });
  };
  let step = 0;
  return {
    name: 'checkpoints',
    async onEvent(event, run) {
      if (event.type === 'start') step = event.step;
      if (event.type === 'epochEnd' || event.type === 'end') return save(step, run);
      if (event.type !== 'step') return;
      step = event.step;
      // The end of the epoch saves too, with the epoch's figures in it.
      if (event.batch === event.batches) return;
      const due = everySteps !== undefined && step % everySteps === 0;
      if (due || performance.now() - saved > everySeconds * 1000) await save(step, run);
    },
  };
}

/** The steps that have a file, newest first. */
async function steps(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch(() => []);
  return names.flatMap(name => stepIn(name) ?? []).sort((a, b) => b - a);
}

/** The newest checkpoint of a folder that is whole, and what was wrong with newer ones. */
export async function latestCheckpoint(
  dir: string,
): Promise<{ checkpoint?: Checkpoint; file?: string; broken: readonly CnnError[] }> {
  const broken: CnnError[] = [];
  for (const step of await steps(dir)) {
    const file = join(dir, fileName(step));
    try {
      return { checkpoint: parseCheckpoint(await readFile(file), file), file, broken };
    } catch (error) {
      if (!(error instanceof CnnError)) throw error;
      broken.push(error);
    }
  }
  return { broken };
}
