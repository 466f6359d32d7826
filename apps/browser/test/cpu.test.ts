/** The CPU backend in Chromium: in the page, with threads in a worker, and where memory cannot be shared. */
import { expect, test } from 'vitest';
import type { TrainingResult } from '../page/task.js';
import { expectConformance, expectTraining, inChromium } from './browser.js';

const threads = { kind: 'cpu', threads: 2 } as const;

inChromium('cpu in a cross-origin isolated page', page => {
  test('passes the conformance table', () => expectConformance(page(), { kind: 'cpu' }, { whole: true }), 120_000);
  test('trains LeNet-5 as Node does', () => expectTraining(page(), { kind: 'cpu' }, '1 threads', 1e-5), 120_000);
  test(
    'passes the conformance table with two threads in a worker',
    () => expectConformance(page(), threads, { whole: true, inWorker: true }),
    120_000,
  );
  test(
    'trains LeNet-5 with two threads in a worker as Node does',
    () => expectTraining(page(), threads, '2 threads', 1e-5, { inWorker: true }),
    120_000,
  );
});

inChromium(
  'cpu in a page that is not isolated',
  page => {
    test('runs with one thread', async () => {
      expect(await page().isolated()).toBe(false);
      const result = await page().run<TrainingResult>({ do: 'train', where: threads, inWorker: true, steps: 2, batch: 8 });
      expect(result).toMatchObject({ ran: '1 threads', left: 0 });
    }, 120_000);
  },
  { isolated: false },
);
