/**
 * Plants bugs in the reference kernels by rule, one at a time, and tells which the conformance checks do not see:
 * `node packages/backend-testkit/mutants/run.mjs [--sample N] [--file TEXT] [--json]`. `survivors.json` explains those that no numbers
 * can show; a sample has none of them. Exit status 1 if fewer than 95 % are seen, if one survives that is not explained, or if one that
 * is explained is seen after all.
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mutantsOf, mutated } from './rules.mjs';
import { isMutated, sources } from './sources.mjs';

const LEAST_SHARE = 0.95;
/** All checks take seconds, and the judge ends loops itself; this is for what else may hang. */
const LIMIT_MS = 300_000;

const { values } = parseArgs({
  options: { sample: { type: 'string' }, file: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
});
const files = sources();
const all = [...files]
  .filter(([file]) => isMutated(file) && file.includes(values.file))
  .flatMap(([file, text]) => mutantsOf(file, text));
const explained = JSON.parse(readFileSync(new URL('survivors.json', import.meta.url), 'utf8'));
const isExplained = mutant => Object.hasOwn(explained, describe(mutant));
const chosen = values.sample
  ? evenly(
      all.filter(mutant => !isExplained(mutant)),
      Number(values.sample),
    )
  : all;

let judge;
const results = [];
for (const mutant of chosen) {
  const failure = await verdictOn(mutant);
  results.push({ ...mutant, failure });
  if (failure === undefined && !values.json) console.log(`survived: ${describe(mutant)}`);
}
judge?.removeAllListeners().kill();

const survivors = results.filter(({ failure }) => failure === undefined);
const unexplained = survivors.filter(mutant => !isExplained(mutant)).map(describe);
// Mutants of equal lines share a name; one of them may be seen.
const names = new Set(survivors.map(describe));
const stale = results.map(describe).filter(name => Object.hasOwn(explained, name) && !names.has(name));
const killed = results.length - survivors.length;
const share = killed / results.length;
const summary = { mutants: results.length, killed, share, survivors: [...names], unexplained, stale };
if (values.json) console.log(JSON.stringify(summary));
else {
  for (const name of unexplained) console.log(`not explained in survivors.json: ${name}`);
  for (const name of stale) console.log(`explained in survivors.json, but seen: ${name}`);
  console.log(
    `${killed} of ${results.length} mutants were seen, ${(100 * share).toFixed(1)} %; ${survivors.length - unexplained.length} of the others are explained`,
  );
}
process.exitCode = share >= LEAST_SHARE && unexplained.length === 0 && stale.length === 0 ? 0 : 1;

/** Names a mutant by what it changes, so that the name stays when lines move. */
function describe({ file, rule, from, to, start }) {
  const text = files.get(file);
  const line = text.slice(text.lastIndexOf('\n', start) + 1, text.indexOf('\n', start)).trim();
  return `${file}, ${rule}: ${from} -> ${to} in \`${line}\``;
}

/** What showed a mutant; undefined if nothing did. */
async function verdictOn(mutant) {
  judge ??= await start();
  judge.send({ file: mutant.file, text: mutated(files.get(mutant.file), mutant) });
  return new Promise(resolve => {
    const stop = verdict => {
      judge.removeAllListeners().kill('SIGKILL');
      judge = undefined;
      resolve(verdict);
    };
    const timer = setTimeout(() => stop('it does not end'), LIMIT_MS);
    judge.removeAllListeners('message').removeAllListeners('exit');
    judge.once('message', ({ failure }) => {
      clearTimeout(timer);
      resolve(failure);
    });
    judge.once('exit', code => {
      clearTimeout(timer);
      stop(`the process ended with ${code}`);
    });
  });
}

function start() {
  const path = name => new URL(name, import.meta.url);
  const child = fork(path('judge.mjs'), {
    execArgv: ['--import', path('typescript-hooks.mjs').href, '--conditions=@cnn/source', '--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', code => reject(new Error(`judge.mjs ended with ${code}`)));
  });
}

/** So many of a list, at even distances. */
function evenly(list, count) {
  if (!(count >= 1)) throw new Error(`--sample ${values.sample}: a number from 1`);
  const step = Math.max(1, list.length / count);
  return Array.from({ length: Math.min(count, list.length) }, (_, i) => list[Math.floor(i * step)]);
}
