import { CnnError } from '@cnn/tensor';
import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { backendsCommand } from './commands/backends.js';
import { dataCommand } from './commands/data.js';
import { evalCommand } from './commands/eval.js';
import { predictCommand } from './commands/predict.js';
import { summaryCommand } from './commands/summary.js';
import { trainCommand } from './commands/train.js';
import { goldenCommand } from './golden/command.js';

const program = new Command('cnn')
  .description('Train, evaluate and use convolutional neural networks.')
  .version(packageJson.version)
  .exitOverride()
  .showHelpAfterError('(see --help)')
  .addCommand(trainCommand())
  .addCommand(evalCommand())
  .addCommand(predictCommand())
  .addCommand(summaryCommand())
  .addCommand(backendsCommand())
  .addCommand(dataCommand())
  .addCommand(goldenCommand());
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof CnnError || isSystemError(error)) {
    process.stderr.write(`cnn: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(`cnn: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** A failure of the file system or network, whose message says all. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
