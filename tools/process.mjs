/** Running other programs from the scripts in this folder. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Runs a program of this repository or of the system.
 *
 * @param command - Its name; programs that npm installed are found, too.
 * @param options - `cwd`: default the repository. `show`: its output goes to `stdout`, to `stderr`, or nowhere (default).
 *   `env`: variables to add to the environment.
 * @returns its exit code, what it printed to standard output, and all that it printed.
 */
export function run(command, args, { cwd = root, show, env } = {}) {
  const windows = process.platform === 'win32';
  const bin = `${root}node_modules/.bin`;
  const child = spawn(command, args, {
    cwd,
    // npm and what it installs are scripts on Windows, which only a shell starts.
    shell: windows,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${bin}${windows ? ';' : ':'}${process.env.PATH}`,
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      ...env,
    },
  });
  let output = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text;
    all += text;
    if (show) process[show].write(text);
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    all += text;
    if (show) process.stderr.write(text);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ? 1 : code, output, all }));
  });
}

/** {@link run} that must succeed. @throws {Error} with everything that the program printed. */
export async function must(command, args, options) {
  const result = await run(command, args, options);
  if (result.code !== 0) throw new Error(`${[command, ...args].join(' ')} failed with ${result.code}\n${result.all}`);
  return result;
}

/** The object in the last line of a program's output. @throws {Error} if there is none. */
export function lastLineJson(output) {
  const line = output.trimEnd().split('\n').at(-1);
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`the last line is not JSON: ${line}`);
  }
}
