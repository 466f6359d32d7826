/**
 * `npm run compatibility`: writes `docs/compatibility.md` from what runs: `compatibility-probe.mjs` on every Node, the tests in Chromium, and the
 * sizes of the packages. Other Nodes come by npx; one that cannot be had is said so. It takes minutes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLineJson, must, root, run } from './process.mjs';

const NODES = [20, 22, 24, 26];

/** The files whose tests run in Chromium, for each part. */
const IN_CHROMIUM = [
  ['Every op and training, `cpu` with one and two threads', 'apps/browser/test/cpu'],
  ['The ops of networks and training, `gpujs` in WebGL2', 'apps/browser/test/webgl2'],
  ['The same in WebGPU', 'apps/browser/test/webgpu'],
  ['Pages: Vite, a worker, no bundler', 'apps/examples/test/pages'],
];

const folder = mkdtempSync(join(tmpdir(), 'cnn-compatibility-'));
try {
  const nodes = [];
  for (const major of NODES) nodes.push(await onNode(major));
  const chromium = await inChromium();
  writeFileSync(join(root, 'docs/compatibility.md'), page(nodes, chromium, await chromiumVersion(), await sizes()));
  await must('biome', ['format', '--write', 'docs/compatibility.md']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What runs on a Node; only its number if there is none to be had. */
async function onNode(major) {
  const npx = ['-y', '-p', `node@${major}`, 'node'];
  const version = await run('npx', [...npx, '-p', 'process.version']);
  if (version.code !== 0) return { version: `${major}`, results: {} };
  const { output } = await must('npx', [...npx, 'tools/compatibility-probe.mjs']);
  const found = { version: version.output.trim().slice(1), results: lastLineJson(output) };
  console.log(found);
  return found;
}

/** Runs test files in one go and says for each part how many of its tests passed. */
async function inChromium() {
  const file = join(folder, 'report.json');
  const files = IN_CHROMIUM.map(([, file]) => join(root, file));
  await run('vitest', ['run', '--reporter=json', `--outputFile=${file}`, ...files]);
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  return IN_CHROMIUM.map(([name, file]) => {
    const { status, assertionResults } = testResults.find(result => result.name.startsWith(join(root, file)));
    const count = status => assertionResults.filter(test => test.status === status).length;
    const [passed, failed] = [count('passed'), count('failed')];
    console.log(`Chromium, ${name}: ${status}, ${passed} passed, ${failed} failed`);
    if (status === 'failed') return `**${failed} of ${passed + failed} tests failed**`;
    return passed === 0 ? 'skipped' : `${passed} tests passed`;
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
  const parts = Object.keys(nodes[0].results);
  const code = name => (name.startsWith('@') ? `all of \`${name}\`` : `\`${name.replace(' of @', '` of `@')}\``);
  return `# Compatibility

\`npm run compatibility\` wrote this page on ${new Date().toISOString().slice(0, 10)} (${process.platform}, ${process.arch}): it ran on each platform what stands here. All tests
run on one Node in \`npm test\`.

## Node

${table(
  ['', ...nodes.map(node => `Node ${node.version}`)],
  parts.map(part => [part, ...nodes.map(({ results }) => results[part] ?? 'this Node is not to be had')]),
)}
The least is Node 20.19. Every op is compared with plain TypeScript in float64: its numbers, its gradients, and that nothing stays in memory.

## Chromium

${table(
  ['', `Chromium ${version}`],
  IN_CHROMIUM.map(([name], i) => [name, chromium[i]]),
)}
Chromium has no window here and draws with the CPU. WebGPU is skipped where it offers no adapter. Threads need a page that is
[cross-origin isolated](https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated); elsewhere there is one.

## Sizes

What a page loads: minified, packed by gzip, without the packages that are taken as peers. \`npm run size\` measures, and the limits are a few
per cent above.

${table(
  ['', 'kB'],
  sizes.map(({ name, size }) => [code(name), (size / 1000).toFixed(1)]),
)}`;
}
