/**
 * Checks the documentation: the types of all TypeScript in it, against the builds of the packages, that what is to be run runs, and
 * that its links lead to files. Arguments are the documents to check; default all.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { brokenReferences, documents, programs, tableProgram } from './doc-blocks.mjs';
import { root, run } from './process.mjs';
import { runModules } from './run-modules.mjs';

/** In `node_modules`, so that programs find the packages as a user's programs do, and git does not see them. */
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const work = mkdtempSync(join(cache, 'cnn-docs-'));

/** Its programs are run by check-tarballs.mjs, from the packed packages. */
const RUN_ELSEWHERE = 'README.md';

/** What the code of tables may name without an import. */
const EVERYWHERE = [
  ...['tensor', 'layers', 'layers/node', 'models', 'optim', 'data', 'data/node', 'train', 'train/node'],
  ...['backend-cpu', 'backend-gpujs'],
];

/** What a reader's compiler is likely to be. */
const { options } = ts.convertCompilerOptionsFromJson(
  {
    strict: true,
    target: 'es2022',
    lib: ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile).config.compilerOptions.lib,
    module: 'esnext',
    moduleResolution: 'bundler',
    moduleDetection: 'force',
    noEmit: true,
    types: ['node'],
  },
  root,
);

const files = process.argv.length > 2 ? process.argv.slice(2) : documents();
const all = files.flatMap(file => programs(file).map(program => ({ ...program, file, path: pathOf(file, program) })));
const failures = files.flatMap(brokenReferences);
try {
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
  const names = exportedNames();
  all.push(...files.flatMap(file => tables(file, names)));
  failures.push(...checkTypes(), ...(await runPrograms()), ...(await runCommands()));
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const failure of failures) console.log(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/**
 * Where a program of a document goes. A first line as `// src/index.ts` names its file, and the files of a document are in one
 * folder, so they may import each other.
 */
function pathOf(file, { code, lines }) {
  return join(work, file.replace(/\W+/g, '-'), /^\/\/ ([\w./-]+)\.ts\b/.exec(code)?.[1] ?? `line-${lines[0]}`);
}

/** All that the packages export, by a module `names.ts`. */
function exportedNames() {
  const path = join(work, 'names.ts');
  write(path, EVERYWHERE.map(entry => `export * from '@cnn/${entry}';\n`).join(''));
  const checker = ts.createProgram([path], options);
  const module = checker.getTypeChecker().getSymbolAtLocation(checker.getSourceFile(path));
  return new Set(
    checker
      .getTypeChecker()
      .getExportsOfModule(module)
      .map(({ name }) => name),
  );
}

/** The code of a document's tables, with an import of what it names in its first line. */
function tables(file, names) {
  const program = tableProgram(file);
  if (!program) return [];
  const { code, lines } = program;
  const used = [...new Set(code.match(/\b[A-Za-z]\w*\b/g))].filter(name => names.has(name));
  const head = `import { ${used.join(', ')} } from '../names.js';`;
  const path = join(work, file.replace(/\W+/g, '-'), 'tables');
  return [{ ...program, file, path, code: `${head}\n${code}`, lines: [lines[0], ...lines] }];
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function typescript() {
  return all.filter(({ language }) => language === 'ts');
}

/** All programs are one compilation. */
function checkTypes() {
  const byPath = new Map(typescript().map(program => [`${program.path}.ts`, program]));
  for (const [path, { code }] of byPath) write(path, code);
  const compilation = ts.createProgram([...byPath.keys()], options);
  const found = ts.getPreEmitDiagnostics(compilation).map(({ file, start, messageText }) => {
    const program = file && byPath.get(file.fileName);
    const at = program ? place(program, file.getLineAndCharacterOfPosition(start).line) : (file?.fileName ?? 'all');
    return `${at}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  const tables = [...byPath.values()].filter(({ blocks }) => blocks === 0).length;
  console.log(`${count(byPath.values())} type-checked, and the tables of ${tables} documents`);
  return found;
}

/** Each program is a module that is imported; a few processes import all. */
async function runPrograms() {
  const runnable = typescript().filter(({ mode, file }) => mode === 'run' && file !== RUN_ELSEWHERE);
  const byPath = new Map(runnable.map(program => [`${program.path}.js`, program]));
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, inlineSourceMap: true };
  for (const { path, code } of typescript()) {
    write(`${path}.js`, ts.transpileModule(code, { compilerOptions, fileName: `${path}.ts` }).outputText);
  }
  const results = await runModules([...byPath.keys()], { cwd: work });
  console.log(`${count(runnable)} run`);
  return results
    .filter(({ error }) => error)
    .map(({ path, error, output }) => {
      const program = byPath.get(path);
      const line = error.split(`${program.path}.ts:`)[1]?.match(/^\d+/) ?? 1;
      return `${place(program, line - 1)}: ${error}\n${output}`;
    });
}

/** Each block is a script of its own, in an empty folder. */
async function runCommands() {
  const found = [];
  const commands = all.filter(({ language, mode }) => language === 'sh' && mode === 'run');
  for (const program of commands) {
    mkdirSync(program.path, { recursive: true });
    const { code, all: output } = await run('bash', ['-euc', program.code], { cwd: program.path });
    if (code !== 0) found.push(`${place(program, 0)}: exit code ${code}\n${output}`);
  }
  console.log(`${commands.length} scripts of commands run`);
  return found;
}

/** How many blocks of code some programs have. */
function count(programs) {
  return `${[...programs].reduce((sum, { blocks }) => sum + blocks, 0)} blocks of TypeScript`;
}

/** A line of a program, from 0, in its document. */
function place({ file, lines }, line) {
  return `${file}:${lines[line] ?? lines.at(-1)}`;
}
