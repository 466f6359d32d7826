/** The folder of a training run: what was trained there, how far it came, and what is made anew when a run starts. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, show, UsageError } from '@cnn/tensor';
import { FileError, readFileBytes, writeFileAtomic } from '@cnn/tensor/node';
import type { Checkpoint } from '@cnn/train';
import { latestCheckpoint } from '@cnn/train/node';
import type { BackendBuild } from '../backend.js';

/** Everything that decides what a run comes to, as plain JSON. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** What a run came to; the JSON that the command prints. */
export interface TrainResult {
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly trainLoss: number;
  readonly epochs: number;
  readonly imagesPerSecond: number;
  /** Time inside training steps. */
  readonly seconds: number;
  readonly parameters: number;
  readonly out: string;
}

/** What run.json holds. */
interface RunFile extends BackendBuild {
  readonly settings: RunSettings;
}

/** How far the run in a folder came. */
export type Progress =
  | { readonly state: 'none' }
  | { readonly state: 'started'; readonly checkpoint: Checkpoint; readonly file: string }
  | { readonly state: 'finished'; readonly result: TrainResult };

/**
 * Looks how far the run in a folder came.
 *
 * @param warn - Is told of damaged checkpoints, and of a build of the kernels that differs.
 * @throws {UsageError} if the run there is another. @throws {FormatError | FileError} for a file that is damaged.
 */
export async function findRun(
  folder: string,
  settings: RunSettings,
  build: BackendBuild,
  warn: (text: string) => void,
): Promise<Progress> {
  const result = (await readJson(join(folder, 'result.json'))) as TrainResult | undefined;
  const { checkpoint, file, broken } = await latestCheckpoint(join(folder, 'checkpoints'));
  if (!result) for (const error of broken) warn(`left out a damaged checkpoint: ${error.message}`);
  if (!result && !checkpoint) return { state: 'none' };

  const before = (await readJson(join(folder, 'run.json'))) as RunFile | undefined;
  if (!before?.settings) throw new FormatError(join(folder, 'run.json'), 'it does not say what was trained here');
  refuseOther(folder, before.settings, settings);
  if (result && !Number.isFinite(result.testAccuracy))
    throw new FormatError(join(folder, 'result.json'), 'it does not say what the run came to');
  if (result) return { state: 'finished', result };
  for (const key of ['backend', 'build', 'threads'] as const) {
    if (before[key] === build[key]) continue;
    warn(`the run began with ${key} ${before[key]} and goes on with ${build[key]}; the result will differ in its last digits`);
  }
  return { state: 'started', checkpoint: checkpoint!, file: file! };
}

function refuseOther(folder: string, theirs: RunSettings, ours: RunSettings): void {
  const differ = Object.keys({ ...theirs, ...ours }).filter(key => JSON.stringify(theirs[key]) !== JSON.stringify(ours[key]));
  if (differ.length === 0) return;
  const each = differ.map(key => `its ${key}${difference(theirs[key], ours[key])}`);
  throw new UsageError(
    `cannot resume: the run in ${folder} is another one: ${each.join('; ')}. Choose another --out, or start over without --resume`,
  );
}

/** Where two values of JSON differ, as ` is 1, here 2`, or `.layers.conv.filters is 1, here 2`: of all places, the first. */
function difference(theirs: unknown, ours: unknown): string {
  if (isRecord(theirs) && isRecord(ours)) {
    const key = Object.keys({ ...theirs, ...ours }).find(name => JSON.stringify(theirs[name]) !== JSON.stringify(ours[name]));
    if (key !== undefined) return `.${key}${difference(theirs[key], ours[key])}`;
  }
  return ` is ${show(theirs)}, here ${show(ours)}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What a run leaves in its folder, beside run.json, and the next one there takes away. */
const outcomes = ['result.json', 'model.safetensors', 'report.html', 'history.csv', 'checkpoints', 'trace.json', 'profile.txt'];

/**
 * Makes the folder ready for a run. One that starts over leaves nothing of the run before it.
 *
 * @throws {UsageError} if it would take away or overwrite what is not a run's.
 */
export async function prepareRun(folder: string, settings: RunSettings, build: BackendBuild, startsOver: boolean): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (startsOver) {
    const present = await readdir(folder);
    const foreign = ['model.json', ...outcomes].find(name => present.includes(name));
    if (foreign && !present.includes('run.json'))
      throw new UsageError(`${folder} holds ${foreign} but no run.json, so it is not the folder of a run; choose another --out`);
    for (const name of outcomes) await rm(join(folder, name), { recursive: true, force: true });
  }
  await writeJson(join(folder, 'run.json'), { settings, ...build } satisfies RunFile);
}

/** Writes JSON that people can read, too. */
export const writeJson = (file: string, value: unknown): Promise<void> =>
  writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);

/** What a JSON file holds; undefined if it is not there. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await readFileBytes(file)));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new FormatError(file, `is not JSON: ${cause.message}`, undefined, { cause });
    const isMissing = cause instanceof FileError && (cause.cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) return undefined;
    throw cause;
  }
}
