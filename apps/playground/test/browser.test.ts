/** The built page in headless Chromium, from a host that sends no headers. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, type Headless, startHeadless } from '../headless/page.js';

/** Most of what a first visit loads, in KB after gzip. */
const MOST_LOADED = 150;
/** Seconds inside of training steps until 95 % of the test images are right. */
const MOST_SECONDS = 30;
/** A machine that does much else at a time is slow. */
const PATIENCE = 240_000;

const textOf = async (locator: Locator): Promise<string> => (await locator.textContent())!;
const figure = async (page: Page, name: string): Promise<number> =>
  Number.parseFloat((await textOf(page.locator(`[data-figure="${name}"] dd`))).replaceAll(/\s/g, ''));
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const editor = (page: Page) => page.getByLabel('The network as JSON');
/** What a canvas shows. */
const picture = (page: Page, layer: string, kind: string): Promise<string> =>
  page
    .locator(`[data-layer="${layer}"] [data-kind="${kind}"] canvas`)
    .evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL());
const until = (page: Page, name: string, least: number) =>
  page.waitForFunction(
    ([name, least]) => {
      const text = document.querySelector(`[data-figure="${name}"] dd`)?.textContent ?? '';
      return Number.parseFloat(text.replaceAll(/\s/g, '')) >= least;
    },
    [name, least] as const,
    { timeout: PATIENCE },
  );

describe.skipIf(!chromiumPath)(chromiumPath ? 'the page' : 'the page (Chromium is not installed)', () => {
  let headless: Headless;
  let page: Page;
  const loaded: string[] = [];
  beforeAll(async () => {
    headless = await startHeadless();
    page = await headless.open();
    loaded.push(...(await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))));
  }, PATIENCE);
  afterAll(async () => {
    await headless?.close();
    expect(headless?.faults).toEqual([]);
  });

  test(`loads less than ${MOST_LOADED} KB at first`, async () => {
    const files = (await readdir(headless.folder, { recursive: true })).filter(name => /\.(html|js|css)$/.test(name));
    // The worker's own imports are not the page's resources; what only later clicks load has names of its own.
    const later = /gpu-browser|src-|open-files|threads|shared-memory|simd|service-worker/;
    const first = files.filter(name => !later.test(name));
    for (const name of loaded.filter(name => name.includes('/assets/'))) expect(name).not.toMatch(later);
    let bytes = 0;
    for (const name of first) bytes += gzipSync(await readFile(join(headless.folder, name))).length;
    expect(first.some(name => /relaxed/.test(name))).toBe(true);
    expect(bytes / 1024).toBeGreaterThan(50);
    expect(bytes / 1024).toBeLessThan(MOST_LOADED);
  });

  test(
    `trains digits past 95 % within ${MOST_SECONDS} seconds of training`,
    async () => {
      await button(page, 'Train').click();
      await until(page, 'Test accuracy', 95);
      await button(page, 'Pause').click();
      await button(page, 'Train').waitFor();
      const seconds = Number(await page.locator('.run-bar').getAttribute('data-seconds'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(MOST_SECONDS);
    },
    PATIENCE,
  );

  test('says what an unisolated page lacks, and shows test images, confusion and mistakes', async () => {
    expect(await textOf(page.locator('.lacks').first())).toContain('One thread only');
    expect(await page.locator('.gallery button').count()).toBe(24);
    await button(page, 'Confusion').click();
    expect(await page.locator('.confusion tbody tr').count()).toBe(10);
    await button(page, 'Worst mistakes').click();
    expect(await page.locator('.gallery .right').count()).toBe(0);
    expect(await page.locator('.gallery .wrong').count()).toBeGreaterThan(0);
  });

  test('classifies a drawing', async () => {
    const drawing = page.locator('.drawing');
    await drawing.focus();
    // A stroke down, by keyboard: a 1.
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    for (let i = 0; i < 16; i++) await page.keyboard.press('ArrowDown');
    await page.locator('.says .bars li').first().waitFor();
    await page.waitForFunction(() => document.querySelector('.says .bars .name')?.textContent === '1');
  });

  test('has a glass box whose sum is the pixel', async () => {
    await page.locator('[data-layer="conv1"] [data-kind="activations"] canvas').focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowDown');
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const box = page.locator('.glass-box');
    await box.waitFor();
    expect(await textOf(box.locator('h3'))).toBe('conv1 [0, 9, 9]');
    const cells = box.locator('table:has-text("product") td[title]');
    const products = (await cells.evaluateAll(cells =>
      cells.map(cell => Number(cell.getAttribute('title')!.split(': ')[1])),
    )) as number[];
    expect(products).toHaveLength(25);
    const [, bias] = (await box.locator('.total b').allTextContents()).map(Number);
    const value = Number(await textOf(box.locator('output')));
    expect(products.reduce((sum, product) => sum + product, bias!)).toBeCloseTo(value, 1);
    await button(page, 'Where its gradient goes').click();
    expect(await box.locator('table:has-text("to the weight")').count()).toBe(1);
    await page.getByLabel('Close the glass box').click();
  });

  test('draws a weight that is changed, and what it changes', async () => {
    const before = [await picture(page, 'conv1', 'filters'), await picture(page, 'relu1', 'activations')];
    await page.locator('[data-layer="conv1"] [data-kind="filters"] canvas').click({ position: { x: 12, y: 12 } });
    await page.locator('.weight-editor input').fill('4.5');
    await button(page, 'Change it').click();
    await expect.poll(() => picture(page, 'conv1', 'filters')).not.toBe(before[0]);
    await expect.poll(() => picture(page, 'relu1', 'activations')).not.toBe(before[1]);
    expect(await textOf(page.locator('[data-layer="conv1"] [data-kind="filters"] figcaption'))).toContain('to 4.5');
  });

  test(
    'goes on training with the network in use while a broken one is in the editor',
    async () => {
      await button(page, 'Start over').click();
      await button(page, 'Train').click();
      const text = await editor(page).inputValue();
      await editor(page).fill(text.replace('"maxPool2d"', '"maxPool"'));
      await page.locator('.line-numbers .wrong').waitFor();
      const line = text.split('\n').findIndex(line => line.includes('"maxPool2d"')) + 1;
      expect(await textOf(page.locator('.line-numbers .wrong'))).toBe(String(line));
      expect(await textOf(page.locator('.problem'))).toContain(`Line ${line}: model.layers.pool1.type: unknown layer 'maxPool'`);
      expect(await button(page, 'Build it').isDisabled()).toBe(true);
      const step = await figure(page, 'Step');
      await until(page, 'Step', step + 10);
      await editor(page).fill(text);
      await page.locator('.line-numbers .wrong').waitFor({ state: 'detached' });
    },
    PATIENCE,
  );

  test(
    'goes on training in a tab in the background',
    async () => {
      const other = await page.context().newPage();
      await other.bringToFront();
      const step = await figure(page, 'Step');
      await other.waitForTimeout(1000);
      await page.bringToFront();
      await other.close();
      await until(page, 'Step', step + 5);
      await button(page, 'Pause').click();
    },
    PATIENCE,
  );

  test('says what is wrong with a file, and keeps its images', async () => {
    await page
      .locator('[data-input="files"]')
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.locator('.notice.problem').waitFor();
    expect(await textOf(page.locator('.notice.problem'))).toContain('notes.txt: not read here');
    await page
      .locator('[data-input="weights"]')
      .setInputFiles({ name: 'w.safetensors', mimeType: '', buffer: Buffer.from('not weights') });
    await page.locator('.notice:has-text("w.safetensors")').waitFor();
    expect(await textOf(page.locator('#data ~ p').first())).toContain('digits');
  });

  test(
    'shares a network by link',
    async () => {
      await editor(page).fill((await editor(page).inputValue()).replace('"filters": 6', '"filters": 5'));
      await button(page, 'Build it').click();
      await page.locator('[data-layer="conv1"] .note:has-text("5 × 28 × 28")').waitFor();
      await button(page, 'Link').click();
      const link = await page.getByLabel('A link to this network').inputValue();
      const friend = await headless.open({}, new URL(link).hash);
      expect(await editor(friend).inputValue()).toBe(await editor(page).inputValue());
      await friend.context().close();
    },
    PATIENCE,
  );

  test(
    'moves a run to the GPU',
    async () => {
      // A browser that draws with the CPU takes long to compile a kernel: a network of few.
      await page.getByLabel('Begin with').selectOption('linear');
      await page.locator('[data-layer="fc"]').waitFor();
      await button(page, 'Step').click();
      await page.getByLabel('Backend').selectOption('gpujs');
      await page.waitForFunction(() => !document.body.textContent.includes('starting the GPU'), undefined, { timeout: PATIENCE });
      const step = await figure(page, 'Step');
      await button(page, 'Step').click();
      await until(page, 'Step', step + 1);
      expect(await page.locator('.notice.problem').count()).toBe(0);
      await page.getByLabel('Backend').selectOption('cpu-1');
    },
    PATIENCE,
  );

  test(
    'has threads after a reload, and opens without a network',
    async () => {
      await page.evaluate(() => navigator.serviceWorker.ready);
      await headless.stopServing();
      await page.reload();
      await page.locator('.run-bar .primary:enabled').waitFor();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(await page.locator('.lacks:has-text("One thread only")').count()).toBe(0);
      await page.getByLabel('Backend').selectOption('cpu-2');
      await button(page, 'Step').click();
      await until(page, 'Step', 1);
      expect(await page.locator('.notice.problem').count()).toBe(0);
    },
    PATIENCE,
  );
});
