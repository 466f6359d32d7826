import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { measureBundle } from '../src/bundle.js';
import { floorOf, measureMachine } from '../src/machine.js';
import { measure } from '../src/measure.js';
import { serve } from '../src/peers/serve.js';
import { compare } from '../src/peers/versus.js';
import { median, ratioOf } from '../src/statistics.js';

test('the median of an odd and of an even count', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a ratio is taken pair by pair', () => {
  // Pairs 2, 4 and 3: their median is 3, while that of the medians is 4 / 2.
  const pairs = [
    { ours: 1, peer: 2 },
    { ours: 2, peer: 8 },
    { ours: 4, peer: 12 },
  ];
  expect(ratioOf(pairs)).toEqual({ median: 3, least: 2, most: 4 });
});

test('a run is timed after the warm-up, as often as the budget says', async () => {
  let runs = 0;
  const wait = async () => {
    runs++;
    await new Promise(resolve => setTimeout(resolve, 5));
  };
  const timing = await measure(wait, { milliseconds: 0, leastRuns: 4, warmUp: 0 });
  expect(runs).toBe(5);
  expect(timing.runs).toBe(4);
  expect(timing.ms).toBeGreaterThan(4);
});

test('the floor is the longer of computing and reading', () => {
  const machine = { gflops: 50, gbytes: 10, how: '' };
  expect(floorOf({ flops: 1e9, bytes: 1e6 }, machine, 1)).toBeCloseTo(20);
  expect(floorOf({ flops: 1e9, bytes: 1e6 }, machine, 2)).toBeCloseTo(10);
  expect(floorOf({ flops: 1e6, bytes: 1e9 }, machine, 2)).toBeCloseTo(100);
});

test.each(['simd', 'relaxed'] as const)('the peak of the machine is measured: %s', async build => {
  // Importing the backend lets Node 20 compile relaxed SIMD.
  await (await (await import('@cnn/backend-cpu')).cpu()).dispose();
  const { gflops, gbytes } = await measureMachine(build);
  for (const value of [gflops, gbytes]) {
    expect(value).toBeGreaterThan(0.5);
    expect(value).toBeLessThan(2000);
  }
  expect(await measureMachine(build, 123)).toMatchObject({ gflops: 123 });
});

test('two sides take turns, and what one does not have is skipped', async () => {
  const turns: string[] = [];
  const side = (name: string, ms: number) => ({
    run: async (item: string, milliseconds: number) => {
      if (item === 'odd') return { skip: 'no such thing' };
      turns.push(`${name} ${milliseconds}`);
      return { ms };
    },
  });
  const result = await compare('item', side('ours', 2), side('peer', 3), { pairs: 2, milliseconds: 9 });
  expect(result).toEqual({ ours: 2, peer: 3, ratio: { median: 1.5, least: 1.5, most: 1.5 } });
  expect(turns).toEqual(['peer 0', 'ours 0', 'ours 9', 'peer 9', 'ours 9', 'peer 9']);
  expect(await compare('odd', side('ours', 2), side('peer', 3), { pairs: 2, milliseconds: 9 })).toEqual({
    skip: 'no such thing',
  });
});

test('a side answers line by line', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  let disposed = 0;
  const peer = {
    name: 'thing',
    version: '1',
    prepare: async (item: string) =>
      item === 'known' ? { run: () => {}, dispose: () => void disposed++ } : { skip: `no ${item}` },
  };
  input.end('run other 1\nnonsense\n');
  await serve(peer, { input, output });
  expect(output.read().toString().split('\n')).toEqual([
    'ready thing 1',
    'skip no other',
    "error 'nonsense' is not 'run ITEM MILLISECONDS'",
    '',
  ]);
  expect(disposed).toBe(0);
});

test('a page that trains LeNet-5 loads one build of the kernels, and no more than 75 KB', async () => {
  const { gzipBytes, chunks } = await measureBundle(['@cnn/source']);
  expect(gzipBytes).toBeLessThan(75 * 1024);
  const builds = chunks.filter(({ name }) => /^(simd|relaxed)-/.test(name));
  expect(builds.map(({ part }) => part).sort()).toEqual(['page', 'spare']);
  expect(chunks.find(({ name }) => name.startsWith('threads'))?.part).toBe('spare');
});
