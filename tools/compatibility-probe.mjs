/**
 * What the built packages do on the Node that runs this: one line of JSON, a text for each part. `npm run compatibility` runs it on several
 * Nodes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu, cpuReference } from '@cnn/backend-cpu';
import { gpujs } from '@cnn/backend-gpujs';
import { report, selfTest } from '@cnn/backend-testkit';
import { root } from './process.mjs';

const EXAMPLES = ['two-backends', 'write-a-layer', 'write-an-optimizer', 'write-an-op', 'resume-a-run'];

const folder = mkdtempSync(join(tmpdir(), 'cnn-probe-'));
const node = (...args) =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const cnn = (...args) =>
  JSON.parse(
    node('apps/cli/bin/cnn.js', ...args, '--json')
      .trim()
      .split('\n')
      .at(-1),
  );

/** Each is a part, and a function that says what it found, or throws. */
const PARTS = [
  ['Kernels that `cpu({ threads: 2 })` takes', kernels],
  ['Every op on `cpu`: numbers, gradients, memory', () => conformance(() => cpu())],
  ['The same on two threads', () => conformance(() => cpu({ threads: 2 }))],
  ['Self-test of `cpuReference`', () => ownTest(cpuReference())],
  ['Self-test of `gpujs` in its mode for CPUs', async () => ownTest(await gpujs({ mode: 'cpu' }))],
  ['`cnn train`, `eval` and `predict`', commands],
  [`${EXAMPLES.length} of the examples`, examples],
];

try {
  const results = {};
  for (const [part, probe] of PARTS) {
    results[part] = await Promise.resolve()
      .then(probe)
      .catch(error => `**failed**: ${error.message.split('\n')[0]}`);
  }
  console.log(JSON.stringify(results));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function kernels() {
  const backend = await cpu({ threads: 2 });
  const { build, threads } = backend;
  await backend.dispose();
  return `${build === 'relaxed' ? 'relaxed SIMD' : 'SIMD'}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
}

async function conformance(open) {
  const { passed, rows, rules } = await report(open);
  if (!passed) throw new Error(rows.flatMap(({ failures }) => failures).concat(rules.flatMap(({ failure }) => failure ?? []))[0]);
  return `${rows.length} ops and ${rules.length} rules passed`;
}

async function ownTest(backend) {
  const { passed, failures } = await selfTest(backend);
  await backend.dispose();
  if (!passed) throw new Error(`${failures[0].op}: ${failures[0].message}`);
  return 'passed';
}

function commands() {
  const run = join(folder, 'run');
  const trained = cnn('train', '--data', 'digits', '--model', 'mlp', '--limit', '3200', '--epochs', '1', '--out', run);
  const { accuracy } = cnn('eval', '--model', run, '--data', 'digits');
  if (accuracy !== trained.testAccuracy || !(accuracy > 0.5))
    throw new Error(`${trained.testAccuracy} trained, ${accuracy} read again`);
  const [{ probabilities }] = cnn('predict', '--model', run, 'docs/report.png');
  if (probabilities.length !== 10) throw new Error(`${probabilities.length} classes`);
  return `passed, to ${(100 * accuracy).toFixed(2)} % of \`digits\``;
}

function examples() {
  for (const name of EXAMPLES) node(`apps/examples/dist/${name}.js`);
  return 'passed';
}
