/** The command, built from the sources as they are, so that tests can start it as its users do. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Inside the repository, so that the libraries are found. */
const cache = join(root, 'apps/cli/node_modules/.cnn-test');

/** What a finished command said. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a built folder, and the packages beside it, so that a plugin shares them with it. */
export class Command {
  constructor(readonly folder: string) {}

  /** The address of a built package, for a plugin's imports, as `tensor`. */
  packageAddress = (name: string): string => new URL(`file://${join(this.folder, `${name}.js`)}`).href;

  /** Starts the command. */
  start(cwd: string, args: readonly string[]) {
    const child = spawn(process.execPath, [join(this.folder, 'main.js'), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    const done = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, done };
  }

  run = (cwd: string, ...args: readonly string[]): Promise<Outcome> => this.start(cwd, args).done;
}

/** Builds the command before a file's tests, and gives each test an empty folder. */
export function useCommand(): { command: Command; dir: string } {
  const used = {} as { command: Command; dir: string };
  let built: string;
  beforeAll(async () => {
    await mkdir(cache, { recursive: true });
    built = await mkdtemp(join(cache, 'build-'));
    const source = (path: string): string => join(root, path, 'src/index.ts');
    await build({
      config: false,
      silent: true,
      entry: {
        main: join(root, 'apps/cli/src/main.ts'),
        tensor: source('packages/tensor'),
        layers: source('packages/layers'),
        optim: source('packages/optim'),
        'backend-cpu': source('packages/backend-cpu'),
      },
      outDir: built,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // One copy of each package for the command and for plugins.
      splitting: true,
      skipNodeModulesBundle: true,
      noExternal: [/^@cnn\//],
      esbuildOptions: options => {
        options.conditions = ['@cnn/source'];
      },
    });
    used.command = new Command(built);
  });
  afterAll(() => rm(built, { recursive: true, force: true }));
  beforeEach(async () => {
    used.dir = await mkdtemp(join(tmpdir(), 'cnn-cli-'));
  });
  afterEach(() => rm(used.dir, { recursive: true, force: true }));
  return used;
}

/** The last line of an output, as JSON. */
export const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1)!);
