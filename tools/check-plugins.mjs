/**
 * What a contributor does, from the packed packages in an empty folder: `create-cnn-plugin` makes a plugin of each kind; it is built, its
 * tests pass, `cnn train` uses it from a model file, by path and by name; then its source is changed, and the run and its tests must
 * notice.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, pack } from './pack.mjs';
import { lastLineJson, must, run } from './process.mjs';

/**
 * Each with a change to its source that no test may miss. Of the thousands of tests of a backend only those of one op are run then.
 * The sources of their examples are in packages/create-cnn-plugin/templates.
 */
const PLUGINS = [
  {
    kind: 'backend',
    file: 'src/backend.ts',
    from: 'return times(output, a, b)',
    to: 'return 2 * times(output, a, b)',
    only: 'matmul',
  },
  { kind: 'layer', file: 'src/index.ts', from: 'ops.sigmoid(', to: 'ops.tanh(' },
  { kind: 'optimizer', file: 'src/definition.ts', from: 'ops.sign(', to: 'ops.tanh(' },
  { kind: 'op', file: 'src/op.ts', from: '[ops.div(x!, root(x!, alpha))]', to: '[ops.mul(x!, root(x!, alpha))]' },
].map(plugin => ({ ...plugin, name: `@acme/cnn-my-${plugin.kind}`, folder: `plugins/${plugin.kind}` }));

/** On a machine that is busy with other things, too. */
const PATIENT = ['--testTimeout', '120000'];

/** A run of seconds. */
const SHORT = ['--limit', '256', '--epochs', '1', '--json'];

const work = realpathSync(mkdtempSync(join(tmpdir(), 'cnn-plugins-')));
const consumer = join(work, 'consumer');
const inConsumer = { cwd: consumer };
/** What each plugin's last run came to. */
const losses = new Map();
try {
  await makeAll();
  // All come to their end, so that no program is left in a folder that is removed.
  const checks = [checkTypesAndReference(), inTurn(PLUGINS.slice(0, 1), checkPlugin), inTurn(PLUGINS.slice(1), checkPlugin)];
  const failed = (await Promise.allSettled(checks)).find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  await checkTry(PLUGINS[1]);
  await checkRelease(PLUGINS[1]);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Makes the plugins, and installs them and what they need as workspaces of one folder. */
async function makeAll() {
  const list = await pack(work);
  const tarballs = Object.fromEntries(list.map(({ name, filename }) => [name, `file:../${filename}`]));
  const maker = join(work, 'maker');
  writePackage(maker, { dependencies: { 'create-cnn-plugin': tarballs['create-cnn-plugin'] } });
  await install(maker);
  writePackage(consumer, { workspaces: ['plugins/*'], dependencies: tarballs });
  for (const { kind, name, folder } of PLUGINS)
    await must(join(maker, 'node_modules/.bin/create-cnn-plugin'), [name, '--kind', kind, '--dir', folder], inConsumer);
  await install(consumer);
}

function writePackage(folder, content) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', ...content }));
}

/** One after the other, since there may be no more than two cores. */
async function inTurn(list, check) {
  for (const each of list) await check(each);
}

async function checkPlugin({ kind, name, folder, file, from, to, only }) {
  const inPlugin = { cwd: join(consumer, folder) };
  const npm = (...args) => must('npm', ['run', '--silent', ...args], inPlugin);
  const { scripts } = JSON.parse(readFileSync(join(consumer, folder, 'package.json'), 'utf8'));

  // As `npm run try` does it, but from where the plugin is installed, and by its name.
  const words = scripts.try.replace('--plugin .', `--plugin ${name}`).replace('example/', `${folder}/example/`).split(' ');
  const train = async out =>
    lossOf(await must('npx', ['--no-install', ...words, ...SHORT, '--out', `runs/${kind}-${out}`], inConsumer));

  await npm('build');
  const tests = await npm('test', '--', ...PATIENT);
  const before = await train('before');

  const path = join(consumer, folder, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${name}: ${file} has not one place '${from}'`);
  writeFileSync(path, source.replace(from, to));
  await npm('build', '--', '--no-dts', '--no-clean');
  const after = await train('after');
  losses.set(name, after);
  if (after === before)
    throw new Error(`${name}: the loss is ${before} with the plugin as it was, and with another result of it`);
  const { code } = await run('npx', ['--no-install', 'vitest', 'run', ...PATIENT, ...(only ? ['-t', only] : [])], inPlugin);
  if (code === 0) throw new Error(`${name}: its tests pass with a wrong result`);

  const passed = /Tests .*?(\d+) passed/.exec(tests.output)?.[1];
  console.log(
    `${kind}: ${passed} tests passed; the loss of a short run is ${before}, and ${after} with another result of the plugin`,
  );
}

function lossOf({ output }) {
  const { trainLoss } = lastLineJson(output);
  if (!Number.isFinite(trainLoss)) throw new Error(`the loss of a run is ${trainLoss}: ${output}`);
  return trainLoss;
}

/** Sources and tests compile, and every export is in the reference. */
async function checkTypesAndReference() {
  const [{ folder }] = PLUGINS;
  const include = PLUGINS.flatMap(plugin => [`${plugin.folder}/src`, `${plugin.folder}/test`]);
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ extends: `./${folder}/tsconfig.json`, include }));
  await must('npx', ['--no-install', 'tsc', '-p', 'tsconfig.json'], inConsumer);
  const entries = PLUGINS.flatMap(plugin => ['--entryPoints', `${plugin.folder}/src/index.ts`]);
  await must(
    'npx',
    ['--no-install', 'typedoc', '--name', 'plugins', '--options', `${folder}/typedoc.json`, ...entries],
    inConsumer,
  );
}

/** `npm run try` gives what the run by name gave. */
async function checkTry({ folder, name }) {
  const expected = losses.get(name);
  const loss = lossOf(await must('npm', ['run', '--silent', 'try', '--', ...SHORT], { cwd: join(consumer, folder) }));
  if (loss !== expected) throw new Error(`${name}: the loss is ${loss} with the plugin's path, and ${expected} with its name`);
}

/** The changeset makes the first version and its changelog, and the tarball has what it should. In a folder of its own, as a repository is. */
async function checkRelease({ folder, name }) {
  const alone = join(work, 'alone');
  cpSync(join(consumer, folder), alone, { recursive: true, filter: source => !source.endsWith('node_modules') });
  symlinkSync(join(consumer, 'node_modules'), join(alone, 'node_modules'));
  await must('npx', ['--no-install', 'changeset', 'version'], { cwd: alone });
  const { version } = JSON.parse(readFileSync(join(alone, 'package.json'), 'utf8'));
  if (version !== '0.1.0' || existsSync(join(alone, '.changeset/first-release.md')))
    throw new Error(`${name}: the first changeset makes version ${version}`);
  const { output } = await must('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: alone });
  const files = [JSON.parse(output)].flat().flatMap(packed => packed.files ?? Object.values(packed)[0].files);
  const wanted = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/index.d.ts',
    'dist/index.js',
    'dist/index.js.map',
    'package.json',
  ];
  const found = files.map(({ path }) => path).sort();
  if (`${found}` !== `${wanted.sort()}`) throw new Error(`${name}: its package holds ${found}`);
  console.log(`${name} ${version} would be published with ${found.length} files`);
}
