import { CnnError } from '@cnn/tensor';
import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { backendsCommand } from './commands/backends.js';
import { dataCommand } from './commands/data.js';
import { evalCommand } from './commands/eval.js';
import { gradcheckCommand } from './commands/gradcheck.js';
import { predictCommand } from './commands/predict.js';
import { summaryCommand } from './commands/summary.js';
import { trainCommand } from './commands/train.js';
import { goldenCommand } from './golden/command.js';

const program = new Command('cnn')
  .description('Train, evaluate and use convolutional neural networks.')
  .version(packageJson.version)
  .addCommand(trainCommand())
  .addCommand(evalCommand())
  .addCommand(predictCommand())
  .addCommand(summaryCommand())
  .addCommand(gradcheckCommand())
  .addCommand(backendsCommand())
  .addCommand(dataCommand())
  .addCommand(goldenCommand());
for (const command of [program, ...program.commands]) {
  const words = command === program ? 'cnn' : `cnn ${command.name()}`;
  command
    .exitOverride()
    .showHelpAfterError(`(see ${words} --help)`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cnn: ')) });
}

// Whoever reads the output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`cnn: ${error.message}\n`);
  process.exit(1);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`cnn: ${textOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** What went wrong, in words; of a fault in the program, where it happened, too. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOfSystem = 'syscall' in error;
  return error instanceof CnnError || isOfSystem ? error.message.replace(/^cnn: /, '') : String(error.stack);
}
