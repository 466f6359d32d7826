import type { DType } from '@cnn/tensor';
import { Command } from 'commander';
import { gather, printJson } from '../arguments.js';
import { buildOf } from '../backend.js';
import { loadPlugins } from '../plugins.js';

interface Options {
  readonly plugin?: readonly string[];
  readonly json?: boolean;
}

/** A backend, and what it has or why it does not run. */
type Row = { readonly name: string } & (
  | { readonly available: true; readonly dtypes: readonly DType[]; readonly build: string | null; readonly threads: number }
  | { readonly available: false; readonly why: string }
);

/** `cnn backends`: which backends there are and whether they run here. */
export const backendsCommand = (): Command =>
  new Command('backends')
    .description('list the backends and whether they run on this machine')
    .option('--plugin <module>', 'add the backends of a module (repeatable)', gather)
    .option('--json', 'print JSON')
    .action(async ({ plugin, json }: Options) => {
      const { backends } = await loadPlugins(plugin);
      const rows: Row[] = [];
      for (const [name, make] of Object.entries(backends)) {
        try {
          const backend = await make({});
          const { build, threads } = buildOf(backend);
          rows.push({ name, available: true, dtypes: backend.dtypes, build, threads });
          await backend.dispose();
        } catch (error) {
          rows.push({ name, available: false, why: (error as Error).message });
        }
      }
      if (json) printJson(rows);
      else {
        for (const row of rows) {
          const details = row.available
            ? `${row.build ? `${row.build}, ` : ''}${row.dtypes.join(' ')}`
            : `not available: ${row.why}`;
          process.stdout.write(`${row.name.padEnd(16)} ${details}\n`);
        }
      }
    });
