/**
 * `npm run bench:gpu`: times the bench's items on gpu.js in Chromium beside the CPU backend in the same browser, and writes docs/gpu.md. It
 * takes some five minutes. On a machine without a GPU the browser draws with the CPU, and the page says so.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TimingResult, Where } from '../page/task.js';
import { openPage } from './chromium.js';

const items = ['sgemm-256', 'conv-i-fwd', 'conv-ii-fwd', 'lenet5-train-b64'];
const columns: readonly (readonly [name: string, where: Where])[] = [
  ['cpu', { kind: 'cpu' }],
  ['cpu, two threads', { kind: 'cpu', threads: 2 }],
  ['gpujs, WebGL2', { kind: 'gpujs', mode: 'webgl2' }],
  ['gpujs, WebGPU', { kind: 'gpujs', mode: 'webgpu' }],
];

const hasGpu = ['/dev/dri', '/dev/nvidia0'].some(existsSync);
const page = await openPage({ draw: hasGpu ? 'gpu' : 'cpu' });
const renderer = await page.renderer();
const software = /swiftshader|llvmpipe|software/i.test(renderer);
console.log(`WebGL2 is drawn by ${renderer}`);
const times = new Map<string, TimingResult | string>();
for (const [name, where] of columns) {
  console.log(name);
  const task = { do: 'time', where, inWorker: where.kind === 'cpu', items, milliseconds: 300 } as const;
  times.set(name, await page.run<TimingResult>(task).catch((error: Error) => error.message));
}
await page.close();

const cell = (name: string, item: string): string => {
  const result = times.get(name)!;
  const time = typeof result === 'string' ? undefined : result[item];
  return typeof time === 'number' ? time.toFixed(time < 10 ? 2 : 0) : '-';
};
const reasons = [...times].flatMap(([name, result]) =>
  typeof result === 'string'
    ? [`- ${name}: ${firstLine(result)}`]
    : Object.entries(result).flatMap(([item, time]) =>
        typeof time === 'string' ? [`- ${name}, ${item}: ${firstLine(time)}`] : [],
      ),
);
const names = columns.map(([name]) => name);
const ratio = Number(cell('cpu, two threads', 'conv-ii-fwd')) / Number(cell('gpujs, WebGL2', 'conv-ii-fwd'));
const lines = [
  '# gpu.js in a browser',
  '',
  `Milliseconds of the items of the [benchmarks](benchmarks.md), all in one Chromium: the CPU backend in a worker, gpu.js in the page. Written by
\`npm run bench:gpu\` on ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]!.model.trim()}, ${cpus().length} cores; WebGL2 by ${renderer}.`,
  '',
  software
    ? '**Software rendering: this machine has no GPU, and Chromium draws with the CPU.** The last two columns say nothing about a GPU; they are here to show what a page without one gets.'
    : '',
  '',
  `| item | ${names.join(' | ')} |`,
  `| --- | ${names.map(() => '---').join(' | ')} |`,
  ...items.map(item => `| ${item} | ${names.map(name => cell(name, item)).join(' | ')} |`),
  '',
  Number.isFinite(ratio)
    ? `conv-ii forward in WebGL2 is ${ratio.toPrecision(2)} times as fast as on the CPU backend with two threads.`
    : '',
  '',
  ...reasons,
];
writeFileSync(fileURLToPath(new URL('../../../docs/gpu.md', import.meta.url)), `${lines.join('\n')}\n`);

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
