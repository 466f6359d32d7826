import { cpu } from '@cnn/backend-cpu';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { ConformanceResult, Task, TrainingResult, Where } from '../page/task.js';
import { trainLeNet } from '../page/train-lenet.js';
import { chromiumPath, openPage, type Page } from '../src/chromium.js';

/** The soak run checks every op and trains for longer. */
export const soak = process.env.CNN_SOAK !== undefined;

/** Registers tests that share a page in a browser of their own; without Chromium they are skipped. */
export function inChromium(name: string, body: (page: () => Page) => void, options?: { readonly isolated: boolean }): void {
  describe.skipIf(!chromiumPath)(chromiumPath ? name : `${name} (Chromium is not installed)`, () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage(options);
    });
    afterAll(() => page.close());
    body(() => page);
  });
}

/**
 * What LeNet-5 needs on its way through training and evaluation, what ResNet-20 and the ConvNetJS network need beside it, and ops that
 * drivers get wrong. A browser that draws with the CPU takes tenths of a second to compile a kernel, so only the soak run has time for all ops.
 */
const telling = [
  'conv2d',
  'maxPool2d',
  'linear',
  'relu',
  'batchNorm',
  'softmaxCrossEntropy',
  'sgdStep',
  'adamStep',
  'adadeltaStep',
];

/** Runs the conformance table and holds it to have no failure. */
export async function expectConformance(
  page: Page,
  where: Where,
  { whole = soak, ...how }: { whole?: boolean; inWorker?: boolean } = {},
): Promise<void> {
  const task: Task = { do: 'conformance', where, ...how, ...(!whole && { only: telling }) };
  const { report } = await page.run<ConformanceResult>(task);
  expect(report.rows.flatMap(({ failures }) => failures)).toEqual([]);
  expect(report.rules.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(report.passed).toBe(true);
  expect(report.rows.length).toBeGreaterThanOrEqual(whole ? 100 : telling.length);
}

/** Runs 500 steps of small batches and holds them to leave nothing on the device. */
export async function expectNothingLeft(page: Page, where: Where): Promise<void> {
  const result = await page.run<TrainingResult>({ do: 'train', where, steps: 500, batch: 4 });
  expect(result.losses).toHaveLength(500);
  expect(result.left).toBe(0);
}

const run = { steps: 20, batch: 32 };

/** Trains LeNet-5 there and here, and holds the losses to agree. */
export async function expectTraining(
  page: Page,
  where: Where,
  ran: string,
  tolerance: number,
  how: { inWorker?: boolean } = {},
): Promise<void> {
  const here = await cpu();
  const wanted = await trainLeNet(here, run);
  await here.dispose();
  const result = await page.run<TrainingResult>({ do: 'train', where, ...how, ...run });
  expect(result).toMatchObject({ ran, left: 0 });
  expect(result.losses).toHaveLength(run.steps);
  expect(wanted.at(-1)).toBeLessThan(0.95 * wanted[0]!);
  result.losses.forEach((loss, step) => {
    expect(Math.abs(loss / wanted[step]! - 1), `step ${step + 1}: ${loss} there, ${wanted[step]} here`).toBeLessThan(tolerance);
  });
}
