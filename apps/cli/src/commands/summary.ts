import { formatSummary, summary } from '@cnn/layers';
import { UsageError } from '@cnn/tensor';
import { Command } from 'commander';
import { gather, printJson, shape } from '../arguments.js';
import { findModel } from '../models.js';
import { loadPlugins } from '../plugins.js';

interface Options {
  readonly input?: number[];
  readonly plugin?: readonly string[];
  readonly json?: boolean;
}

/** `cnn summary`: what a model is made of. */
export const summaryCommand = (): Command =>
  new Command('summary')
    .description('show the layers of a model, their output shapes, parameters and costs')
    .argument('<model>', 'a name, a model file (.json), or the folder of a run')
    .option('--input <c,h,w>', "the input's shape, where the model does not say it", shape)
    .option('--plugin <module>', 'add the layers of a module (repeatable)', gather)
    .option('--json', 'print JSON')
    .action(async (name: string, { input, plugin, json }: Options) => {
      const found = await findModel(name, await loadPlugins(plugin));
      const given = input ?? found.input;
      if (!given) throw new UsageError(`${name} does not say what its input is; give its shape, as --input 3,32,32`);
      const data = summary(found.model, given);
      if (json) printJson(data);
      else process.stdout.write(`${formatSummary(data)}\n`);
    });
