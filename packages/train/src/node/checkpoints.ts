import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CnnError, checkOptions, FormatError, option } from '@cnn/tensor';
import { FileError, readFileBytes, removeOldPartials, writeFileAtomic } from '@cnn/tensor/node';
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

/**
 * Saves the run at the end of each epoch, when it is stopped, and now and then between. Each file is whole or not there.
 *
 * The folder belongs to the run: with each save, files of later steps go too, since they are of a run that this one replaces.
 *
 * @throws {OptionError} for an unknown or impossible option. The run ends with a FileError if a file cannot be written; older
 * files stay as they are.
 */
export function checkpoints(options: CheckpointsOptions): Callback {
  checkOptions(
    'checkpoints',
    options,
    { dir: option.text, everySteps: option.count, everySeconds: option.positive, keep: option.count },
    ['dir'],
  );
  const { dir, everySteps, everySeconds = 30, keep = 3 } = options;
  let step = 0;
  let savedStep: number | undefined;
  let savedAt = performance.now();

  const save = async (run: TrainingRun): Promise<void> => {
    if (savedStep === undefined) {
      await makeFolder(dir);
      await removeOldPartials(dir);
    }
    await writeFileAtomic(join(dir, fileName(step)), formatCheckpoint(await run.checkpoint()));
    savedStep = step;
    savedAt = performance.now();
    const found = await stepsIn(dir);
    const kept = found.filter(other => other <= step).slice(0, keep);
    for (const other of found) if (!kept.includes(other)) await rm(join(dir, fileName(other)), { force: true });
  };
  return {
    name: 'checkpoints',
    async onEvent(event, run) {
      if (event.type === 'start' || event.type === 'step') step = event.step;
      // Before callbacks that change the net at the end, so that a stopped run goes on as it was.
      if (event.type === 'end' && step !== savedStep) await save(run);
    },
    async afterEvent(event, run) {
      if (event.type === 'epochEnd') return save(run);
      // The end of the epoch saves too, with the epoch's figures in it.
      if (event.type !== 'step' || event.batch === event.batches) return;
      const due = everySteps !== undefined && step % everySteps === 0;
      if (due || performance.now() - savedAt > everySeconds * 1000) await save(run);
    },
  };
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw new FileError(dir, `cannot be made (${(cause as Error).message})`, { cause });
  }
}

/** The steps that have a file, newest first; none where there is no folder. */
async function stepsIn(dir: string): Promise<number[]> {
  try {
    return (await readdir(dir)).flatMap(name => stepIn(name) ?? []).sort((a, b) => b - a);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new FileError(dir, `cannot be read (${(cause as Error).message})`, { cause });
  }
}

/** What {@link latestCheckpoint} found. */
export interface LatestCheckpoint {
  /** The newest that is whole, if there is one. */
  readonly checkpoint?: Checkpoint;
  /** Its file. */
  readonly file?: string;
  /** What is wrong with newer ones. */
  readonly broken: readonly CnnError[];
}

/**
 * The newest checkpoint of a folder that is whole, and what is wrong with newer ones.
 *
 * @throws {FileError} if the folder is there and cannot be read.
 */
export async function latestCheckpoint(dir: string): Promise<LatestCheckpoint> {
  const broken: CnnError[] = [];
  for (const step of await stepsIn(dir)) {
    const file = join(dir, fileName(step));
    try {
      const checkpoint = parseCheckpoint(await readFileBytes(file), file);
      if (checkpoint.step !== step) throw new FormatError(file, `it is of step ${checkpoint.step}`);
      return { checkpoint, file, broken };
    } catch (error) {
      if (!(error instanceof CnnError)) throw error;
      broken.push(error);
    }
  }
  return { broken };
}
