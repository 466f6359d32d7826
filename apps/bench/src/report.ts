/** Results as lines of text. */
import type { BundleSize } from './bundle.js';
import type { Comparison } from './peers/versus.js';
import type { Result } from './run.js';
import type { StartUp } from './startup.js';

/** Three digits that say something. */
export const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const columns = (cells: readonly string[], widths: readonly number[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');

const resultWidths = [24, 7, 9, 14, 9, 8];

/** The head of a table of results. */
export const resultHead = (): string => columns(['item', 'threads', 'ms', 'rate', 'floor ms', 'reached'], resultWidths);

/** One item; `reached` is the floor's share of the time, above 100 % where an algorithm needs fewer operations than the direct one. */
export function resultLine(item: string, threads: number, { ms, gflops, imagesPerSecond, floorMs }: Result): string {
  const rate = gflops === undefined ? `${number(imagesPerSecond!)} img/s` : `${number(gflops)} GFLOP/s`;
  const reached = `${((100 * floorMs) / ms).toFixed(0)} %`;
  return columns([item, `${threads}`, number(ms), rate, number(floorMs), reached], resultWidths);
}

const comparisonWidths = [24, 9, 9, 7, 13];

/** The head of a table of comparisons. */
export const comparisonHead = (): string => columns(['item', 'ours, ms', 'peer, ms', 'ratio', 'range'], comparisonWidths);

/** One item of both; the ratio is the peer's time over ours. */
export function comparisonLine(item: string, comparison: Comparison | { readonly skip: string }): string {
  if ('skip' in comparison) return `${item.padEnd(comparisonWidths[0]!)}  ${comparison.skip}`;
  const { ours, peer, ratio } = comparison;
  const range = `${ratio.least.toFixed(2)}-${ratio.most.toFixed(2)}`;
  return columns([item, number(ours), number(peer), ratio.median.toFixed(2), range], comparisonWidths);
}

/** How long it takes until the backend is ready. */
export const startUpText = ({ ms, emptyMs, readyMs }: StartUp): string =>
  `ready ${number(ms)} ms after an empty process (${number(readyMs)} ms and ${number(emptyMs)} ms after the start, medians)`;

/** The sizes of a bundle. */
export function bundleText({ gzipBytes, chunks }: BundleSize): string {
  const widths = [28, 10, 10, 6];
  return [
    columns(['chunk', 'bytes', 'gzip', ''], widths),
    ...chunks.map(({ name, bytes, gzipBytes, part }) => columns([name, `${bytes}`, `${gzipBytes}`, part], widths)),
    `a page that trains LeNet-5 loads ${(gzipBytes / 1024).toFixed(1)} KB (gzip)`,
  ].join('\n');
}
