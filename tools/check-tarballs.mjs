/**
 * Packs every package as npm would publish it, installs the tarballs into an empty folder and uses them there: every entry point
 * loads, the command runs, the examples of README.md run, and all examples have types under both module resolutions.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from './doc-blocks.mjs';
import { install, pack } from './pack.mjs';
import { must } from './process.mjs';
import { published as packages } from './published.mjs';

const work = realpathSync(mkdtempSync(join(tmpdir(), 'cnn-tarballs-')));
const consumer = join(work, 'consumer');
const inConsumer = { cwd: consumer };
try {
  mkdirSync(consumer);
  await installAll();
  await loadEntries();
  await runCommand();
  await useExamples();
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Packs all packages and installs them together; what they need of others comes from the registry. */
async function installAll() {
  const list = await pack(work);
  for (const { name, files } of list) {
    const stray = files.find(
      ({ path }) => !/^(dist|bin|templates)\/|^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path),
    );
    if (stray) throw new Error(`the tarball of ${name} holds ${stray.path}`);
    for (const wanted of ['README.md', 'LICENSE']) {
      if (!files.some(({ path }) => path === wanted)) throw new Error(`the tarball of ${name} lacks ${wanted}`);
    }
  }
  const dependencies = Object.fromEntries(list.map(({ name, filename }) => [name, `file:../${filename}`]));
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  await install(consumer);

  const { packages: installed } = JSON.parse(readFileSync(join(consumer, 'node_modules/.package-lock.json'), 'utf8'));
  for (const [path, { hasInstallScript, link }] of Object.entries(installed)) {
    if (hasInstallScript) throw new Error(`${path} has an install script`);
    if (link) throw new Error(`${path} is a link, not a tarball`);
  }
  const cores = Object.keys(installed).filter(path => path.endsWith('node_modules/@cnn/tensor'));
  if (cores.length !== 1) throw new Error(`there are ${cores.length} copies of @cnn/tensor: ${cores.join(', ')}`);
}

/** Every entry point is there and exports something, and every error of it is an error of the core: `catch` tells them by class. */
async function loadEntries() {
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      // The tests of vitest need vitest, which a consumer of the other packages does not have.
      .filter(entry => !entry.endsWith('.json') && entry !== './vitest')
      .map(entry => manifest.name + entry.slice(1)),
  );
  const check = entries.map(entry => `check('${entry}', await import('${entry}'));\n`);
  const head = `import { CnnError } from '@cnn/tensor';
const check = (entry, exported) => {
  if (Object.keys(exported).length === 0) throw new Error(entry + ' exports nothing');
  for (const [name, value] of Object.entries(exported)) {
    const isError = typeof value === 'function' && value.prototype instanceof Error;
    if (isError && value !== CnnError && !(value.prototype instanceof CnnError)) throw new Error(entry + ': ' + name + ' is no CnnError');
  }
};
`;
  writeFileSync(join(consumer, 'entries.js'), head + check.join(''));
  await must('node', ['entries.js'], inConsumer);
}

/** `cnn` is linked and says how it is used. */
async function runCommand() {
  const { output } = await must('npx', ['--no-install', 'cnn', '--help'], inConsumer);
  if (!output.startsWith('Usage: cnn')) throw new Error(`cnn --help printed\n${output}`);
}

/** The examples of README.md are JavaScript, too, and are run; check-docs.mjs runs those of the other documents. */
async function useExamples() {
  const examples = [{ folder: '.', name: 'readme' }, ...packages.map(({ folder }) => ({ folder, name: folder.split('/')[1] }))];
  for (const { folder, name } of examples) {
    const readme = folder === '.' ? 'README.md' : `${folder}/README.md`;
    let number = 0;
    for (const { code } of programs(readme).filter(({ language, mode }) => language === 'ts' && mode === 'run')) {
      writeFileSync(join(consumer, `${name}-${++number}.ts`), code);
      if (folder !== '.') continue;
      writeFileSync(join(consumer, `${name}-${number}.js`), code);
      const { output } = await must('node', [`${name}-${number}.js`], inConsumer);
      console.log(`README.md, example ${number}: ${output.trim()}`);
    }
  }
  for (const [module, moduleResolution] of [
    ['ESNext', 'bundler'],
    ['NodeNext', 'nodenext'],
  ]) {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
      strict: true,
      noEmit: true,
      types: [],
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    await must('tsc', ['-p', 'tsconfig.json'], inConsumer);
  }
}
