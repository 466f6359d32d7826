/**
 * `npm run bench:page`: measures what docs/benchmarks.md shows, beside the peers in turns, and writes that page, its chart and the raw
 * numbers. It takes about ten minutes, on a machine that does nothing else, and needs `npm run bench:peers` and a Python with PyTorch
 * (the first argument; default python3).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { lastLineJson, must, root } from './process.mjs';

const python = process.argv[2] ?? 'python3';
const file = name => `${root}docs/${name}`;

/** Runs the bench and gives the object that it prints. */
async function bench(node, ...args) {
  console.log(`bench ${args.join(' ')}`);
  return lastLineJson((await must(node, [`${root}apps/bench/dist/main.js`, ...args, '--json'])).output);
}
const versus = (peer, ...more) => bench('node', '--vs', peer, '--python', python, '--pairs', '5', '--budget', '200', ...more);

const node24 = (await must('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath'])).output.trim();
const inference = ['--only', 'sgemm,conv-i-fwd,conv-ii-fwd,conv-iii-fwd,conv-iv-fwd,resnet18,alexnet'];
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus()[0].model}, ${cpus().length} cores`,
  versions: {
    node: process.version,
    node24: (await must(node24, ['--version'])).output.trim(),
    pytorch: (await must(python, ['-c', 'import torch; print(torch.__version__)'])).output.trim(),
    ...JSON.parse(readFileSync(`${root}apps/bench/peers/package.json`, 'utf8')).dependencies,
  },
  pytorchAvx2: await versus('pytorch', '--isa', 'avx2'),
  pytorch: await versus('pytorch'),
  pytorchTwo: await versus('pytorch', '--threads', '2'),
  ortWeb: await versus('ort-web', ...inference),
  tfjs: await versus('tfjs', ...inference),
  ortNode: await versus('ort-node', ...inference),
  alone: await bench('node', '--threads', '1,2', '--budget', '600'),
  simd: await bench('node', '--build', 'simd', '--budget', '400'),
  node24: await bench(node24, '--budget', '400'),
  startUp: await bench('node', '--startup'),
  bundle: await bench('node', '--bundle'),
};
writeFileSync(file('benchmarks.json'), `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(file('benchmarks.svg'), chart(results));
writeFileSync(file('benchmarks.md'), page(results));
await must('biome', ['format', '--write', 'docs/benchmarks.md', 'docs/benchmarks.json']);

/** Our speed over that of the faster of the two WASM peers; undefined where neither has the item. */
function bestWasm({ ortWeb, tfjs }, item) {
  const found = [ortWeb[item], tfjs[item]].filter(comparison => comparison?.ratio);
  return found.toSorted((a, b) => a.ratio.median - b.ratio.median)[0];
}

/** Ratios as bars on a logarithmic scale, on which 1 is a line. */
function chart(results) {
  const rows = Object.keys(results.pytorch).map(item => ({
    item,
    bars: [
      ['#2563eb', results.pytorchAvx2[item].ratio],
      ['#93c5fd', results.pytorch[item].ratio],
      ['#f59e0b', bestWasm(results, item)?.ratio],
    ].filter(([, ratio]) => ratio),
  }));
  const [left, width, rowHeight, barHeight, top] = [190, 560, 46, 12, 64];
  const [least, most] = [0.25, 32];
  const x = ratio => left + (width * Math.log(ratio / least)) / Math.log(most / least);
  const height = top + rows.length * rowHeight + 40;
  const text = (at, y, content, more = '') => `<text x="${at}" y="${y}" ${more}>${content}</text>`;
  const legend = [
    [0, '#2563eb', 'PyTorch with AVX2'],
    [150, '#93c5fd', 'PyTorch with all that the CPU has'],
    [385, '#f59e0b', 'the fastest other WASM library'],
  ].map(
    ([at, color, name]) =>
      `<rect x="${left + at}" y="14" width="12" height="12" fill="${color}"/>${text(left + at + 17, 24, name)}`,
  );
  const ticks = [0.25, 0.5, 1, 2, 4, 8, 16, 32].map(
    ratio =>
      `<line x1="${x(ratio)}" x2="${x(ratio)}" y1="${top - 8}" y2="${height - 34}" stroke="${ratio === 1 ? '#111' : '#ddd'}"/>` +
      text(x(ratio), height - 18, `${ratio}x`, 'text-anchor="middle"'),
  );
  const bars = rows.flatMap(({ item, bars }, row) => [
    text(left - 10, top + row * rowHeight + 24, item, 'text-anchor="end"'),
    ...bars.map(([color, { median }], i) => {
      const y = top + row * rowHeight + i * (barHeight + 1);
      const [from, to] = [Math.min(x(1), x(median)), Math.max(x(1), x(median))];
      const label = text(median < 1 ? from - 5 : to + 5, y + 10, median.toFixed(2), median < 1 ? 'text-anchor="end"' : '');
      return `<rect x="${from}" y="${y}" width="${Math.max(1, to - from)}" height="${barHeight}" fill="${color}"/>${label}`;
    }),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 60} ${height}" font-family="sans-serif" font-size="12" fill="#111">
<title>How many times as fast as others cnn is, on one thread</title>
<rect width="100%" height="100%" fill="#fff"/>
${[...legend, text(left, top - 18, 'How many times as fast as the other cnn is, one thread of both; right of the line cnn is faster'), ...ticks, ...bars].join('\n')}
</svg>
`;
}

function page(results) {
  const { machine, date, versions, alone, simd, node24, startUp, bundle } = results;
  const [one, two] = [alone[1], alone[2]];
  const digits = value => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const shown = comparison => {
    if (!comparison?.ratio) return '';
    const { median, least, most } = comparison.ratio;
    return `**${median.toFixed(2)}** (${least.toFixed(2)}-${most.toFixed(2)})`;
  };
  const rate = ({ gflops, imagesPerSecond }) => (gflops ? `${digits(gflops)} GFLOP/s` : `${digits(imagesPerSecond)} img/s`);
  const row = cells => `| ${cells.join(' | ')} |`;
  const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
  const items = Object.keys(one);
  const ratios = table(
    ['item', 'PyTorch, AVX2', 'PyTorch', 'PyTorch, two threads', 'best other WASM', 'onnxruntime-node'],
    items.map(item => [
      item,
      shown(results.pytorchAvx2[item]),
      shown(results.pytorch[item]),
      shown(results.pytorchTwo[item]),
      shown(bestWasm(results, item)),
      shown(results.ortNode[item]),
    ]),
  );
  const times = table(
    ['item', 'ms', 'rate', 'floor, ms', 'reached', 'two threads', '`simd`', 'Node 24'],
    items.map(item => [
      item,
      digits(one[item].ms),
      rate(one[item]),
      digits(one[item].floorMs),
      `${((100 * one[item].floorMs) / one[item].ms).toFixed(0)} %`,
      `${(one[item].ms / two[item].ms).toFixed(2)}x`,
      `${digits(simd[item].ms)} ms`,
      `${digits(node24[item].ms)} ms`,
    ]),
  );
  return `# Benchmarks

How many times as fast as others cnn is on the same core (or two, where it says so), as the median and the range of five pairs of runs that took turns. Above 1 cnn is
faster. Written by \`npm run bench:page\` on ${date}; the raw numbers are in [benchmarks.json](benchmarks.json).

![Ratios to PyTorch and to the fastest other WASM library, as bars](benchmarks.svg)

Machine: ${machine}; Node ${versions.node.slice(1)}, \`relaxed\` build. Peers: PyTorch ${versions.pytorch}, onnxruntime-web and -node
${versions['onnxruntime-web']}, TensorFlow.js ${versions['@tensorflow/tfjs']} (WASM backend). The items are single products and convolutions
(\`conv-i\` is 64 images 1x28x28 to 32 filters 5x5, \`conv-ii\` 64 of 32x14x14 to 64 of 5x5, \`conv-iii\` 16 of 64x32x32 to 64 of 3x3, \`conv-iv\`
one of 64x56x56 to 64 of 3x3; \`fwdbwd\` with the gradients of image and weight), training steps of LeNet-5 and of the ConvNetJS CIFAR-10
network, and ResNet-18 and AlexNet on one image.

${ratios}

WebAssembly has vectors of 128 bits. PyTorch has as many as the CPU has: 256 bits with AVX2, and 512 with AVX-512, which this machine's CPU
runs at full width. The first column is PyTorch held to AVX2 (\`--isa avx2\`), the widest instructions of most machines; the second is PyTorch
with AVX-512; in the third both have two threads. PyTorch's times of \`conv-i\` and of \`conv-iii-fwdbwd\` differ many times over from one of its
processes to the next, and little within one, in which all pairs of a column ran: a ratio there says how that process went. Where cnn is ahead all the same, it multiplies less (Winograd's algorithm) or passes over memory less often.

## Our times

One thread. The floor is the least time in which this core could make the item's operations by the direct method, or read its bytes, both
measured in the same run; Winograd's algorithm makes a quarter to a sixth of these operations, which is how more than 100 % is reached.
\`two threads\` is the time of one over that of two.

${times}

The backend is ready ${digits(startUp.ms)} ms after an empty Node process. A page that trains LeNet-5 loads ${(bundle.gzipBytes / 1024).toFixed(0)} KB (gzip) in all, where TensorFlow.js
alone has 269.

## Repeat it

\`\`\`sh
npm run bench                                    # our own times
npm run bench -- --threads 1 --json              # as one line
npm run bench -- --vs pytorch --isa avx2         # in turns with a peer: tfjs, ort-web, ort-node or pytorch
npm run bench -- --startup
npm run bench -- --bundle
npm run bench:peers                              # installs the peers
npm run bench:page                               # measures and writes this page
\`\`\`
`;
}
