import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A command that stays on one core, where the system has `taskset`: the first core that this process may use. */
export function pinned(command: Command): Command {
  const allowed =
    process.platform === 'linux' ? /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  if (!allowed || spawnSync('taskset', ['--version']).status !== 0) return command;
  return ['taskset', '-c', allowed[1]!, ...command];
}
