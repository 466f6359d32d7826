/**
 * The scripts of package.json that need a built repository, `npm test` among them: each installs and builds what is missing, then does its work.
 * Only Node's own modules are used, since at first there is nothing else.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { must, root } from './process.mjs';

const COMMANDS = {
  api: args => node('tools/api.mjs', ...args),
  compatibility: () => node('tools/compatibility-page.mjs'),
  example: ([name, ...args]) => node(`apps/examples/dist/${name}.js`, ...args),
  demo: args => node('apps/cli/bin/cnn.js', 'train', '--data', 'digits', '--model', 'lenet5', ...args),
  golden: args => node('apps/cli/bin/cnn.js', 'golden', ...args),
  bench: args => node('apps/bench/dist/main.js', ...args),
  'bench:gpu': async () => {
    const code = await node('apps/browser/dist/bench.js');
    if (code === 0) await must('biome', ['format', '--write', 'docs/gpu.md']);
    return code;
  },
  figures: async () => {
    const lectures = readdirSync(`${root}tools/figures`).map(script => `tools/figures/${script}`);
    for (const script of ['tools/optimizer-paths.mjs', 'tools/augmentation-page.mjs', ...lectures]) {
      const code = await node(script);
      if (code !== 0) return code;
    }
    return 0;
  },
  'check:docs': args => node('tools/check-docs.mjs', ...args),
  'bench:page': args => node('tools/benchmarks-page.mjs', ...args),
  'version-packages': () => node('tools/version-packages.mjs'),
  release: args => node('tools/release.mjs', ...args),
  test: () => node('tools/test.mjs'),
  soak: () => node('tools/soak.mjs'),
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) {
  console.error(`usage: node tools/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
  process.exit(2);
}
try {
  await prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exitCode = await COMMANDS[name](args);

/** Standard output is left to the command itself, whose last line may be JSON. */
async function prepare() {
  // npm writes both files at the end of an installation, in either order.
  if (modified('node_modules/.package-lock.json') + 2000 < modified('package-lock.json')) {
    console.error('installing dependencies …');
    await must('npm', ['install', '--include=dev', '--no-audit', '--no-fund']);
  }
  console.error('building …');
  await must('turbo', ['run', 'build', '--output-logs=errors-only']);
}

/** When a file was last written; 0 if it is not there. */
function modified(file) {
  return statSync(root + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a script in this terminal. */
function node(...args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // Both get the terminal's interrupt; the script decides what becomes of it.
  process.on('SIGINT', () => {});
  return new Promise(resolve => child.on('close', (code, signal) => resolve(signal ? 1 : code)));
}
