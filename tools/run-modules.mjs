/** Running many small programs in few processes: started as a program it imports the modules that it is told to, one after the other. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A program that takes longer, in milliseconds, has failed. */
const LIMIT = 120_000;

const self = fileURLToPath(import.meta.url);

if (process.argv[1] === self) {
  const tell = error => process.send({ error: error && (error.stack ?? String(error)) });
  process.on('uncaughtException', tell);
  process.on('message', path => import(pathToFileURL(path)).then(() => tell(), tell));
}

/**
 * Imports each module, in as many processes as there are cores.
 *
 * @returns for each its `path`, what it printed, its seconds, and the stack of what it threw, if it did.
 */
export async function runModules(paths, { cwd }) {
  const waiting = [...paths];
  const results = [];
  const worker = async () => {
    let child;
    for (let path = waiting.shift(); path; path = waiting.shift()) {
      child ??= start(cwd);
      const result = await one(child, path);
      results.push({ path, ...result });
      // What a program left running or broken is no other's concern.
      if (result.error) {
        child.kill();
        child = undefined;
      }
    }
    child?.kill();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), paths.length) }, worker));
  return results;
}

function start(cwd) {
  return fork(self, [], { cwd, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

/** Has a process import a module. */
function one(child, path) {
  const begin = performance.now();
  let output = '';
  const listen = text => {
    output += text;
  };
  return new Promise(resolve => {
    const end = error => {
      clearTimeout(timer);
      for (const stream of [child.stdout, child.stderr]) stream.off('data', listen);
      child.removeAllListeners();
      resolve({ error, output, seconds: (performance.now() - begin) / 1000 });
    };
    const timer = setTimeout(() => end(`not done after ${LIMIT / 1000} s`), LIMIT);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', listen);
    child.on('message', ({ error }) => end(error));
    child.on('exit', code => end(`the process ended with ${code}`));
    child.send(path);
  });
}
