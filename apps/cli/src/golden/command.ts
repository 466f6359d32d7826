import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OptionError } from '@cnn/tensor';
import { Command } from 'commander';
import { printJson } from '../arguments.js';
import { openBackend } from '../backend.js';
import { parseGolden } from './format.js';
import { combine, summarise, table } from './report.js';
import { runGolden } from './run.js';

interface Options {
  readonly dir: string;
  readonly backend: string;
  readonly json?: boolean;
}

/** `cnn golden`: compares ops, gradients, optimizers and schedules with golden numbers. Exit status 1 if a case failed. */
export const goldenCommand = (): Command =>
  new Command('golden')
    .description('compare ops, gradients, optimizers and schedules with golden numbers')
    .requiredOption('--dir <folder>', 'folder with *.json files of golden cases')
    .option('--backend <name>', 'backend to run them on, in float32; cpu:reference runs them in float64, too', 'cpu')
    .option('--json', 'make the last line of the output one JSON object')
    .action(async ({ dir, backend: name, json }: Options, command: Command) => {
      const paths = await orUsageError(command, () => jsonFilesIn(dir));
      const backend = await orUsageError(command, () => openBackend(name));
      const cases = paths.flatMap(path => parseGolden(path, readFileSync(path, 'utf8')));
      const float32 = await runGolden(cases, backend, 'float32');
      const results = combine(
        name === 'cpu:reference' ? { float32, float64: await runGolden(cases, backend, 'float64') } : { float32 },
      );
      await backend.dispose();
      const summary = summarise(results);
      process.stdout.write(`${table(results)}\n`);
      if (json) printJson(summary);
      if (summary.failed.length > 0) process.exitCode = 1;
    });

/** Exit status 2 for an option that is wrong. */
async function orUsageError<T>(command: Command, attempt: () => T | Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return command.error(`error: ${error.message}`, { exitCode: 2 });
  }
}

/** @throws {OptionError} if there is no such folder, or no such file in it: no cases must not look like no failures. */
function jsonFilesIn(dir: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw new OptionError('cnn golden', '--dir', dir, `a folder that can be read; ${(error as Error).message}`);
  }
  const paths = names
    .filter(found => found.endsWith('.json'))
    .sort()
    .map(found => join(dir, found));
  if (paths.length === 0) throw new OptionError('cnn golden', '--dir', dir, 'a folder with *.json files of golden cases');
  return paths;
}
