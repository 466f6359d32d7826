import { CommanderError } from 'commander';
import { createCommand } from './command.js';
import { InputError } from './input-error.js';

const { stdin: input, stdout: output } = process;
try {
  await createCommand(input.isTTY && output.isTTY ? { input, output } : undefined).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`create-cnn-plugin: ${textOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** What went wrong, in words; of a fault in the program, where it happened, too. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof InputError || 'syscall' in error ? error.message : String(error.stack);
}
