/**
 * `npm run compatibility`: writes `docs/compatibility.md` from what runs: tests of each part on every Node, those in Chromium, and the sizes of
 * the packages. Other Nodes come by npx; one that cannot be had is said so. It takes minutes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, root, run } from './process.mjs';

const NODES = [20, 22, 24, 26];

/** Each part, and the test files that say whether it works. */
const PARTS = [
  ['Ops and gradients', 'tensor/test/derivatives', 'tensor/test/gradients', 'tensor/test/memory', 'tensor/test/ops-softmax'],
  ['Kernels in WebAssembly', 'backend-cpu/test/wasm-golden', 'backend-cpu/test/wasm-convolution', 'backend-cpu/test/wasm-memory'],
  ['Threads', 'backend-cpu/test/wasm-threads', 'backend-cpu/test/threads'],
  ['gpu.js, in its mode for CPUs', 'backend-gpujs/test/numbers', 'backend-gpujs/test/gpujs'],
  ['Layers, models and weight files', 'layers/test/'],
  ['Optimizers and schedules', 'optim/test/optimizer', 'optim/test/schedules'],
  [
    'Datasets and images',
    'data/test/image',
    'data/test/idx',
    'data/test/cifar',
    'data/test/folders',
    'data/test/loader',
    'data/test/node',
  ],
  ['Training, checkpoints, resuming', 'train/test/'],
  ['The `cnn` command', 'cli/test/train', 'cli/test/use'],
  ['The examples', 'examples/test/node'],
];

/** The files whose tests run in Chromium, for each part. */
const IN_CHROMIUM = [
  ['Every op and training, `cpu` with one and two threads', 'browser/test/cpu'],
  ['The ops of networks and training, `gpujs` in WebGL2', 'browser/test/webgl2'],
  ['The same in WebGPU', 'browser/test/webgpu'],
  ['Pages: Vite, a worker, no bundler', 'examples/test/pages'],
];

const folder = mkdtempSync(join(tmpdir(), 'cnn-compatibility-'));
try {
  const nodes = [];
  for (const major of NODES) nodes.push(await onNode(major));
  const chromium = await tests(process.execPath, [], IN_CHROMIUM);
  writeFileSync(join(root, 'docs/compatibility.md'), page(nodes, chromium, await chromiumVersion(), await sizes()));
  await must('biome', ['format', '--write', 'docs/compatibility.md']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What runs on a Node; only its number if there is none to be had. */
async function onNode(major) {
  const npx = ['-y', '-p', `node@${major}`, 'node'];
  const version = await run('npx', [...npx, '-p', 'process.version']);
  if (version.code !== 0) return { version: `${major}` };
  const program = `import { cpu } from '@cnn/backend-cpu';
    const backend = await cpu({ threads: 2 });
    console.log(backend.build === 'relaxed' ? 'relaxed SIMD' : 'SIMD', '+', backend.threads, 'threads');
    await backend.dispose();`;
  const { output } = await must('npx', [...npx, '--input-type=module', '--eval', program]);
  const found = { version: version.output.trim().slice(1), kernels: output.trim(), results: await tests('npx', npx, PARTS) };
  console.log(`Node ${found.version}: ${found.kernels}; ${found.results.join('; ')}`);
  return found;
}

/** Runs the files of all parts in one go and says for each part how many of its tests passed. */
async function tests(command, args, parts) {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  const files = parts.flatMap(([, ...files]) => files);
  await run(command, [...args, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${file}`, ...files]);
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  return parts.map(([name, ...files]) => {
    const own = testResults.filter(result => files.some(file => result.name.includes(file)));
    const all = own.flatMap(result => result.assertionResults);
    const count = status => all.filter(test => test.status === status).length;
    const broken = own.filter(result => result.status === 'failed' && result.assertionResults.length === 0).length;
    const [passed, failed, skipped] = [count('passed'), count('failed') + broken, count('skipped') + count('pending')];
    if (passed + failed + skipped === 0) throw new Error(`${name}: no test ran`);
    if (failed > 0) return `**${failed} of ${passed + failed} failed**`;
    return passed === 0 ? 'skipped' : `${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  });
}

async function chromiumVersion() {
  const { code, output } = await run('chromium', ['--version']).catch(() => ({ code: 1 }));
  return code === 0 ? /[\d.]+/.exec(output)[0] : 'none here';
}

/** Of each package and of what programs take of it, in bytes. */
async function sizes() {
  return JSON.parse((await must('size-limit', ['--json'])).output).map(({ name, size }) => ({ name, size }));
}

function page(nodes, chromium, version, sizes) {
  const row = cells => `| ${cells.join(' | ')} |\n`;
  const table = (head, rows) => row(head) + row(head.map(() => '---')) + rows.map(row).join('');
  const cell = (text = 'not to be had') => text;
  return `# Compatibility

\`npm run compatibility\` has written this page on ${new Date().toISOString().slice(0, 10)}, on ${process.platform} (${process.arch}), from the tests and programs that it ran. \`npm test\` runs all
tests on one Node; these are the ones that say most about a platform.

## Node

${table(
  ['', ...nodes.map(node => `Node ${node.version}`)],
  [
    ['Kernels that `cpu({ threads: 2 })` took', ...nodes.map(node => cell(node.kernels))],
    ...PARTS.map(([name], i) => [name, ...nodes.map(node => cell(node.results?.[i]))]),
  ],
)}
Skipped are tests on data that was not there, and tests that belong to the long run (\`npm run soak\`).

## Chromium

${table(
  ['', `Chromium ${version}`],
  IN_CHROMIUM.map(([name], i) => [name, chromium[i]]),
)}
Chromium has no window and draws with the CPU here. WebGPU is skipped where it offers no adapter. Threads need a page that is
[cross-origin isolated](https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated); others compute with one.

## Sizes

What a page loads: minified, packed by gzip, without the packages that it takes as peers. \`npm run size\` measures.

${table(
  ['', 'kB'],
  sizes.map(({ name, size }) => [
    name.startsWith('@') ? `all of \`${name}\`` : `\`${name.replace(' of @', '` of `@')}\``,
    (size / 1000).toFixed(1),
  ]),
)}`;
}
